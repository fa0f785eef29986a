// SPDX-License-Identifier: Apache-2.0

//go:build race

package quality

const raceDetector = true
