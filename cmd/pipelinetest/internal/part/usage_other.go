// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package part

import "errors"

// UsageOf is known on Linux only.
func UsageOf([]*Process) ([]Usage, Machine, error) {
	return nil, Machine{}, errors.New("CPU and memory are read from /proc, which only Linux has")
}
