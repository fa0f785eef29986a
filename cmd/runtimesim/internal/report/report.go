// SPDX-License-Identifier: Apache-2.0

// Package report shows what a simulation showed: as a table to read, or as JSON whose schema docs/runtimesim.md describes.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/simulate"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
	"github.com/runtimelab/otelcol-runtimelab/internal/texttable"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// Run is the JSON object of one run. Its keys and their meanings are a contract: docs/runtimesim.md.
type Run struct {
	Runtime string `json:"runtime"`
	Version string `json:"version"`
	Flavor  string `json:"flavor,omitempty"`
	Workers int    `json:"workers"`
	Seed    uint64 `json:"seed"`
	Cost    string `json:"cost"`

	Tasks       uint64  `json:"tasks"`
	Shed        uint64  `json:"shed"`
	WarmupTasks uint64  `json:"warmup_tasks"`
	Partial     bool    `json:"partial"`
	VirtualS    float64 `json:"virtual_s"`
	WallS       float64 `json:"wall_s"`

	ThroughputPerS float64       `json:"throughput_per_s"`
	Utilization    float64       `json:"utilization"`
	QueueWait      Durations     `json:"queue_wait_ns"`
	Latency        Durations     `json:"latency_ns"`
	QuantileError  float64       `json:"quantile_error"`
	Operations     []Operation   `json:"operations"`
	Counters       CountersTotal `json:"counters"`
	Host           *Host         `json:"host,omitempty"`

	pollsPerPark float64
	unfinished   uint64
}

// Operation is what the requests of one operation met.
type Operation struct {
	Name        string    `json:"name"`
	Tasks       uint64    `json:"tasks"`
	WarmupTasks uint64    `json:"warmup_tasks"`
	QueueWait   Durations `json:"queue_wait_ns"`
	Latency     Durations `json:"latency_ns"`
}

// Durations are statistics of durations in nanoseconds.
type Durations struct {
	Mean float64 `json:"mean"`
	P50  int64   `json:"p50"`
	P90  int64   `json:"p90"`
	P95  int64   `json:"p95"`
	P99  int64   `json:"p99"`
	P999 int64   `json:"p999"`
	Max  int64   `json:"max"`
}

// CountersTotal are the runtime's counters of the whole run, over all workers, under the names of tokio-metrics, and what
// tokio-metrics does not count: LIFO polls and finished tasks.
type CountersTotal struct {
	Polls           uint64 `json:"total_polls_count"`
	LIFOPolls       uint64 `json:"total_lifo_polls_count"`
	Parks           uint64 `json:"total_park_count"`
	Noops           uint64 `json:"total_noop_count"`
	Steals          uint64 `json:"total_steal_count"`
	StealOperations uint64 `json:"total_steal_operations"`
	RemoteSchedules uint64 `json:"num_remote_schedules"`
	LocalSchedules  uint64 `json:"total_local_schedule_count"`
	Overflows       uint64 `json:"total_overflow_count"`
	ForcedYields    uint64 `json:"budget_forced_yield_count"`
	BusyNS          int64  `json:"total_busy_duration"`
	Spawned         uint64 `json:"spawned_tasks_count"`
	Finished        uint64 `json:"finished_tasks_count"`
}

// NewRun describes the result of a run. cost is what the user asked for.
func NewRun(s *simulate.Scenario, cost string, r *simulate.Result) *Run {
	total := r.Total()
	return &Run{
		Runtime: s.Service.Runtime.Model,
		Version: s.Service.Runtime.Version,
		Flavor:  flavorOf(&s.Service.Runtime),
		Workers: r.Workers,
		Seed:    s.Seed(),
		Cost:    cost,

		Tasks:       r.Finished,
		Shed:        r.Shed,
		WarmupTasks: r.Finished - r.Latency.Count(),
		Partial:     r.Partial,
		VirtualS:    r.Virtual.Duration().Seconds(),
		WallS:       r.Wall.Seconds(),

		ThroughputPerS: r.Throughput(),
		Utilization:    r.Utilization(),
		QueueWait:      durations(&r.QueueWait),
		Latency:        durations(&r.Latency),
		QuantileError:  r.Latency.QuantileError(),
		Operations:     operations(r),
		Counters: CountersTotal{
			Polls:           total.Polls,
			LIFOPolls:       total.LIFOPolls,
			Parks:           total.Parks,
			Noops:           total.Noops,
			Steals:          total.Steals,
			StealOperations: total.StealOperations,
			RemoteSchedules: r.Counters.RemoteSchedules,
			LocalSchedules:  total.LocalSchedules,
			Overflows:       total.Overflows,
			ForcedYields:    r.Counters.ForcedYields,
			BusyNS:          int64(total.Busy),
			Spawned:         r.Counters.Spawned,
			Finished:        r.Counters.Finished,
		},
		Host:         hostOf(&s.Service.Runtime, r),
		pollsPerPark: r.PollsPerPark(),
		unfinished:   r.Arrived - r.Finished - r.Shed,
	}
}

