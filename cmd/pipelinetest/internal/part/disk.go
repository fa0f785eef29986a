// SPDX-License-Identifier: Apache-2.0

package part

import (
	"errors"
	"fmt"
	"os"
)

// fillerName is the file that fills a disk.
const fillerName = ".pipelinetest-full"

// FillDisk writes to the disk of the part until nothing more fits.
func (p *Process) FillDisk() error {
	filler, err := os.OpenFile(p.onDisk(fillerName), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("the disk of %s cannot be filled: %w", p.spec.Name, err)
	}
	// Big pieces first; what is left takes smaller ones.
	for size := 1 << 20; size > 0; size /= 2 {
		piece := make([]byte, size)
		for err == nil {
			_, err = filler.Write(piece)
		}
		if !errors.Is(err, errDiskFull) {
			break
		}
		if size > 1 {
			err = nil
		}
	}
	if errors.Is(err, errDiskFull) {
		err = nil
	}
	return errors.Join(err, filler.Close())
}

// EmptyDisk takes away what FillDisk wrote.
func (p *Process) EmptyDisk() error { return os.Remove(p.onDisk(fillerName)) }

// UsesDisk tells whether the part has put anything on its disk.
func (p *Process) UsesDisk() bool {
	entries, err := os.ReadDir(p.onDisk(""))
	if err != nil {
		return false
	}
	for _, entry := range entries {
		if entry.Name() != fillerName {
			return true
		}
	}
	return false
}
