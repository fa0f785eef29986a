// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/metadata"
)

var storageID = component.MustNewIDWithName("file_storage", "state")

// disk is a storage extension, and the host that has it.
type disk struct {
	component.StartFunc
	component.ShutdownFunc
	owner component.ID

	mu    sync.Mutex
	open  map[string]bool // clients not closed, by name
	files map[string][]byte
	marks map[string][]byte // what is in the database beside the windows
	err   error             // what every access returns

	onOpen, onAccess func() // of the windows, as a damaged database does something else
}

var (
	_ storage.Extension = (*disk)(nil)
	_ component.Host    = (*disk)(nil)
	_ storage.Client    = (*file)(nil)
)

func newDisk() *disk {
	return &disk{open: map[string]bool{}, files: map[string][]byte{}, marks: map[string][]byte{}}
}

func (d *disk) GetExtensions() map[component.ID]component.Component {
	return map[component.ID]component.Component{storageID: d}
}

func (d *disk) GetClient(_ context.Context, _ component.Kind, owner component.ID, name string) (storage.Client, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open[name] {
		return nil, errors.New("timeout") // as file_storage says it
	}
	if d.onOpen != nil && name != openings {
		d.onOpen()
	}
	d.open[name] = true
	d.owner = owner
	return &file{d, name}, nil
}

// file is a client. All generations of the windows are in one place.
type file struct {
	disk *disk
	name string
}

func (f *file) Get(ctx context.Context, key string) ([]byte, error) {
	op := storage.GetOperation(key)
	err := f.Batch(ctx, op)
	return op.Value, err
}

func (f *file) Set(ctx context.Context, key string, value []byte) error {
	return f.Batch(ctx, storage.SetOperation(key, value))
}

func (f *file) Delete(ctx context.Context, key string) error {
	return f.Batch(ctx, storage.DeleteOperation(key))
}

func (f *file) Batch(_ context.Context, ops ...*storage.Operation) error {
	d := f.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return d.err
	}
	content := d.files
	if f.name == openings {
		content = d.marks
	} else if d.onAccess != nil {
		d.onAccess()
	}
	for _, op := range ops {
		switch op.Type {
		case storage.Get:
			op.Value = content[op.Key]
		case storage.Set:
			content[op.Key] = op.Value
		case storage.Delete:
			delete(content, op.Key)
		}
	}
	return nil
}

func (f *file) Close(context.Context) error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	delete(f.disk.open, f.name)
	return nil
}

// fail makes every access fail from now on, or none.
func (d *disk) fail(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

// lock lets another process open the windows, or close them.
func (d *disk) lock(locked bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if delete(d.open, ""); locked {
		d.open[""] = true
	}
}

// content returns what is stored now.
func (d *disk) content() map[string][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.files)
}

// running is a processor that keeps its windows on a disk.
type running struct {
	processor.Traces
	logs *observer.ObservedLogs
}

func startOn(t *testing.T, d *disk, change func(*Config)) running {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	settings := processortest.NewNopSettings(metadata.Type)
	settings.Logger = zap.New(core)
	p := newTraces(t, settings, new(consumertest.TracesSink), func(c *Config) {
		c.Storage = &storageID
		if change != nil {
			change(c)
		}
	})
	require.NoError(t, p.Start(t.Context(), d))
	return running{p, logs}
}

// send sends spans of 1, 2, ..., 10, 1, ... ms that end now, and returns the class of the last.
func (r running) send(t *testing.T, n int) any {
	t.Helper()
	traces, spans := newService("orders")
	for i := range n {
		span := addSpan(spans, "GET", 0)
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(time.Now().Add(-time.Duration(i%10+1) * ms)))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(time.Now()))
	}
	require.NoError(t, r.ConsumeTraces(t.Context(), traces))
	return spans.At(n - 1).Attributes().AsRaw()["latency.class"]
}

func (r running) messages(level string) (all []string) {
	for _, entry := range r.logs.All() {
		if entry.Level.String() == level {
			all = append(all, entry.Message)
		}
	}
	return all
}

// After a restart, a crash and a long pause.
func TestWindowsSurvive(t *testing.T) {
	for _, mode := range []string{ModeDecay, ModeSliding} {
		synctest.Test(t, func(t *testing.T) {
			d := newDisk()
			inMode := func(c *Config) { c.Window.Mode = mode }
			first := startOn(t, d, inMode)
			assert.Equal(t, metadata.Type, d.owner.Type())
			assert.Empty(t, first.logs.All(), "nothing there is the usual start")
			assert.Nil(t, first.send(t, 100))
			assert.Equal(t, "normal", first.send(t, 50))
			require.NoError(t, first.Shutdown(t.Context()))
			require.NoError(t, first.Shutdown(t.Context()), "twice")
			assert.Empty(t, d.open)

			// Down for a moment: the first span is judged.
			time.Sleep(5 * time.Second)
			second := startOn(t, d, inMode)
			assert.Equal(t, []string{"Windows restored"}, second.messages("info"))
			assert.Equal(t, "normal", second.send(t, 1))
			assert.Empty(t, second.messages("warn"))

			// It works for a minute, and then its machine loses power: what is on the disk is what was saved in time.
			for range 61 {
				time.Sleep(time.Second)
				second.send(t, 5)
			}
			synctest.Wait()
			saved := d.content()
			require.NoError(t, second.Shutdown(t.Context()))
			d.files = saved
			third := startOn(t, d, inMode)
			assert.Equal(t, "normal", third.send(t, 1))
			require.NoError(t, third.Shutdown(t.Context()))

			// An hour later, all that was is past.
			time.Sleep(time.Hour)
			fourth := startOn(t, d, inMode)
			assert.Empty(t, fourth.messages("warn"))
			assert.Nil(t, fourth.send(t, 100))
			assert.Equal(t, "normal", fourth.send(t, 1))
			require.NoError(t, fourth.Shutdown(t.Context()))
		})
	}
}

