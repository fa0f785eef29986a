// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
	"strconv"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

const (
	mostInstances   = 1000
	mostInFlight    = 1_000_000
	defaultInFlight = 10_000
	highestWeight   = 1e6
)

var serviceForm = form{name: "service", means: "One service of the fleet.", keys: []key{
	{name: "name", takes: text{}, missing: "text", means: "Name of the service, which no other service of the fleet has. Left out in a map of services, whose key it is."},
	{name: "instances", takes: whole{mostInstances}, initial: "1", means: "Processes of the service. Each has a runtime and arrivals of its own."},
	{name: "seed", takes: unsigned{}, initial: "derived from the fleet's seed and the name", means: "Services with the same seed get the same arrivals, operations and durations, whatever runtime they run on."},
	{name: "runtime", takes: ref{"runtime"}, missing: "a map", means: "What the service runs on."},
	{name: "runtimes", takes: named{ref{"runtime"}}, means: "Further runtimes of the process, by names of your choice, for run_on."},
	{name: "host", takes: ref{"host"}, initial: "a CPU for each thread", means: "The machine of each instance. The runtime ideal has none."},
	{name: "arrivals", takes: ref{"arrivals"}, means: "When requests arrive at an instance. Left out if only other services call this one."},
	{name: "max_in_flight", takes: whole{mostInFlight}, initial: strconv.Itoa(defaultInFlight), means: "Requests that an instance has in flight at most. It turns more away at once."},
	{name: "export", takes: ref{"export"}, initial: "the batch processor; on smol the simple one", means: "How spans and log records leave the process."},
	{name: "workload", takes: ref{"workload"}, means: "A built-in workload, in place of operations."},
	{name: "operations", takes: listOf{item: ref{"operation"}}, means: "What a request can ask for."},
}}

var operationForm = form{name: "operation", means: "One kind of request.", keys: []key{
	{name: "name", takes: text{}, missing: "text", means: "Name of the operation and of its span."},
	kindKey("server"),
	{name: "weight", takes: number{0, highestWeight, true}, initial: "1", means: "Share of the arrivals, relative to the other operations."},
	{name: "timeout", takes: ref{"distribution"}, means: "Time after which the steps are dropped, if the task waits then."},
	attributesKey, errorsKey, linksKey,
	stepsKey,
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
	if runtime, ok := t.get("runtime"); ok {
		s.Runtime = readRuntime(runtime)
	}
	if host, ok := t.get("host"); ok {
		s.Runtime.CPUs = readHost(host, &s.Runtime)
	}
	s.Export = defaultExport(&s.Runtime)
	if export, ok := t.get("export"); ok {
		readExport(export, &s.Export)
	}
	arrivals, ok := t.get("arrivals")
	if ok {
		s.Arrivals = readArrivals(arrivals)
	} else {
		d.idle[s] = arrivals
	}
	t.whole("max_in_flight", &s.MaxInFlight)
	b := &builder{decoder: d, service: s, model: models.ByName(s.Runtime.Model), objects: &objects{}}
	if runtimes, ok := t.get("runtimes"); ok {
		b.readParts(runtimes)
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

// builder makes the programs of one runtime, and keeps what they share: the tables that their labels point into, and the mutexes and
// channels of the process, by name.
type builder struct {
	*objects

	decoder *decoder
	service *workload.Service
	model   *models.Model // of its runtime; nil: that could not be read
	parts   []*builder    // of the process's further runtimes
	at      value         // in YAML, of a part
	linked  []link
}

func (b *builder) readOperations(v value) {
	for _, item := range v.list("operations") {
		b.service.Operations = append(b.service.Operations, b.operation(item))
	}
	b.finish()
	for _, part := range b.parts {
		part.finish()
		if len(part.service.Operations) == 0 {
			part.at.fail(fmt.Sprintf("no step runs on it; want run_on: {runtime: %s, steps: [...]} in an operation", part.service.Part))
		}
	}
}

func (b *builder) finish() {
	b.checkLinks()
	b.service.Mutexes, b.service.Channels = b.mutexes.names, b.channels.names
}

func (b *builder) operation(v value) workload.Operation {
	o := workload.Operation{Weight: 1, Program: &program.Program{Label: workload.Untraced}}
	t, ok := v.table(&operationForm)
	if !ok {
		return o
	}
	span := workload.Span{Kind: workload.Server}
	t.text("name", &span.Name)
	t.number("weight", &o.Weight)
	b.describe(t, &span)
	o.Program = b.traced(span)
	if steps, ok := t.get("steps"); ok {
		var tasks int
		o.Program.Steps, tasks = b.steps(steps, 0)
		if tasks > workload.MostTasks {
			steps.fail(fmt.Sprintf("more than %d tasks spawned for one request; want at most that many", workload.MostTasks))
		}
	}
	if timeout, ok := t.get("timeout"); ok {
		begin := program.Step{Op: program.Timeout, Duration: readDistribution(timeout)}
		o.Program.Steps = under(begin, o.Program.Steps)
	}
	return o
}
