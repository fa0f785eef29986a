// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"strconv"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/workload"
)

const (
	batchProcessor  = "batch"
	simpleProcessor = "simple"
)

var exportForm = form{name: "export", means: "What the OpenTelemetry SDK of the service does with a span or log record that has ended.", keys: []key{
	{name: "processor", takes: text{[]string{batchProcessor, simpleProcessor}}, initial: "batch; on smol simple", means: "batch collects; simple exports each at once and by itself, and has none of the settings below."},
	{name: "max_queue_size", takes: whole{workload.MostQueued}, initial: strconv.Itoa(workload.BatchExport().MaxQueue), means: "What waits to be exported at most. What ends while that many wait is dropped."},
	{name: "max_export_batch_size", takes: whole{workload.MostQueued}, initial: strconv.Itoa(workload.BatchExport().MaxBatch) + ", or max_queue_size if that is less", means: "The most that one export carries. As soon as that many wait, they are exported."},
	{name: "schedule_delay", takes: request(workload.ShortestDelay), initial: formatDuration(workload.BatchExport().Delay), means: "How long fewer wait."},
	{name: "export_duration", takes: request(0), initial: formatDuration(workload.BatchExport().Duration), means: "How long an export takes. One is under way at a time."},
	lateKey,
}}

// lateKey is the only setting that both processors have.
var lateKey = key{name: "late", takes: ref{"late"}, initial: "none", means: "Exports that arrive late: a share of them, by a duration or a distribution; those of metrics, too."}

var lateForm = form{name: "late", means: "Exports that arrive late, while later ones overtake them.", keys: []key{
	{name: "share", takes: number{0, 1, true}, missing: number{0, 1, true}.words(), means: "Share of the exports that are late."},
	{name: "by", takes: ref{"distribution"}, missing: "a duration or a distribution", means: "How late one of them is."},
}}

// defaultExport is what the runtime's examples set up.
func defaultExport(spec *workload.RuntimeSpec) workload.Export {
	if m := models.ByName(spec.Model); m != nil && m.SimpleExport {
		return workload.SimpleExport()
	}
	return workload.BatchExport()
}

// readExport reads a service's export; what the map leaves out stays as it is.
func readExport(v value, e *workload.Export) {
	t, ok := v.table(&exportForm)
	if !ok {
		return
	}
	switch t.choice("processor") {
	case 0:
		*e = workload.BatchExport()
	case 1:
		*e = workload.SimpleExport()
	}
	if late, ok := t.get(lateKey.name); ok {
		e.Late = readLate(late)
	}
	if e.Simple {
		for _, key := range exportForm.names()[1:] {
			if t.has(key) && key != lateKey.name {
				t.child(key).fail("the simple processor has no such setting; want processor: batch with it")
			}
		}
		return
	}
	t.whole("max_queue_size", &e.MaxQueue)
	t.whole("max_export_batch_size", &e.MaxBatch)
	if e.MaxBatch > e.MaxQueue {
		if t.has("max_export_batch_size") || !t.has("max_queue_size") {
			t.child("max_export_batch_size").refuse("at most max_queue_size")
		} else {
			e.MaxBatch = e.MaxQueue
		}
	}
	t.duration("schedule_delay", &e.Delay)
	t.duration("export_duration", &e.Duration)
}

// readLate reads which exports are late.
func readLate(v value) *workload.Late {
	l := &workload.Late{}
	t, ok := v.table(&lateForm)
	if !ok {
		return l
	}
	t.number("share", &l.Share)
	if by, ok := t.get("by"); ok {
		l.By = readDistribution(by)
	}
	return l
}