func operations(r *simulate.Result) []Operation {
	all := make([]Operation, len(r.Operations))
	for i, o := range r.Operations {
		all[i] = Operation{
			Name: o.Name, Tasks: o.Finished, WarmupTasks: o.Finished - o.Latency.Count(),
			QueueWait: durations(o.QueueWait), Latency: durations(o.Latency),
		}
	}
	return all
}

func durations(s *simulate.Summary) Durations {
	return Durations{
		Mean: s.Mean(),
		P50:  s.Quantile(0.5),
		P90:  s.Quantile(0.9),
		P95:  s.Quantile(0.95),
		P99:  s.Quantile(0.99),
		P999: s.Quantile(0.999),
		Max:  s.Max(),
	}
}

// WriteJSON writes one JSON object and a newline.
func WriteJSON(w io.Writer, object any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(object)
}

// RuntimeName is how headings call a runtime.
func RuntimeName(spec *workload.RuntimeSpec) string {
	name := spec.Model
	if spec.Version != "" {
		name += " " + spec.Version
	}
	if flavor := flavorOf(spec); flavor != "" {
		name += " (" + flavor + ")"
	}
	return name
}

// flavorOf is the flavor of a runtime, if it is not the one that the runtime has by default.
func flavorOf(spec *workload.RuntimeSpec) string {
	if m := models.ByName(spec.Model); m != nil && spec.Flavor != m.Config().Flavor {
		return spec.Flavor
	}
	return ""
}

// Write shows one run.
func (r *Run) Write(w io.Writer, heading string) error {
	out := &printer{w: w}
	out.line(heading)
	out.line("")
	r.caveats(out, "")
	out.table(texttable.Right,
		[]string{"", "mean", "p50", "p90", "p95", "p99", "p999", "max"},
		append([]string{"queue wait"}, r.cells(&r.QueueWait)...),
		append([]string{"latency"}, r.cells(&r.Latency)...),
	)
	out.line("")
	r.writeOperations(out)
	rows := make([][]string, 0, len(figures))
	for _, f := range figures {
		rows = append(rows, append([]string{f.name}, f.of(r)...))
	}
	rows = append(rows, r.Host.rows()...)
	out.table(texttable.Left, rows...)
	return out.err
}

// caveats says what a reader must know before believing the figures; of names the run if there are several.
func (r *Run) caveats(out *printer, of string) {
	if of != "" {
		of += ": "
	}
	if r.Partial {
		out.line(fmt.Sprintf("%spartial: the run ended early; requests in flight: %s", of, format.Count(r.unfinished)))
		out.line("")
	}
	if r.Shed > 0 {
		out.line(fmt.Sprintf("%sturned away: %s requests, which came while as many as max_in_flight were in flight", of, format.Count(r.Shed)))
		out.line("")
	}
	if r.noDurations() {
		out.line(of + "no request finished after the warm-up: there are no durations")
		out.line("")
	}
	if r.QuantileError > 0 {
		out.line(fmt.Sprintf("%squantiles are exact to %s; those below 1.02µs are given as 512ns", of, format.Share(r.QuantileError)))
		out.line("")
	}
}

// noDurations: no request finished after the warm-up.
func (r *Run) noDurations() bool { return r.WarmupTasks == r.Tasks }

// cells are the statistics of durations; dashes, if there are no durations.
func (r *Run) cells(d *Durations) []string {
	values := []int64{int64(d.Mean + 0.5), d.P50, d.P90, d.P95, d.P99, d.P999, d.Max}
	cells := make([]string, len(values))
	for i, v := range values {
		if cells[i] = format.Duration(v); r.noDurations() {
			cells[i] = "-"
		}
	}
	return cells
}

