// SPDX-License-Identifier: Apache-2.0

package processthreadsreceiver

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"golang.org/x/sys/unix"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/procfile"
)

// program is a process of this test's own that does what its part says, step by step.
type program struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

// start begins a program, and waits for its first step.
func start(t *testing.T, part string) *program {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestProgram$", "-test.v=true", "part-of-"+t.Name())
	cmd.Env = append(os.Environ(), "PROGRAM="+part)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	p := &program{t, cmd, in, bufio.NewScanner(out)}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	p.wait()
	return p
}

// step has the program take its next step, and waits until it has.
func (p *program) step() {
	p.t.Helper()
	_, err := io.WriteString(p.in, "\n")
	require.NoError(p.t, err)
	p.wait()
}

func (p *program) wait() {
	p.t.Helper()
	for p.out.Scan() {
		if p.out.Text() == "ready" {
			return
		}
	}
	require.Fail(p.t, "the program has ended")
}

func (p *program) stat() procfile.Stat {
	p.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	require.NoError(p.t, err)
	stat, err := procfile.ParseStat(text)
	require.NoError(p.t, err)
	return stat
}

// scraper returns what scrapes the program, of which the command line is known.
func (p *program) scraper() *threadsScraper {
	p.t.Helper()
	config := createDefaultConfig().(*Config)
	config.Processes = []ProcessConfig{{Cmdline: "part-of-" + p.t.Name() + "$"}}
	config.DiscoveryInterval = 100 * time.Millisecond
	s, err := newThreadsScraper(config, receivertest.NewNopSettings(metadata.Type))
	require.NoError(p.t, err)
	require.NoError(p.t, s.start(p.t.Context(), componenttest.NewNopHost()))
	p.t.Cleanup(func() { assert.NoError(p.t, s.shutdown(p.t.Context())) })
	return s
}

// sum adds up what a look says of all groups.
func (p *program) sum(s *threadsScraper, metric, kind string) (sum float64) {
	p.t.Helper()
	metrics, err := s.scrape(p.t.Context())
	require.NoError(p.t, err)
	for key, value := range points(p.t, metrics) {
		if strings.HasPrefix(key, fmt.Sprintf("%d %s ", p.cmd.Process.Pid, metric)) && strings.HasSuffix(key, kind) {
			sum += value
		}
	}
	return sum
}

// TestProgram is the program.
func TestProgram(t *testing.T) {
	in := bufio.NewScanner(os.Stdin)
	ready := func() {
		_, _ = os.Stdout.WriteString("\nready\n")
		in.Scan()
	}
	switch os.Getenv("PROGRAM") {
	case "":
		t.Skip("the process of other tests")
	case "ends":
		ready()
	case "exec":
		_, err := unix.Mmap(-1, 0, 1<<32, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS) // as a service has
		assert.NoError(t, err)
		onThread(false, func() {
			rename("heavy")
			for start := threadTime(); threadTime()-start < 500*time.Millisecond; {
			}
			ready()
			assert.NoError(t, unix.Exec("/proc/self/exe", os.Args, append([]string{"PROGRAM=ends"}, os.Environ()...))) // the first of a name counts
		})
	case "first thread ends":
		go onThread(true, func() {
			ready()
			go onThread(false, func() {
				rename("work")
				for text := fmt.Sprintf("/proc/%d/stat", os.Getpid()); ; {
					if stat, err := os.ReadFile(text); err == nil && strings.Contains(string(stat), ") Z ") {
						break
					}
				}
				ready()
			})
			_, _, _ = unix.Syscall(unix.SYS_EXIT, 0, 0, 0) // this thread alone
		})
		select {}
	}
}

// onThread calls f on the first thread of the process, or on another one, that does nothing else.
func onThread(first bool, f func()) {
	runtime.LockOSThread()
	if (unix.Gettid() == unix.Getpid()) == first {
		f()
		return
	}
	done := make(chan struct{})
	go func() { // this thread is taken, so it gets another one
		defer close(done)
		onThread(first, f)
	}()
	<-done
}

func rename(name string) {
	text := append([]byte(name), 0)
	_ = unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&text[0])), 0, 0, 0)
}

func threadTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t)
	return time.Duration(t.Nano())
}

// A process that has ended and of which nobody asks how is not there any more.
func TestRealZombie(t *testing.T) {
	p := start(t, "ends")
	s := p.scraper()
	require.NotZero(t, p.sum(s, "process.thread.count", ""))
	require.NoError(t, p.in.Close())
	require.Eventually(t, func() bool { return p.sum(s, "process.thread.count", "") == 0 }, 2*time.Minute, 10*time.Millisecond)
	stat := p.stat()
	require.True(t, stat.Ended())
	for range 3 {
		assert.Zero(t, p.sum(s, "process.thread.count", ""))
		assert.Empty(t, s.processes)
		s.searched = time.Time{} // nor does a search find it
	}
}

// A process whose first thread has ended is there as long as another one lives.
func TestRealFirstThreadEnds(t *testing.T) {
	p := start(t, "first thread ends")
	s := p.scraper()
	require.NotZero(t, p.sum(s, "process.thread.count", ""))
	p.step()
	stat := p.stat()
	require.True(t, stat.Ended())
	for range 3 {
		assert.NotZero(t, p.sum(s, "process.thread.count", " work"))
		s.searched = time.Time{}
	}
	assert.NotZero(t, p.sum(p.scraper(), "process.thread.count", " work"), "one that comes later finds it, too")
}

// A thread that becomes another program, and with it the first thread, brings no time along that counts already.
func TestRealExec(t *testing.T) {
	p := start(t, "exec")
	s := p.scraper()
	if p.sum(s, "async_runtime.thread.timeslices", ""); len(s.processes) != 1 || !hasSchedstat(s) {
		t.Skip("the kernel counts no times")
	}
	p.step()
	counted := p.sum(s, "async_runtime.thread.time", "on_cpu")
	require.NotZero(t, counted)
	stat := p.stat()
	used := float64(stat.User+stat.System)/100 - 0.5 // the half second was before the first look
	assert.LessOrEqual(t, counted, used+0.05)
}

func hasSchedstat(s *threadsScraper) bool {
	for _, p := range s.processes {
		return p.threads.HasSchedstat()
	}
	return false
}
