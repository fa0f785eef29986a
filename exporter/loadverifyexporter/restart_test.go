// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/metadata"
)

// disk is a storage extension that outlives the exporters that use it.
type disk struct {
	component.StartFunc
	component.ShutdownFunc
	values map[string][]byte
	closed int
}

func (d *disk) GetClient(context.Context, component.Kind, component.ID, string) (storage.Client, error) {
	return d, nil
}

func (d *disk) Get(_ context.Context, key string) ([]byte, error) { return d.values[key], nil }

func (d *disk) Set(_ context.Context, key string, value []byte) error {
	d.values[key] = bytes.Clone(value)
	return nil
}

func (d *disk) Delete(context.Context, string) error               { return errors.ErrUnsupported }
func (d *disk) Batch(context.Context, ...*storage.Operation) error { return errors.ErrUnsupported }
func (d *disk) Close(context.Context) error {
	d.closed++
	return nil
}

// withDisk is a host with a disk, and a configuration that uses it.
func withDisk(d *disk) (*host, func(*Config)) {
	id := component.MustNewID("disk")
	h := newHost()
	h.extensions = map[component.ID]component.Component{id: d}
	return h, func(c *Config) { c.Storage = &id }
}

// TestRestart stops the verifier in mid-run, and kills it in another.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{values: map[string][]byte{}}
		s := source{run: "r", name: "s", at: time.Now()}
		ctx := t.Context()

		h, configure := withDisk(d)
		first := newRig(t, exportertest.NewNopSettings(metadata.Type), h, configure)
		first.start(t)
		require.NoError(t, first.traces.ConsumeTraces(ctx, s.traces(0, 1, 2, 4)))
		first.shutdown(t)
		assert.Equal(t, 1, d.closed)

		// The second knows what has arrived: 3 is late, 2 a duplicate, 4 has its parent in 5.
		h, configure = withDisk(d)
		second := newRig(t, exportertest.NewNopSettings(metadata.Type), h, configure)
		second.start(t)
		require.NoError(t, second.traces.ConsumeTraces(ctx, s.traces(3, 2, 5)))
		time.Sleep(6 * time.Second) // state is saved at 5 s
		require.NoError(t, second.traces.ConsumeTraces(ctx, s.traces(6)))
		synctest.Wait()
		state := d.values[stateKey]
		require.NoError(t, second.traces.ConsumeTraces(ctx, s.tracesEnd(7, 0)))
		second.shutdown(t)
		of := at(t, second.report(t), "runs", 0, "signals", 0)
		for key, want := range map[string]float64{"received": 7, "missing": 0, "duplicate": 1, "out_of_order": 1, "orphans": 1} {
			assert.Equal(t, want, at(t, of, key), key)
		}

		// Had it been killed after it saved, the third would miss 6, and say that it cannot be sure.
		d.values[stateKey] = state
		h, configure = withDisk(d)
		third := newRig(t, exportertest.NewNopSettings(metadata.Type), h, configure)
		third.start(t)
		require.NoError(t, third.traces.ConsumeTraces(ctx, s.tracesEnd(7, 0)))
		third.shutdown(t)
		run := at(t, third.report(t), "runs", 0)
		assert.EqualValues(t, 1, at(t, run, "signals", 0, "missing"))
		assert.EqualValues(t, 1, at(t, run, "unclean"))

		// What cannot be read is no reason to start anew, which would find losses that are none.
		d.values[stateKey][len(state)-2]++
		h, configure = withDisk(d)
		fourth := newRig(t, exportertest.NewNopSettings(metadata.Type), h, configure)
		assert.ErrorContains(t, fourth.traces.Start(ctx, h), "checksum")
		fourth.shutdown(t)
	})
}

// TestKilledAtOnce: a verifier that is killed before it has stored anything of a run leaves word that it was there. What comes again after that is
// not taken for all that came. A run that begins later is not in doubt.
func TestKilledAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{values: map[string][]byte{}}
		s := source{run: "r", name: "s", at: time.Now()}
		ctx := t.Context()
		h, configure := withDisk(d)
		first := newRig(t, exportertest.NewNopSettings(metadata.Type), h, configure)
		first.start(t)
		require.NoError(t, first.traces.ConsumeTraces(ctx, s.traces(0, 1, 2)))
		killed := d.values[stateKey]
		first.shutdown(t)

		time.Sleep(time.Second)
		d.values[stateKey] = killed
		h, configure = withDisk(d)
		second := newRig(t, exportertest.NewNopSettings(metadata.Type), h, configure)
		second.start(t)
		require.NoError(t, second.traces.ConsumeTraces(ctx, s.traces(0, 1, 2, 3)))
		require.NoError(t, second.traces.ConsumeTraces(ctx, s.tracesEnd(4, 0)))
		later := source{run: "later", name: "s", at: time.Now()}
		require.NoError(t, second.traces.ConsumeTraces(ctx, later.traces(0, 1)))
		require.NoError(t, second.traces.ConsumeTraces(ctx, later.tracesEnd(2, 0)))
		second.shutdown(t)
		report := second.report(t)
		assert.Equal(t, "unknown", at(t, report, "runs", 0, "verdict"))
		assert.EqualValues(t, 1, at(t, report, "runs", 0, "unclean"))
		assert.Equal(t, "pass", at(t, report, "runs", 1, "verdict"))
	})
}
