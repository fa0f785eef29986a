// SPDX-License-Identifier: Apache-2.0

package processthreadsreceiver

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/fakeproc"
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/metadatatest"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

const mounts = "30 25 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"

// scraped is a scraper of a fake /proc.
type scraped struct {
	*fakeproc.Root
	*threadsScraper
	t         *testing.T
	logs      *observer.ObservedLogs
	telemetry *componenttest.Telemetry
}

func scraping(t *testing.T, root *fakeproc.Root, processes ...ProcessConfig) *scraped {
	t.Helper()
	config := createDefaultConfig().(*Config)
	config.Processes, config.RootPath = processes, root.Path()
	require.NoError(t, config.Validate())
	core, logs := observer.New(zap.InfoLevel)
	telemetry := componenttest.NewTelemetry()
	set := receivertest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = telemetry.NewTelemetrySettings()
	set.Logger = zap.New(core)
	s, err := newThreadsScraper(config, set)
	require.NoError(t, err)
	require.NoError(t, s.start(t.Context(), componenttest.NewNopHost()))
	t.Cleanup(func() {
		assert.NoError(t, s.shutdown(context.Background()))
		assert.NoError(t, telemetry.Shutdown(context.Background())) // the context of the test has ended
	})
	return &scraped{root, s, t, logs, telemetry}
}

// points returns the numbers of a scrape: pid, metric, group and kind.
func (s *scraped) points() map[string]float64 {
	s.t.Helper()
	metrics, err := s.scrape(s.t.Context())
	require.NoError(s.t, err)
	return points(s.t, metrics)
}

func points(t *testing.T, metrics pmetric.Metrics) map[string]float64 {
	t.Helper()
	all := map[string]float64{}
	for _, resource := range metrics.ResourceMetrics().All() {
		pid, ok := resource.Resource().Attributes().Get(semconv.ProcessPID)
		require.True(t, ok)
		for _, scope := range resource.ScopeMetrics().All() {
			for _, m := range scope.Metrics().All() {
				for _, p := range m.Sum().DataPoints().All() {
					key := []string{pid.AsString(), m.Name()}
					for _, attr := range []string{semconv.ThreadGroupName, semconv.ThreadState, semconv.CPUMode, semconv.ContextSwitchType} {
						if value, ok := p.Attributes().Get(attr); ok {
							key = append(key, value.Str())
						}
					}
					assert.NotContains(t, all, strings.Join(key, " "))
					assert.LessOrEqual(t, p.StartTimestamp(), p.Timestamp())
					all[strings.Join(key, " ")] = p.DoubleValue() + float64(p.IntValue()) // one of them is 0
				}
			}
		}
	}
	return all
}

func (s *scraped) unreadFiles() map[string]int64 {
	s.t.Helper()
	counted := map[string]int64{}
	m, err := s.telemetry.GetMetric("otelcol_receiver_process_threads_unread_files")
	if err != nil {
		return counted
	}
	for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
		file, _ := p.Attributes.Value(attribute.Key("file"))
		reason, _ := p.Attributes.Value(attribute.Key("reason"))
		counted[file.AsString()+" "+reason.AsString()] = p.Value
	}
	return counted
}

