// SPDX-License-Identifier: Apache-2.0

package processthreadsreceiver

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"golang.org/x/sys/unix"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/fakeproc"
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/metadata"
)

const benchmarkThreads = 200

// BenchmarkScrapeFake: what this project's code costs, with files that cost little.
func BenchmarkScrapeFake(b *testing.B) {
	root := fakeproc.New(b)
	root.Process(10, fakeproc.Thread{Name: "orders", OnCPU: 1})
	write := func(n uint64) {
		for i := 1; i < benchmarkThreads; i++ {
			root.Write("proc/10/task/"+strconv.Itoa(10+i)+"/schedstat", strconv.FormatUint(n, 10)+" 1 1\n")
		}
	}
	for i := 1; i < benchmarkThreads; i++ {
		root.Thread(10, 10+i, fakeproc.Thread{Name: "worker-" + strconv.Itoa(i), OnCPU: 1})
	}
	b.Run("asleep", func(b *testing.B) { benchmarkScrape(b, root.Path(), 10, func() {}) })
	b.Run("run", func(b *testing.B) {
		n := uint64(1)
		benchmarkScrape(b, root.Path(), 10, func() { n++; write(n) })
	})
}

// BenchmarkScrapeReal: what it costs with the kernel's files, on a process with 200 threads. The CPU time of the thread that reads is
// reported as a share of a core at a look each second.
func BenchmarkScrapeReal(b *testing.B) {
	child := exec.Command(os.Args[0], "-test.run=^TestHaveThreads$")
	child.Env = append(os.Environ(), "HAVE_THREADS=1")
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	require.NoError(b, err)
	out, err := child.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, child.Start())
	b.Cleanup(func() {
		_ = in.Close()
		_ = child.Wait()
	})
	lines := bufio.NewScanner(out)
	wait := func() {
		for lines.Scan() {
			if lines.Text() == "ready" {
				return
			}
		}
		require.Fail(b, "the process has ended")
	}
	wait()
	b.Run("asleep", func(b *testing.B) { benchmarkScrape(b, "", child.Process.Pid, func() {}) })
	b.Run("run", func(b *testing.B) {
		benchmarkScrape(b, "", child.Process.Pid, func() {
			_, err := io.WriteString(in, "run\n")
			require.NoError(b, err)
			wait()
		})
	})
}

// TestHaveThreads is the process of BenchmarkScrapeReal: threads that run once for each line of its input.
func TestHaveThreads(t *testing.T) {
	if os.Getenv("HAVE_THREADS") == "" {
		t.Skip("the process of a benchmark")
	}
	var running, ran sync.WaitGroup
	runs := make([]chan struct{}, benchmarkThreads)
	for i := range runs {
		runs[i] = make(chan struct{})
		running.Go(func() {
			runtime.LockOSThread()
			for range runs[i] {
				ran.Done()
			}
		})
	}
	ran.Add(len(runs))
	for _, run := range runs {
		run <- struct{}{}
	}
	ran.Wait()
	_, _ = os.Stdout.WriteString("\nready\n")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		ran.Add(len(runs))
		for _, run := range runs {
			run <- struct{}{}
		}
		ran.Wait()
		_, _ = os.Stdout.WriteString("\nready\n")
	}
	for _, run := range runs {
		close(run)
	}
	running.Wait()
}

// benchmarkScrape measures a scrape of one process, by name, with all that belongs to it. before is called before each, and not measured.
func benchmarkScrape(b *testing.B, root string, pid int, before func()) {
	b.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	config := createDefaultConfig().(*Config)
	config.RootPath, config.Processes = root, []ProcessConfig{{PID: pid}}
	config.DiscoveryInterval = time.Hour
	s, err := newThreadsScraper(config, receivertest.NewNopSettings(metadata.Type))
	require.NoError(b, err)
	require.NoError(b, s.start(b.Context(), componenttest.NewNopHost()))
	defer func() { require.NoError(b, s.shutdown(b.Context())) }()
	var used time.Duration
	points, scrapes := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		before()
		start := threadCPU(b)
		b.StartTimer()
		metrics, err := s.scrape(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		used += threadCPU(b) - start
		points += metrics.DataPointCount()
		scrapes++
	}
	threads := 0
	for _, p := range s.processes {
		for _, g := range p.threads.Groups() {
			threads += g.Threads
		}
	}
	require.GreaterOrEqual(b, threads, benchmarkThreads)
	require.NotZero(b, points)
	perScrape := used / time.Duration(scrapes)
	b.ReportMetric(float64(perScrape.Microseconds()), "cpu-µs/scrape")
	b.ReportMetric(100*perScrape.Seconds(), "%-of-a-core-at-1s")
}

func threadCPU(b *testing.B) time.Duration {
	b.Helper()
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		b.Fatal(err)
	}
	return time.Duration(t.Nano())
}
