// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package part

// Listens are the addresses at which the process takes TCP connections. It is not known here.
func (*Process) Listens() []string { return nil }