// The story of a service under a quota that is restarted.
func TestStory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := fakeproc.New(t)
		root.Write("proc/1/mountinfo", mounts)
		write := func(pid int, start, n uint64) {
			root.Process(pid, fakeproc.Thread{Name: "orders", Start: start}, "/srv/orders")
			root.Thread(pid, pid+1, fakeproc.Thread{
				Name: "tokio-rt-worker", Start: start, User: n, System: 2 * n, OnCPU: n * 1e9, Wait: n * 2e9, Slices: n, Voluntary: 3 * n, Involuntary: 4 * n,
			})
			root.Write(fmt.Sprintf("proc/%d/cgroup", pid), "0::/orders\n")
			root.Write("sys/fs/cgroup/orders/cpu.max", "30000 100000\n")
			root.Write("sys/fs/cgroup/orders/cpu.stat", fmt.Sprintf("nr_periods %d\nnr_throttled %d\nthrottled_usec %d\n", 10*n, n, 1_000*n))
		}
		s := scraping(t, root, ProcessConfig{Name: "orders", Resource: map[string]string{"service.name": "orders"}})

		// Nothing is there yet.
		assert.Empty(t, s.points())
		assert.Equal(t, 1, s.logs.FilterMessageSnippet("names no process").Len())

		// The service begins, and is found at the next search, not before.
		write(100, 7, 50)
		assert.Empty(t, s.points())
		time.Sleep(5 * time.Second)
		first := s.points()
		assert.Len(t, first, 2*8+3)
		for key, value := range first {
			want := 0.0
			if key == "100 process.thread.count main" || key == "100 process.thread.count tokio-rt-worker" {
				want = 1
			}
			assert.Equal(t, want, value, key)
		}

		// It runs.
		write(100, 7, 53)
		time.Sleep(time.Second)
		now := s.points()
		for key, want := range map[string]float64{
			"async_runtime.thread.time tokio-rt-worker on_cpu":     3,
			"async_runtime.thread.time tokio-rt-worker cpu_wait":   6,
			"async_runtime.thread.timeslices tokio-rt-worker":      3,
			"process.cpu.time tokio-rt-worker user":                0.03,
			"process.cpu.time tokio-rt-worker system":              0.06,
			"process.context_switches tokio-rt-worker voluntary":   9,
			"process.context_switches tokio-rt-worker involuntary": 12,
			"process.thread.count tokio-rt-worker":                 1,
			"async_runtime.cpu_quota.periods":                      30,
			"async_runtime.cpu_quota.throttled.periods":            3,
			"async_runtime.cpu_quota.throttled.time":               0.003,
			"async_runtime.thread.time main on_cpu":                0,
		} {
			assert.InDelta(t, want, now["100 "+key], 1e-9, key)
		}

		// It is restarted, with another number or the same: at once its successor is looked for. Its numbers begin anew.
		for _, pid := range []int{200, 200} {
			root.Remove("proc/100")
			root.Remove("proc/200")
			write(pid, s.start0()+1, 5)
			assert.Empty(t, s.points(), "it has ended")
			now = s.points()
			assert.Len(t, now, 2*8+3)
			assert.Contains(t, now, fmt.Sprintf("%d process.thread.count main", pid))
			assert.Zero(t, now[fmt.Sprintf("%d async_runtime.thread.time tokio-rt-worker on_cpu", pid)])
		}
		assert.Empty(t, s.unreadFiles())
	})
}

// start0 is when the process that is read began.
func (s *scraped) start0() uint64 {
	for id := range s.processes {
		return id.Start
	}
	return 0
}

// Several processes of several entries, each with its resource.
func TestProcesses(t *testing.T) {
	root := fakeproc.New(t)
	for pid, name := range map[int]string{10: "orders", 11: "pages", 12: "pages", 13: "other"} {
		root.Process(pid, fakeproc.Thread{Name: name, OnCPU: 1}, "/srv/"+name)
	}
	s := scraping(t, root, ProcessConfig{PID: 10, Resource: map[string]string{"service.name": "orders", "host.name": "a"}},
		ProcessConfig{Cmdline: "^/srv/", Name: "pages", Resource: map[string]string{"service.name": "pages"}})
	metrics, err := s.scrape(t.Context())
	require.NoError(t, err)
	var got []string
	for _, resource := range metrics.ResourceMetrics().All() {
		got = append(got, fmt.Sprint(resource.Resource().Attributes().AsRaw()))
	}
	slices.Sort(got)
	assert.Equal(t, []string{
		"map[host.name:a process.pid:10 service.name:orders]", "map[process.pid:11 service.name:pages]", "map[process.pid:12 service.name:pages]",
	}, got)
	metadatatest.AssertEqualReceiverProcessThreadsProcesses(t, s.telemetry, []metricdata.DataPoint[int64]{{Value: 3}}, metricdatatest.IgnoreTimestamp())
}

