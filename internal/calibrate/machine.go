// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
)

// machine is where the figures were measured.
type machine struct {
	cpu     string // as the kernel names it
	cpus    int
	virtual bool // a guest of a hypervisor
	kernel  string
	crates  string // with versions
}

// thisMachine reads what Linux says of it.
func thisMachine(lock string) (machine, error) {
	cpuinfo, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return machine{}, err
	}
	kernel, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return machine{}, err
	}
	locked, err := os.ReadFile(lock) //nolint:gosec // the path is the user's own
	if err != nil {
		return machine{}, err
	}
	m := machine{cpu: runtime.GOARCH, cpus: runtime.NumCPU(), kernel: strings.TrimSpace(string(kernel)), crates: crates(string(locked))}
	if name := modelName.FindSubmatch(cpuinfo); name != nil {
		m.cpu = string(name[1])
	}
	m.virtual = hypervisor.Match(cpuinfo)
	return m, nil
}

var (
	modelName  = regexp.MustCompile(`(?m)^model name\s*:\s*(.*\S)`)
	hypervisor = regexp.MustCompile(`(?m)^flags\s*:.*\bhypervisor\b`)
	notPlain   = regexp.MustCompile(`[^a-z0-9]+`)
)

// file is the name of a profile of the machine.
func (m machine) file() string {
	cpu := strings.NewReplacer("(R)", "", "(TM)", "").Replace(m.cpu)
	return "measured-" + strings.Trim(notPlain.ReplaceAllString(strings.ToLower(cpu), "-"), "-") + ".yaml"
}

func (m machine) String() string {
	kind := ""
	if m.virtual {
		kind = " of a virtual machine"
	}
	return fmt.Sprintf("%s, %d CPUs%s, Linux %s", m.cpu, m.cpus, kind, m.kernel)
}

// crates are the versions that a lock file has of what is measured.
func crates(lock string) string {
	var list []string
	for _, name := range []string{"tokio", "async-executor", "async-io", "blocking", "smol", "async-std"} {
		version := regexp.MustCompile(`(?m)^name = "` + name + `"\nversion = "(.*)"`).FindStringSubmatch(lock)
		if version != nil {
			list = append(list, name+" "+version[1])
		}
	}
	return strings.Join(list, ", ")
}
