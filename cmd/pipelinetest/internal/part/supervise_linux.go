// SPDX-License-Identifier: Apache-2.0

package part

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// supervisorCommand is the name under which this program is the supervisor of a part. Its arguments are the size of the part's disk and where
// it is to be, what the part is to see at /etc/hosts, the program, and the program's arguments from its own name on.
const supervisorCommand = "pipelinetest-supervisor"

// tellAt is the file descriptor that a supervisor tells at what becomes of the part.
const tellAt = 3

// prSetChildSubreaper makes the caller the parent of all its descendants whose own parent has ended (prctl(2)).
const prSetChildSubreaper = 36

// Main must be the first that a program with parts calls: if it was started to be a supervisor, it is one, and does not return.
func Main() {
	if len(os.Args) < 6 || os.Args[0] != supervisorCommand {
		return
	}
	runtime.LockOSThread() // see Process.run
	syscall.CloseOnExec(tellAt)
	s := &supervisor{tell: os.NewFile(tellAt, "tell")}
	size, dir, hosts, program, args := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5:]
	if err := s.start(size, dir, hosts, program, args); err != nil {
		errno, _ := errors.AsType[syscall.Errno](err)
		_, _ = fmt.Fprintf(s.tell, "%s %d %s\n", toldFailed, errno, strings.TrimSuffix(err.Error(), ": "+errno.Error()))
		os.Exit(1)
	}
	s.look()
	os.Exit(0)
}

// supervisor looks after one part.
type supervisor struct {
	tell *os.File
	part int // process id
}

func (s *supervisor) start(size, dir, hosts, program string, args []string) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0); errno != 0 {
		return fmt.Errorf("prctl: %w", errno)
	}
	if size != "0" {
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0700,size="+size); err != nil {
			return fmt.Errorf("disk: no file system of %s bytes at %s: %w", size, dir, err)
		}
	}
	if hosts != "" {
		if err := syscall.Mount(hosts, "/etc/hosts", "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("hosts: %s cannot be at /etc/hosts: %w", hosts, err)
		}
	}
	process, err := os.StartProcess(program, args, &os.ProcAttr{ //nolint:gosec // G204: what is to be tested is the user's choice
		Env: os.Environ(), Files: []*os.File{os.Stdin, os.Stdout, os.Stderr},
		Sys: &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		return err
	}
	s.part = process.Pid
	over := make(chan os.Signal, 1)
	signal.Notify(over, syscall.SIGTERM) // the program that started this one has ended
	go func() {
		<-over
		_ = syscall.Kill(-s.part, syscall.SIGKILL) // look does the rest
	}()
	_, _ = fmt.Fprintf(s.tell, "%s %d\n", toldStarted, s.part)
	return nil
}

// look waits for the end of the part, and ends whatever it has left behind.
func (s *supervisor) look() {
	ending := ""
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil: // nobody is left
		case pid == s.part:
			ending = said(status)
			_ = syscall.Kill(-s.part, syscall.SIGKILL)
		}
		// A process whose parent is killed becomes a child of this one, and is found the next time.
		if err != nil || ending != "" && !killChildren() {
			break
		}
	}
	_, _ = fmt.Fprintf(s.tell, "%s %s\n", toldEnded, ending)
}

// said is how a process ended, in the words of os/exec.
func said(status syscall.WaitStatus) string {
	if status.Signaled() {
		return "signal: " + status.Signal().String()
	}
	return "exit status " + strconv.Itoa(status.ExitStatus())
}

// killChildren kills the children of this process, and says whether there were any that it may kill.
func killChildren() (some bool) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is right
	self := strconv.Itoa(os.Getpid())
	for _, path := range stats {
		text, err := os.ReadFile(path) //nolint:gosec // G304: of /proc
		if err != nil {
			continue // it has ended
		}
		// PID (NAME) STATE PARENT ...; the name may have anything in it.
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(fields) < 2 || fields[1] != self {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil && syscall.Kill(pid, syscall.SIGKILL) == nil {
			some = true
		}
	}
	return some
}