// What cannot be read is in the log once, counted, and not in the metrics. The rest is.
func TestUnread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := fakeproc.New(t)
		for _, pid := range []int{10, 11} {
			root.Process(pid, fakeproc.Thread{Name: "orders"})
			root.Write(fmt.Sprintf("proc/%d/task/%d/status", pid, pid), "Name:\torders\n")
			root.Write(fmt.Sprintf("proc/%d/cgroup", pid), "0::/../beside\n")
		}
		root.Write("proc/1/mountinfo", mounts)
		s := scraping(t, root, ProcessConfig{Name: "orders"})
		want := map[string]float64{}
		for _, pid := range []string{"10", "11"} {
			want[pid+" process.thread.count main"] = 1
			want[pid+" process.cpu.time main user"] = 0
			want[pid+" process.cpu.time main system"] = 0
		}
		for range 3 {
			assert.Equal(t, want, s.points())
			time.Sleep(time.Second)
		}
		assert.Equal(t, map[string]int64{"schedstat absent": 2, "status malformed": 2, "cpu.stat absent": 2}, s.unreadFiles())
		assert.Equal(t, 3, s.logs.FilterMessageSnippet("tells nothing").Len())
		time.Sleep(2 * time.Second)
		assert.Equal(t, want, s.points())
		assert.Equal(t, map[string]int64{"schedstat absent": 4, "status malformed": 4, "cpu.stat absent": 4}, s.unreadFiles(), "tried again")
		assert.Equal(t, 3, s.logs.FilterMessageSnippet("tells nothing").Len())
	})
}

// Names are any bytes; what leaves is text, and can be marshalled.
func TestHostileNames(t *testing.T) {
	root := fakeproc.New(t)
	for i, name := range []string{"orders", "a\x1b[2J", "\xff\xfe\xfd", ") S 1 (", "x\n\x00y", "éééééééé", "   ", "12"} {
		root.Thread(10, 10+i, fakeproc.Thread{Name: name, OnCPU: 1})
	}
	root.Process(10, fakeproc.Thread{Name: "orders", OnCPU: 1})
	s := scraping(t, root, ProcessConfig{PID: 10})
	metrics, err := s.scrape(t.Context())
	require.NoError(t, err)
	_, err = (&pmetric.ProtoMarshaler{}).MarshalMetrics(metrics)
	require.NoError(t, err)
	var groups []string
	for _, g := range []string{"main", "a\ufffd[2J", "\ufffd\ufffd\ufffd", ") S 1 (", "x\ufffd\ufffdy", "ééééééé\ufffd", "#"} {
		groups = append(groups, "10 process.thread.count "+g)
	}
	now := points(t, metrics)
	for _, g := range groups {
		assert.Contains(t, now, g)
	}
	assert.Equal(t, 2.0, now["10 process.thread.count #"])
}

// A process of many names costs a bounded number of points, and says so.
func TestOverflow(t *testing.T) {
	root := fakeproc.New(t)
	root.Process(10, fakeproc.Thread{Name: "orders", OnCPU: 1})
	for i := range 300 {
		root.Thread(10, 20+i, fakeproc.Thread{Name: fmt.Sprintf("t%dx", i), OnCPU: 1})
	}
	s := scraping(t, root, ProcessConfig{PID: 10})
	now := s.points()
	assert.Len(t, now, 101*8)
	assert.Equal(t, 201.0, now["10 process.thread.count _OTHER"])
	metadatatest.AssertEqualReceiverProcessThreadsOverflowThreads(t, s.telemetry, []metricdata.DataPoint[int64]{{Value: 201}}, metricdatatest.IgnoreTimestamp())
}

// A rule that names too many processes reads some of them, and says so once.
func TestTooManyProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := fakeproc.New(t)
		for pid := 10; pid < 210; pid++ {
			root.Process(pid, fakeproc.Thread{Name: "orders", OnCPU: 1})
		}
		s := scraping(t, root, ProcessConfig{Name: "orders"})
		for range 2 {
			s.points()
			assert.Len(t, s.processes, maxProcesses)
			time.Sleep(5 * time.Second)
		}
		assert.Equal(t, 1, s.logs.FilterMessageSnippet("too many").Len())
	})
}