// figures are the rows below the durations: the value, and what explains it.
var figures = []struct {
	name string
	of   func(r *Run) []string
}{
	{"requests", func(r *Run) []string {
		return []string{format.Count(r.Tasks), format.Count(r.WarmupTasks) + " of them warm-up, not in the durations above"}
	}},
	{"throughput", func(r *Run) []string { return []string{format.Rate(r.ThroughputPerS) + "/s"} }},
	{"utilization", func(r *Run) []string {
		return []string{format.Share(r.Utilization), fmt.Sprintf("of %d workers", r.Workers)}
	}},
	{"steals", func(r *Run) []string {
		return []string{format.Count(r.Counters.Steals), "in " + format.Count(r.Counters.StealOperations) + " operations"}
	}},
	{"parks", func(r *Run) []string {
		return []string{format.Count(r.Counters.Parks), format.Count(r.Counters.Noops) + " without a poll since the one before"}
	}},
	{"polls per park", func(r *Run) []string { return []string{format.Rate(r.pollsPerPark)} }},
	{"virtual time", func(r *Run) []string { return []string{format.Seconds(r.VirtualS)} }},
	{"wall time", func(r *Run) []string {
		return []string{format.Seconds(r.WallS), format.Rate(float64(r.Counters.Finished)/max(r.WallS, 1e-9)) + " tasks/s simulated"}
	}},
}

// WriteComparison shows runs side by side, a column each.
func WriteComparison(w io.Writer, heading string, names []string, runs []*Run) error {
	out := &printer{w: w}
	out.line(heading)
	out.line("")
	for i, r := range runs {
		r.caveats(out, names[i])
	}
	row := func(name string, cell func(r *Run) string) []string {
		cells := []string{name}
		for _, r := range runs {
			cells = append(cells, cell(r))
		}
		return cells
	}
	rows := [][]string{slices.Concat([]string{""}, names)}
	for _, c := range comparison {
		rows = append(rows, row(c.name, c.of))
	}
	rows = append(rows, compareHosts(runs)...)
	out.table(texttable.Right, rows...)
	compareOperations(out, names, runs)
	return out.err
}

// compareHosts are the rows of several runs: those that any of them has.
func compareHosts(runs []*Run) (rows [][]string) {
	for _, f := range hostFigures {
		row, has := []string{f.name}, false
		for _, r := range runs {
			value := ""
			if r.Host != nil {
				value, _ = f.of(r.Host)
			}
			row, has = append(row, value), has || value != ""
		}
		if has {
			rows = append(rows, row)
		}
	}
	return rows
}

var comparison = []struct {
	name string
	of   func(r *Run) string
}{
	{"version", func(r *Run) string { return r.Version }},
	{"workers", func(r *Run) string { return format.Count(uint64(r.Workers)) }},
	{"requests", func(r *Run) string { return format.Count(r.Tasks) }},
	{"throughput", func(r *Run) string { return format.Rate(r.ThroughputPerS) + "/s" }},
	{"utilization", func(r *Run) string { return format.Share(r.Utilization) }},
	{"queue wait mean", func(r *Run) string { return r.cells(&r.QueueWait)[0] }},
	{"queue wait p50", func(r *Run) string { return r.cells(&r.QueueWait)[1] }},
	{"queue wait p99", func(r *Run) string { return r.cells(&r.QueueWait)[4] }},
	{"queue wait p999", func(r *Run) string { return r.cells(&r.QueueWait)[5] }},
	{"queue wait max", func(r *Run) string { return r.cells(&r.QueueWait)[6] }},
	{"latency mean", func(r *Run) string { return r.cells(&r.Latency)[0] }},
	{"latency p50", func(r *Run) string { return r.cells(&r.Latency)[1] }},
	{"latency p99", func(r *Run) string { return r.cells(&r.Latency)[4] }},
	{"latency p999", func(r *Run) string { return r.cells(&r.Latency)[5] }},
	{"latency max", func(r *Run) string { return r.cells(&r.Latency)[6] }},
	{"steals", func(r *Run) string { return format.Count(r.Counters.Steals) }},
	{"parks", func(r *Run) string { return format.Count(r.Counters.Parks) }},
	{"polls per park", func(r *Run) string { return format.Rate(r.pollsPerPark) }},
	{"virtual time", func(r *Run) string { return format.Seconds(r.VirtualS) }},
	{"wall time", func(r *Run) string { return format.Seconds(r.WallS) }},
}
