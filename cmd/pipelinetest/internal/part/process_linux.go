// SPDX-License-Identifier: Apache-2.0

package part

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// supervised is what connects this program with a supervisor: it tells of the part, a line each; see supervise.
type supervised struct {
	told *bufio.Scanner
	from *os.File
}

// What a supervisor tells.
const (
	toldStarted = "started" // and the part's process id
	toldFailed  = "failed"  // and an error number, and what was done
	toldEnded   = "ended"   // and how
)

// command starts this program as the supervisor of the part.
func command(spec Spec) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	program := spec.Args[0]
	if filepath.Base(program) == program {
		if program, err = exec.LookPath(program); err != nil {
			return nil, err
		}
	}
	cmd := &exec.Cmd{
		Path:        self,
		Args:        append([]string{supervisorCommand, strconv.FormatInt(spec.Disk, 10), spec.DiskDir, spec.Hosts, program}, spec.Args...),
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM},
	}
	if spec.Disk > 0 || spec.Hosts != "" {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return cmd, nil
}

// begin starts the supervisor, and waits until the part runs.
func (p *Process) begin() error {
	from, to, err := os.Pipe()
	if err != nil {
		return err
	}
	p.cmd.ExtraFiles = []*os.File{to}
	err = p.cmd.Start()
	_ = to.Close() // the supervisor has its own
	if err != nil {
		_ = from.Close()
		return err
	}
	p.supervised = supervised{told: bufio.NewScanner(from), from: from}
	word, rest := p.supervised.next()
	if word == toldStarted {
		if p.pid, err = strconv.Atoi(rest); err == nil {
			return nil
		}
	}
	waitErr := p.cmd.Wait()
	_ = from.Close()
	number, what, _ := strings.Cut(rest, " ")
	if n, err := strconv.Atoi(number); word == toldFailed && err == nil {
		return fmt.Errorf("%s: %w", what, syscall.Errno(n))
	}
	return errors.Join(errors.New("it cannot be supervised"), waitErr)
}

// await waits for the end of the part, and of all that it has left behind.
func (p *Process) await() (ending string) {
	word, rest := p.supervised.next()
	err := p.cmd.Wait()
	_ = p.supervised.from.Close()
	if word != toldEnded {
		return fmt.Sprintf("its supervisor has ended: %v", err)
	}
	return rest
}

// next is the next line that the supervisor tells: a word and the rest.
func (s *supervised) next() (word, rest string) {
	if !s.told.Scan() {
		return "", ""
	}
	word, rest, _ = strings.Cut(s.told.Text(), " ")
	return word, rest
}

// onDisk is where this program finds a file that the part has on its disk.
func (p *Process) onDisk(name string) string {
	return filepath.Join("/proc", strconv.Itoa(p.pid), "root", p.spec.DiskDir, name)
}
