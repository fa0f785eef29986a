// SPDX-License-Identifier: Apache-2.0

// Package quality holds findings against the truth: services whose trouble is known, beside the same services without it, are
// played by the receiver and judged by the processor, which meet in OTLP only. Its test is all there is to it.
package quality
