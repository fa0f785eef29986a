// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/workload/arrive"
)

// process is one of the ways to say when requests arrive.
type process struct {
	form

	read func(table) arrive.Process
}

var rateKey = key{name: "rate", takes: number{0, arrive.HighestRate, true}, missing: "arrivals per second", means: "Requests per second and instance, on average."}

// processes are all of them. Those with the key rate can be played at any other.
var processes = []process{
	{form{name: "poisson", means: "Independent of each other.", keys: []key{rateKey}}, func(t table) arrive.Process {
		var p arrive.Poisson
		t.number("rate", &p.Rate)
		return p
	}},
	{form{name: "constant", means: "One every 1/rate.", keys: []key{rateKey}}, func(t table) arrive.Process {
		var c arrive.Constant
		t.number("rate", &c.Rate)
		return c
	}},
	{form{name: "gamma", means: "Gamma-distributed gaps.", keys: []key{
		rateKey,
		{
			name: "shape", takes: number{arrive.LowestShape, arrive.HighestShape, false},
			missing: "a number: 1 is Poisson, less bursts, more is more even", means: "1 is Poisson, less comes in bursts, more is more even.",
		},
	}}, func(t table) arrive.Process {
		var g arrive.Gamma
		t.number("rate", &g.Rate)
		t.number("shape", &g.Shape)
		return g
	}},
	{form{name: "on_off", means: "Poisson at rate while on, and at off_rate while off.", keys: []key{
		{name: "rate", takes: number{0, arrive.HighestRate, true}, missing: "arrivals per second", means: "Requests per second and instance while on."},
		{name: "on", takes: period(arrive.ShortestOnOff), missing: "a duration, the mean time on", means: "Mean of the exponential times on."},
		{name: "off", takes: period(arrive.ShortestOnOff), missing: "a duration, the mean time off", means: "Mean of the exponential times off."},
		{name: "off_rate", takes: number{0, arrive.HighestRate, false}, initial: "0", means: "Requests per second and instance while off."},
	}}, readOnOff},
	{form{name: "sine", means: "Poisson at rate * (1 + amplitude * sin(2 pi t / period)).", keys: []key{
		rateKey,
		{name: "amplitude", takes: number{0, 1, false}, missing: number{0, 1, false}.words(), means: "How far the rate goes up and down."},
		{name: "period", takes: period(arrive.ShortestPeriod), missing: "a duration", means: "Time from one wave to the next."},
	}}, func(t table) arrive.Process {
		var s arrive.Sine
		t.number("rate", &s.Rate)
		t.number("amplitude", &s.Amplitude)
		t.duration("period", &s.Period)
		return s
	}},
	{form{name: "stages", means: "Poisson at a rate that goes in a straight line from target to target, as in k6. After the last stage nothing arrives.", keys: []key{
		{name: "start_rate", takes: number{0, arrive.HighestRate, false}, initial: "0", means: "Requests per second and instance at the start."},
		{name: "stages", takes: listOf{ref{"stage"}, arrive.MostStages}, missing: "a list of {duration, target}", means: "The stages."},
	}}, readStages},
	{form{name: "replay", means: "Recorded gaps, from the first column of a file.", keys: []key{
		{name: "file", takes: text{}, missing: "a file of inter-arrival times, one a line", means: "Path of the file. A line has a duration such as 1.5ms, or a number of seconds."},
		{name: "repeat", takes: boolean{}, initial: "false", means: "Starts again after the last gap."},
	}}, readReplay},
	{form{name: "closed", means: "A fixed number of users, each of whom thinks, sends a request, and waits for its end.", keys: []key{
		{name: "users", takes: whole{arrive.MostUsers}, missing: "a number of users", means: "Users of each instance."},
		{name: "think", takes: ref{"distribution"}, missing: "a duration or a distribution", means: "How long a user thinks before each request."},
	}}, readClosed},
}

var stageForm = form{name: "stage", means: "A ramp of the rate.", keys: []key{
	{name: "duration", takes: period(0), missing: "a duration; 0s is a jump", means: "How long the stage takes. 0s is a jump."},
	{name: "target", takes: number{0, arrive.HighestRate, false}, missing: "arrivals per second at the end of the stage", means: "Requests per second and instance at the end of the stage."},
}}

const processKeyName = "process"

var processNames, arrivalsKeys = func() (names, keys []string) {
	keys = []string{processKeyName}
	for i := range processes {
		names = append(names, processes[i].name)
		for _, key := range processes[i].names() {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return names, keys
}()

// Processes lists the names of the processes of arrivals.
func Processes() []string { return slices.Clone(processNames) }

// HasRate reports whether a process of that name has a rate, so that it can be played at another.
func HasRate(process string) bool {
	i := slices.Index(processNames, process)
	return i >= 0 && slices.Contains(processes[i].names(), "rate")
}

func readArrivals(v value) arrive.Process {
	t, ok := v.anyTable()
	if !ok {
		return nil
	}
	i := -1
	if name := t.child(processKeyName); t.has(processKeyName) {
		i = name.choice(processNames)
	} else {
		name.fail("missing; want " + oneOf(processNames))
	}
	if i < 0 {
		t.allow(arrivalsKeys)
		return nil
	}
	p := &processes[i]
	t.form = &p.form
	t.allowOf("process "+p.name, append([]string{processKeyName}, p.names()...), arrivalsKeys)
	return p.read(t)
}

// sound reports whether nothing was noted since a count, and notes at a value what is wrong with the process as a whole.
func (v value) sound(since int, p arrive.Process) {
	if v.in.count() != since {
		return
	}
	if err := p.Check(); err != nil {
		v.fail(err.Error())
	}
}

func readOnOff(t table) arrive.Process {
	var o arrive.OnOff
	before := t.in.count()
	t.number("rate", &o.Rate)
	t.duration("on", &o.On)
	t.duration("off", &o.Off)
	t.number("off_rate", &o.OffRate)
	t.sound(before, o)
	return o
}

func readStages(t table) arrive.Process {
	var s arrive.Stages
	t.number("start_rate", &s.StartRate)
	list, ok := t.get("stages")
	if !ok {
		return s
	}
	before := t.in.count()
	items := list.list("stages")
	if len(items) > arrive.MostStages {
		list.fail(fmt.Sprintf("%d stages; want at most %d", len(items), arrive.MostStages))
		return s
	}
	for _, item := range items {
		var stage arrive.Stage
		if t, ok := item.table(&stageForm); ok {
			t.duration("duration", &stage.Duration)
			t.number("target", &stage.Target)
		}
		s.Stages = append(s.Stages, stage)
	}
	list.sound(before, s)
	return s
}

func readReplay(t table) arrive.Process {
	r := &arrive.Replay{}
	t.boolean("repeat", &r.Repeat)
	file, ok := t.get("file")
	if !ok {
		return r
	}
	path := file.text()
	if path == "" {
		return r
	}
	recorded, err := arrive.ReadRecording(path)
	if err != nil {
		file.fail(err.Error())
		return r
	}
	recorded.Repeat = r.Repeat
	t.child("repeat").sound(t.in.count(), recorded)
	return recorded
}

func readClosed(t table) arrive.Process {
	c := arrive.Closed{Think: program.Constant(0)}
	t.whole("users", &c.Users)
	if think, ok := t.get("think"); ok {
		c.Think = readDistribution(think)
	}
	return c
}
