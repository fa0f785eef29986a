// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// measurement is all trials, and how they were made.
type measurement struct {
	Machine machine
	Rate    float64 // spans a second, where it is fixed
	Window  float64 // seconds
	LeftOut int     // trials that do not count
	Trials  []trial
}

// machine is where it was measured.
type machine struct {
	CPUs         int
	Architecture string
	Model        string
	Others       float64 // processes that were ready to run on average, in the minute before
}

func thisMachine() machine {
	m := machine{CPUs: runtime.NumCPU(), Architecture: runtime.GOARCH}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		_, model, _ := strings.Cut(string(text), "model name")
		model, _, _ = strings.Cut(model, "\n")
		m.Model = strings.Trim(model, "\t :")
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		first, _, _ := strings.Cut(string(text), " ")
		m.Others, _ = strconv.ParseFloat(first, 64) // 0 if the kernel does not say it so
	}
	return m
}

// readMeasured reads what writeMeasured has written; nil if there is nothing.
func readMeasured(file string) (*measurement, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the command line says which
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // nothing was measured yet, and that is no mistake
	}
	if err != nil {
		return nil, err
	}
	var m measurement
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &m, nil
}

func writeMeasured(file string, m *measurement) error {
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { //nolint:gosec // G301: a folder of the project
		return err
	}
	return os.WriteFile(file, text, 0o644) //nolint:gosec // G306: of the project, too
}
