// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"os"
	"syscall"
)

// peakOfEnded is the most bytes that a program which has ended ever had resident.
func peakOfEnded(p *os.ProcessState) float64 {
	used, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return float64(used.Maxrss) * 1024 // getrusage(2) has it in KiB on Linux
}
