// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
	"strconv"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

const (
	mostInstances   = 1000
	mostInFlight    = 1_000_000
	defaultInFlight = 10_000
)

var serviceForm = form{name: "service", means: "One service of the fleet.", keys: []key{
	{name: "name", takes: text{}, missing: "text", means: "Name of the service, which no other service of the fleet has. Left out in a map of services, whose key it is."},
	{name: "instances", takes: whole{mostInstances}, initial: "1", means: "Processes of the service. Each has a runtime and arrivals of its own."},
	{name: "seed", takes: unsigned{}, initial: "derived from the fleet's seed and the name", means: "Services with the same seed get the same arrivals, operations and durations, whatever runtime they run on."},
	{name: "runtime", takes: ref{"runtime"}, missing: "a map", means: "What the service runs on."},
	{name: "runtimes", takes: named{ref{"runtime"}}, means: "Further runtimes of the process, by names of your choice, for run_on."},
	{name: "host", takes: ref{"host"}, initial: "a CPU for each thread", means: "The machine of each instance. The runtime ideal has none."},
	{name: "arrivals", takes: ref{"arrivals"}, means: "When requests arrive at an instance. Left out if only other services call this one."},
	{name: "connections", takes: ref{"connections"}, initial: "one for each request, or for each user of a closed loop", means: "What requests come on. Only the flavor tokio_per_core pins connections to threads; elsewhere it makes no difference."},
	{name: "max_in_flight", takes: whole{mostInFlight}, initial: strconv.Itoa(defaultInFlight), means: "Requests that an instance has in flight at most. It turns more away at once."},
	{name: "export", takes: ref{"export"}, initial: "the batch processor; on smol the simple one", means: "How spans and log records leave the process."},
	{name: "clock", takes: ref{"clock"}, initial: "right", means: "How far the clocks of its machines are off."},
	{name: "resource", takes: ref{"resource"}, initial: "none", means: "Further attributes of its resource."},
	{name: "workload", takes: ref{"workload"}, means: "A built-in workload, in place of operations."},
	{name: "operations", takes: listOf{item: ref{"operation"}}, means: "What a request can ask for."},
	{name: "metrics", takes: listOf{ref{"metric"}, workload.MostMetrics}, means: "Metrics of the service's own, beside those of its runtime."},
	{name: "logs", takes: listOf{ref{"log"}, workload.MostLogs}, means: "Log records of the service's own, beside those of its tasks and events."},
}}

// service reads a service, and adds it to the fleet.
func (d *decoder) service(item namedValue) {
	s := &workload.Service{Instances: 1, MaxInFlight: defaultInFlight, Name: item.name}
	d.fleet = append(d.fleet, s)
	if t, ok := item.table(&serviceForm); ok {
		d.keysOf(s, t, item.name != "")
	}
	if first, taken := d.named[s.Name]; taken && s.Name != "" {
		item.fail(fmt.Sprintf("name %q is taken by %s; want a name of its own", s.Name, first))
	} else {
		d.named[s.Name] = item.path
	}
}

func (d *decoder) keysOf(s *workload.Service, t table, inMap bool) {
	switch {
	case !inMap:
		t.text("name", &s.Name)
	case t.has("name"):
		t.child("name").fail("not allowed in a map of services; its key is the name")
	}
	t.whole("instances", &s.Instances)
	if seed, ok := t.get("seed"); ok {
		s.Seed = new(seed.unsigned())
	}
	host, hosted := t.get("host")
	var machine workload.RuntimeSpec
	if hosted {
		machine = readHost(host)
	}
	if runtime, ok := t.get("runtime"); ok {
		s.Runtime = readRuntime(runtime, machine.AvailableParallelism())
	}
	if hosted {
		hostOf(host, &s.Runtime, &machine)
	}
	s.Export = defaultExport(&s.Runtime)
	if export, ok := t.get("export"); ok {
		readExport(export, &s.Export)
	}
	if clock, ok := t.get("clock"); ok {
		readClock(clock, &s.Clock)
	}
	if resource, ok := t.get("resource"); ok {
		s.Resource = readResource(resource)
	}
	arrivals, ok := t.get("arrivals")
	if ok {
		s.Arrivals = readArrivals(arrivals)
	} else {
		d.idle[s] = arrivals
	}
	if connections, ok := t.get("connections"); ok {
		readConnections(connections, &s.Connections)
	}
	t.whole("max_in_flight", &s.MaxInFlight)
	b := &builder{decoder: d, service: s, model: models.ByName(s.Runtime.Model), objects: &objects{}}
	if runtimes, ok := t.get("runtimes"); ok {
		b.readParts(runtimes)
	}
	if logs, ok := t.get("logs"); ok {
		b.readLogs(logs)
	}
	if metrics, ok := t.get("metrics"); ok {
		b.readMetrics(metrics)
	}
	preset, hasPreset := t.get("workload")
	operations, own := t.get("operations")
	switch {
	case hasPreset && own:
		preset.fail("both workload and operations are set; want one of them")
	case hasPreset:
		b.readPreset(preset)
	case own:
		b.readOperations(operations)
	default:
		preset.fail("neither workload nor operations is set; want one of them; workloads are " + oneOf(Presets()))
	}
}