func TestUnusableWindowsAreSetAside(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func([]byte) []byte
		other func(*Config)
	}{
		"corrupt":   {spoil: func(b []byte) []byte { b[len(b)/2] ^= 1; return b }},
		"truncated": {spoil: func(b []byte) []byte { return b[:len(b)-100] }},
		"empty":     {spoil: func(b []byte) []byte { return b[:0] }},
		"newer":     {spoil: func(b []byte) []byte { b[3]++; return b }},
		"other key": {other: func(c *Config) { c.Key = []string{"span.name"} }},
		"length":    {other: func(c *Config) { c.Window.Length = time.Hour }},
		"mode":      {other: func(c *Config) { c.Window.Mode = ModeSliding }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDisk()
				first := startOn(t, d, nil)
				first.send(t, 500)
				require.NoError(t, first.Shutdown(t.Context()))
				if tt.spoil != nil {
					d.files[storedWindows] = tt.spoil(d.files[storedWindows])
				}
				stored := d.files[storedWindows]

				second := startOn(t, d, tt.other)
				assert.Equal(t, []string{"Cannot use the stored windows; starting without, and setting them aside"}, second.messages("warn"))
				assert.Equal(t, map[string][]byte{refusedWindows: stored}, d.content())
				assert.Nil(t, second.send(t, 100))
				assert.Equal(t, "normal", second.send(t, 1))
				require.NoError(t, second.Shutdown(t.Context()))

				third := startOn(t, d, tt.other)
				assert.Equal(t, "normal", third.send(t, 1), "what the second saved is good again")
				assert.Equal(t, stored, d.content()[refusedWindows])
				require.NoError(t, third.Shutdown(t.Context()))
			})
		})
	}
}

// A disk that fails costs a warning, not a span; when it works again, so does saving.
func TestFailingDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		d.fail(errors.New("input/output error"))
		p := startOn(t, d, nil)
		p.send(t, 200)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		assert.Equal(t, []string{
			"Cannot read the stored windows; starting without",
			"Cannot store the windows; a restart may begin without",
		}, p.messages("warn"))
		d.fail(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.NotEmpty(t, d.content()[storedWindows])
		require.NoError(t, p.Shutdown(t.Context()))
	})
}

// The same processor in two traces pipelines has two sets of windows, and one place to store them.
func TestStorageOfTwoPipelines(t *testing.T) {
	d, factory := newDisk(), NewFactory()
	create := func() processor.Traces {
		cfg := createDefaultConfig().(*Config)
		cfg.Storage = &storageID
		settings := processortest.NewNopSettings(metadata.Type)
		settings.ID = component.NewID(metadata.Type)
		p, err := factory.CreateTraces(t.Context(), settings, cfg, new(consumertest.TracesSink))
		require.NoError(t, err)
		return p
	}
	first, second := create(), create()
	require.NoError(t, first.Start(t.Context(), d))
	require.EqualError(t, second.Start(t.Context(), d),
		`storage: "runtime_stats" already stores the windows of another traces pipeline; want another id here, such as runtime_stats/2`)
	require.NoError(t, second.Shutdown(t.Context()))
	require.NoError(t, first.Shutdown(t.Context()))
	assert.Contains(t, d.content(), storedWindows)

	third := create()
	require.NoError(t, third.Start(t.Context(), d), "as after a reload")
	require.NoError(t, third.Shutdown(t.Context()))
}

// Another process has the file open: the old Collector that is still stopping, or one with the same directory. All goes on, and is
// stored when that has ended.
func TestStorageOfAnotherProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		d.lock(true)
		p := startOn(t, d, nil)
		p.send(t, 200)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		assert.Equal(t, []string{
			"Cannot read the stored windows; starting without",
			"Cannot store the windows; a restart may begin without",
		}, p.messages("warn"))
		assert.Equal(t, "cannot open the storage: timeout", p.logs.All()[0].ContextMap()["error"])
		assert.Equal(t, "file_storage/state", p.logs.All()[0].ContextMap()["storage"])
		assert.Contains(t, p.logs.All()[0].ContextMap()["advice"], "processor_runtime_stats_")
		d.lock(false)
		p.send(t, 200)
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Contains(t, d.content(), storedWindows)
		require.NoError(t, p.Shutdown(t.Context()))
		assert.Empty(t, d.open)
	})
}

func TestStorageThatIsNoStorage(t *testing.T) {
	zpages := component.MustNewID("zpages")
	for _, tt := range []struct {
		host component.Host
		want string
	}{
		{componenttest.NewNopHost(), `storage: there is no extension "zpages"; want one listed in service.extensions`},
		{
			hostWith{zpages: struct {
				component.StartFunc
				component.ShutdownFunc
			}{}},
			`storage: extension "zpages" stores nothing; want a storage extension such as file_storage`,
		},
	} {
		p := newTraces(t, processortest.NewNopSettings(metadata.Type), new(consumertest.TracesSink), func(c *Config) {
			c.Storage = &zpages
		})
		require.EqualError(t, p.Start(t.Context(), tt.host), tt.want)
		require.NoError(t, p.Shutdown(t.Context()))
	}
}

type hostWith map[component.ID]component.Component

func (h hostWith) GetExtensions() map[component.ID]component.Component { return h }