// The receiver as the Collector runs it: a look each second, and nothing left when it is stopped.
func TestReceiver(t *testing.T) {
	root := fakeproc.New(t)
	root.Process(10, fakeproc.Thread{Name: "orders", OnCPU: 1})
	synctest.Test(t, func(t *testing.T) {
		config := createDefaultConfig().(*Config)
		config.Processes, config.RootPath = []ProcessConfig{{PID: 10}}, root.Path()
		sink := new(consumertest.MetricsSink)
		r, err := NewFactory().CreateMetrics(t.Context(), receivertest.NewNopSettings(metadata.Type), config, sink)
		require.NoError(t, err)
		require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))
		time.Sleep(10*time.Second + time.Millisecond)
		synctest.Wait()
		require.NoError(t, r.Shutdown(t.Context()))
		assert.Len(t, sink.AllMetrics(), 11)
		assert.Equal(t, 11*8, sink.DataPointCount())
	})
}

// If no process is there, nothing is sent.
func TestNothingToSend(t *testing.T) {
	root := fakeproc.New(t)
	synctest.Test(t, func(t *testing.T) {
		config := createDefaultConfig().(*Config)
		config.Processes, config.RootPath = []ProcessConfig{{PID: 10}}, root.Path()
		sends := 0
		next, err := consumer.NewMetrics(func(context.Context, pmetric.Metrics) error { sends++; return nil })
		require.NoError(t, err)
		r, err := NewFactory().CreateMetrics(t.Context(), receivertest.NewNopSettings(metadata.Type), config, next)
		require.NoError(t, err)
		require.NoError(t, r.Start(t.Context(), componenttest.NewNopHost()))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		assert.Zero(t, sends)
		root.Process(10, fakeproc.Thread{Name: "orders", OnCPU: 1})
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.NoError(t, r.Shutdown(t.Context()))
		assert.NotZero(t, sends)
	})
}

func TestNoProc(t *testing.T) {
	config := createDefaultConfig().(*Config)
	config.Processes, config.RootPath = []ProcessConfig{{PID: 10}}, t.TempDir()
	r, err := NewFactory().CreateMetrics(t.Context(), receivertest.NewNopSettings(metadata.Type), config, consumertest.NewNop())
	require.NoError(t, err)
	require.ErrorContains(t, r.Start(t.Context(), componenttest.NewNopHost()), "root_path")
	require.NoError(t, r.Shutdown(t.Context()))
}

// The metrics are those of package semconv, by name, unit, kind, attributes and meaning.
func TestNames(t *testing.T) {
	root := fakeproc.New(t)
	root.Write("proc/1/mountinfo", mounts)
	root.Process(10, fakeproc.Thread{Name: "orders", OnCPU: 1})
	root.Write("proc/10/cgroup", "0::/\n")
	root.Write("sys/fs/cgroup/cpu.max", "30000 100000\n")
	root.Write("sys/fs/cgroup/cpu.stat", "nr_periods 1\nnr_throttled 1\nthrottled_usec 1\n")
	s := scraping(t, root, ProcessConfig{PID: 10})
	metrics, err := s.scrape(t.Context())
	require.NoError(t, err)
	sent := map[string]pmetric.Metric{}
	for _, m := range metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
		sent[m.Name()] = m
	}
	assert.Len(t, sent, len(semconv.KernelMetrics))
	for _, want := range semconv.KernelMetrics {
		m, ok := sent[want.Name]
		if !assert.True(t, ok, want.Name) {
			continue
		}
		assert.Equal(t, want.Unit, m.Unit(), want.Name)
		assert.Equal(t, want.Meaning, m.Description(), want.Name)
		assert.Equal(t, want.Instrument == semconv.Counter, m.Sum().IsMonotonic(), want.Name)
		assert.Equal(t, pmetric.AggregationTemporalityCumulative, m.Sum().AggregationTemporality(), want.Name)
		var values []string
		for _, p := range m.Sum().DataPoints().All() {
			_, ofGroup := p.Attributes().Get(semconv.ThreadGroupName)
			assert.Equal(t, want.OfGroups, ofGroup, want.Name)
			if value, ok := p.Attributes().Get(want.Key); ok {
				values = append(values, value.Str())
			}
		}
		assert.Equal(t, want.Values, values, want.Name)
	}
}
