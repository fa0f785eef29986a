// SPDX-License-Identifier: Apache-2.0

//go:build !race

package schedulertest_test

const raceDetector = false
