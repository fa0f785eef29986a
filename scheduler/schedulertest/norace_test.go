//go:build !race

package schedulertest_test

const raceDetector = false
