// SPDX-License-Identifier: Apache-2.0

package play

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/host"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/internal/fleettest"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// runtimeLine is the runtime of a service as readPreset gives it.
var runtimeLine = regexp.MustCompile(`(?m)^  runtime: .*$`)

// played is what became of the requests of a service.
type played struct {
	tasks    map[string][]scheduler.Finished // that are traced, by name
	spans    map[string]int                  // inside tasks, by name
	events   []string
	counters scheduler.Counters // at the end of the arrivals
	host     host.Stats         // likewise
	live     int                // tasks that do not end
}

// play lets requests arrive for a time, and then finish, for which they have two minutes.
func play(t *testing.T, service string, d time.Duration) played {
	t.Helper()
	s := mustFleet(t, service)[0]
	p := played{tasks: map[string][]scheduler.Finished{}, spans: map[string]int{}}
	var sm sim.Simulation
	n := NewNetwork(&sm)
	in := n.Play(s, 1, 0, Observer{Observer: scheduler.Observer{
		Finished: func(f *scheduler.Finished) {
			if f.Program.Label != workload.Untraced {
				name := s.Spans[f.Program.Label].Name
				p.tasks[name] = append(p.tasks[name], *f)
			}
		},
		Span:  func(span *scheduler.Span) { p.spans[s.Spans[span.Label].Name]++ },
		Event: func(e *scheduler.Event) { p.events = append(p.events, s.Events[e.Label].Name) },
	}})
	for _, other := range s.Callees() {
		n.Play(other, 1, 0, Observer{})
	}
	sm.Run(sim.Time(d))
	p.counters, p.host = in.Runtime().Counters(), in.Host().Stats()
	in.Stop()
	sm.Run(sim.Time(d + 2*time.Minute))
	p.live = in.Runtime().Live()
	return p
}

// TestPresetsRun plays every preset on every runtime: each span occurs, and all tasks end.
func TestPresetsRun(t *testing.T) {
	for _, name := range spec.Presets() {
		for _, model := range runtimeModels {
			if name == "block_in_place_burst" && model != semconv.RuntimeTokio {
				continue // which alone has the step
			}
			t.Run(name+"/"+model, func(t *testing.T) {
				service := runtimeLine.ReplaceAllString(fleettest.ReadPreset(t, name).Service(), "  runtime: {model: "+model+"}")
				service = regexp.MustCompile(`(?m)^  host: .*\n`).ReplaceAllString(service, "") // ideal has none
				p := play(t, service, 4*time.Second)
				for _, span := range mustFleet(t, service)[0].Spans {
					assert.Positive(t, len(p.tasks[span.Name])+p.spans[span.Name], span.Name)
				}
				assert.Zero(t, p.live)
			})
		}
	}
}

// TestPresetsOfTheDocument: what the source document says of its examples.
func TestPresetsOfTheDocument(t *testing.T) {
	for _, tc := range []struct {
		preset, span string
		duration     time.Duration // at least, and at most 2 % more
		busy         bool          // all the time
		events       []workload.Event
		attributes   []workload.Attribute
	}{
		{
			preset: "background_work", span: "task", duration: time.Second,
			events:     []workload.Event{{Name: "Starting background work"}, {Name: "Background work completed"}},
			attributes: []workload.Attribute{{"task.name", "background_work"}},
		},
		{preset: "traced_stream", span: "stream_processing", duration: time.Second, events: func() (items []workload.Event) {
			for i := range int64(10) {
				items = append(items, workload.Event{Name: fmt.Sprintf("item_%d", i), Attributes: []workload.Attribute{{"index", i}}})
			}
			return items
		}()},
		{preset: "minimal", span: "work", duration: 100 * time.Millisecond, busy: true},
	} {
		t.Run(tc.preset, func(t *testing.T) {
			// Ten requests, none of which waits for another.
			service := regexp.MustCompile(`(?m)^  arrivals: .*$`).ReplaceAllString(fleettest.ReadPreset(t, tc.preset).Service(), "  arrivals: {process: constant, rate: 5}")
			s := mustFleet(t, service)[0]
			require.Len(t, s.Operations, 1)
			assert.Equal(t, workload.Internal, s.Spans[0].Kind)
			assert.Equal(t, tc.attributes, s.Spans[0].Attributes)
			assert.Equal(t, tc.events, s.Events)
			p := play(t, service, 2*time.Second)
			assert.Len(t, p.events, 10*len(tc.events))
			require.Len(t, p.tasks[tc.span], 10)
			for _, f := range p.tasks[tc.span] {
				took := latency(&f)
				assert.GreaterOrEqual(t, took, sim.Time(tc.duration))
				assert.Less(t, took, sim.Time(tc.duration)*102/100)
				assert.Equal(t, tc.busy, f.Busy >= sim.Time(tc.duration))
			}
		})
	}
}
