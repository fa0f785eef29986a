// SPDX-License-Identifier: Apache-2.0

package processthreadsreceiver

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/fakeproc"
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/metadatatest"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// A process that has ended is none, also if nobody asks how it ended: in a container without an init, for ever.
func TestZombie(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := fakeproc.New(t)
		root.Process(10, fakeproc.Thread{Name: "orders", OnCPU: 1}, "orders")
		s := scraping(t, root, ProcessConfig{PID: 10})
		processes := func(want int64) {
			t.Helper()
			metadatatest.AssertEqualReceiverProcessThreadsProcesses(t, s.telemetry, []metricdata.DataPoint[int64]{{Value: want}}, metricdatatest.IgnoreTimestamp())
		}
		assert.NotEmpty(t, s.points())
		processes(1)
		root.Process(10, fakeproc.Thread{Name: "orders", OnCPU: 2, State: "Z"})
		for range 10 {
			time.Sleep(time.Second)
			assert.Empty(t, s.points())
			processes(0)
		}
		assert.Equal(t, 1, s.logs.FilterMessageSnippet("names no process").Len())
	})
}

// A process whose first thread has ended goes on, and so do its numbers. Its own command line is empty then.
func TestFirstThreadEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := fakeproc.New(t)
		root.Process(10, fakeproc.Thread{Name: "orders", OnCPU: 1}, "orders")
		root.Thread(10, 11, fakeproc.Thread{Name: "work", OnCPU: 1})
		s := scraping(t, root, ProcessConfig{Executable: "orders"})
		assert.NotEmpty(t, s.points())
		root.Process(10, fakeproc.Thread{Name: "orders", OnCPU: 2, State: "Z"})
		root.Write("proc/10/cmdline", "")
		root.Write("proc/10/task/11/cmdline", "orders\x00")
		for second := range uint64(12) {
			time.Sleep(time.Second)
			root.Thread(10, 11, fakeproc.Thread{Name: "work", OnCPU: 1 + (second+1)*1e9})
			now := s.points()
			assert.InDelta(t, float64(second+1), now["10 async_runtime.thread.time work on_cpu"], 1e-9)
			assert.Equal(t, 1.0, now["10 process.thread.count work"])
			assert.Equal(t, 0.0, now["10 process.thread.count main"])
		}
		assert.Zero(t, s.logs.FilterMessageSnippet("names no process").Len())
	})
}

// A group whose place was given to another one begins anew, and says since when. The others count since the first look.
func TestGroupsBeginAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := fakeproc.New(t)
		root.Process(10, fakeproc.Thread{Name: "orders", OnCPU: 1})
		s := scraping(t, root, ProcessConfig{PID: 10})
		starts := func() map[string]time.Duration {
			t.Helper()
			metrics, err := s.scrape(t.Context())
			require.NoError(t, err)
			starts := map[string]time.Duration{}
			for _, m := range metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
				for _, p := range m.Sum().DataPoints().All() {
					group, _ := p.Attributes().Get(semconv.ThreadGroupName)
					starts[group.Str()] = p.Timestamp().AsTime().Sub(p.StartTimestamp().AsTime())
				}
			}
			time.Sleep(time.Second)
			return starts
		}
		starts()
		for i := range 99 {
			root.Thread(10, 20+i, fakeproc.Thread{Name: fmt.Sprintf("t%dx", i), OnCPU: 1})
		}
		starts()
		for i := range 99 {
			root.Remove(fmt.Sprintf("proc/10/task/%d", 20+i))
		}
		starts()
		root.Thread(10, 900, fakeproc.Thread{Name: "new", OnCPU: 7})
		now := starts()
		assert.Equal(t, 3*time.Second, now["main"])
		assert.Equal(t, 3*time.Second, now["t98x"])
		assert.Equal(t, time.Second, now["new"])

		// After a while the empty groups are not sent.
		time.Sleep(10 * time.Minute)
		assert.Len(t, starts(), 2)
	})
}

// A process that becomes another program, of another entry, counts there at the next look.
func TestExecAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := fakeproc.New(t)
		root.Process(10, fakeproc.Thread{Name: "python", OnCPU: 1, Peak: 900}, "python", "a.py")
		s := scraping(t, root, ProcessConfig{Cmdline: "a.py", Resource: map[string]string{"service.name": "a"}},
			ProcessConfig{Cmdline: "b.py", Resource: map[string]string{"service.name": "b"}})
		assert.NotEmpty(t, s.points())
		time.Sleep(time.Second)
		root.Process(10, fakeproc.Thread{Name: "python", OnCPU: 1e9, Peak: 700}, "python", "b.py")
		metrics, err := s.scrape(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, metrics.ResourceMetrics().Len())
		service, _ := metrics.ResourceMetrics().At(0).Resource().Attributes().Get("service.name")
		assert.Equal(t, "b", service.Str())
		assert.Zero(t, points(t, metrics)["10 async_runtime.thread.time main on_cpu"])

		// One that its entry still names goes on. So does one that no other sign tells from before.
		time.Sleep(time.Second)
		root.Process(10, fakeproc.Thread{Name: "renamed", OnCPU: 2e9, Peak: 700}, "python", "b.py")
		assert.InDelta(t, 1.0, s.points()["10 async_runtime.thread.time main on_cpu"], 1e-9)
	})
}

// A process that becomes another program is no longer the one that its entry names.
func TestExec(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := fakeproc.New(t)
		root.Process(10, fakeproc.Thread{Name: "sh", OnCPU: 1}, "sh")
		s := scraping(t, root, ProcessConfig{Name: "sh", Resource: map[string]string{"service.name": "shell"}}, ProcessConfig{Name: "orders"})
		assert.Contains(t, s.points(), "10 process.thread.count main")
		root.Process(10, fakeproc.Thread{Name: "orders", OnCPU: 2}, "orders")
		time.Sleep(5 * time.Second)
		metrics, err := s.scrape(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, metrics.ResourceMetrics().Len())
		assert.NotContains(t, metrics.ResourceMetrics().At(0).Resource().Attributes().AsRaw(), "service.name")
		for _, p := range s.processes {
			assert.Equal(t, 1, p.rule)
		}
	})
}
