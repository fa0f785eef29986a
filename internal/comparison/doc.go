// SPDX-License-Identifier: Apache-2.0

// Package comparison measures the processor beside one of contrib that does the same amount of writing.
package comparison
