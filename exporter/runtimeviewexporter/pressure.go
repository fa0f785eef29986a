// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"fmt"
	"os"
)

// shortOfCPU is the share of the last 10 s, in percent, in which some task had to wait for a CPU, from which on the figures are in doubt.
const shortOfCPU = 20

// cpuPressure reads that share from the kernel's pressure stall information, 0 where there is none: on other systems than Linux, and in
// kernels without it.
func cpuPressure() float64 {
	text, err := os.ReadFile("/proc/pressure/cpu")
	if err != nil {
		return 0
	}
	var avg10 float64
	if _, err := fmt.Sscanf(string(text), "some avg10=%f", &avg10); err != nil {
		return 0
	}
	return avg10
}
