// SPDX-License-Identifier: Apache-2.0

package quality

import (
	_ "embed"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/internal/reality"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// preface is the beginning of docs/findings.md.
//
//go:embed testdata/preface.md
var preface string

var update = flag.Bool("update", false, "rewrite docs/findings.md")

const (
	blocking  = semconv.FindingBlocking
	starved   = semconv.FindingStarved
	skewed    = semconv.FindingWorkerSkew
	neverIdle = semconv.FindingNeverIdle
	held      = semconv.FindingHeld
)

var allFindings = []string{blocking, starved, skewed, neverIdle, held}

// score counts spans: those a finding would be right about, those that have it, and those of both.
type score struct{ spans, troubled, found, right int }

func count(spans []played, finding string, isTrouble func(*played) bool) (s score) {
	for i := range spans {
		p := &spans[i]
		trouble, found := isTrouble(p), p.found[finding]
		s.spans++
		if trouble {
			s.troubled++
		}
		if found {
			s.found++
		}
		if trouble && found {
			s.right++
		}
	}
	return s
}

func (s score) add(o score) score {
	return score{s.spans + o.spans, s.troubled + o.troubled, s.found + o.found, s.right + o.right}
}

// precision is the share of findings that are right; recall that of the trouble that is found. 1 where there is nothing.
func (s score) precision() float64 { return share(s.right, s.found) }
func (s score) recall() float64    { return share(s.right, s.troubled) }

func share(part, whole int) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}

// report is what becomes docs/findings.md.
type report struct{ strings.Builder }

func (r *report) heading(name string) {
	_, _ = fmt.Fprintf(r, "\n## %s\n\n| service | finding | spans | in trouble | found | right | precision | recall |\n"+
		"| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n", name)
}

func (r *report) row(service, finding string, s score) {
	precision, recall := "", ""
	if s.found > 0 {
		precision = fmt.Sprintf("%.3f", s.precision())
	}
	if s.troubled > 0 {
		recall = fmt.Sprintf("%.3f", s.recall())
	}
	_, _ = fmt.Fprintf(r, "| %s | `%s` | %d | %d | %d | %d | %s | %s |\n", service, finding, s.spans, s.troubled, s.found, s.right, precision, recall)
}

// scores are what a finding is worth on a set of services.
type scores struct {
	all, others, untroubled score   // summed over services: all of them, those with another trouble, those without
	tested                  []score // each troubled service, with its cured one
}

// means are those of the tested services, whatever the number of their spans: of precision where anything was found, of recall
// where there is trouble.
func (s *scores) means() (precision, recall float64) {
	finds, troubles := 0, 0
	for _, one := range s.tested {
		if one.found > 0 {
			precision += one.precision()
			finds++
		}
		if one.troubled > 0 {
			recall += one.recall()
			troubles++
		}
	}
	return precision / float64(max(finds, 1)), recall / float64(max(troubles, 1))
}

// means ends a finding's rows.
func (r *report) means(name, finding string, s *scores) {
	precision, recall := s.means()
	text := ""
	if s.all.found > 0 { // else there is none
		text = fmt.Sprintf("%.3f", precision)
	}
	_, _ = fmt.Fprintf(r, "| %s | `%s` | | | | | %s | %.3f |\n", name, finding, text, recall)
}

// judge plays a set of services under a setting and returns the scores by finding.
func judge(t *testing.T, s set, how setting, r *report) map[string]*scores {
	t.Helper()
	by := map[string]*scores{}
	for _, finding := range allFindings {
		by[finding] = &scores{}
	}
	for i := range s.troubled {
		l := &s.troubled[i]
		sick, well := l.play(t, how)
		for _, finding := range allFindings {
			to, tested := by[finding], slices.Contains(l.tested, finding)
			if !tested && evident[finding] == nil {
				continue // the cure says nothing about it
			}
			isTrouble := truth(finding, well)
			of, control := count(sick, finding, isTrouble), count(well, finding, isTrouble)
			both := of.add(control)
			if tested {
				r.row(l.name(), finding, of)
				r.row(l.name()+" cured", finding, control)
				to.tested = append(to.tested, both)
			} else {
				to.others = to.others.add(both)
			}
			to.all = to.all.add(both)
		}
	}
	for i := range s.untroubled {
		spans := play(t, s.untroubled[i].service(t), how, false)
		for _, finding := range allFindings {
			none := count(spans, finding, nothing)
			by[finding].untroubled = by[finding].untroubled.add(none)
			by[finding].all = by[finding].all.add(none)
		}
	}
	for _, finding := range allFindings {
		of := by[finding]
		if of.others.spans > 0 {
			r.row("with other trouble", finding, of.others)
		}
		r.row("untroubled", finding, of.untroubled)
		r.row("**all**", finding, of.all)
		r.means("**mean of the troubled**", finding, of)
	}
	return by
}

// floor is what a finding has to be worth: over all spans, and as the mean of the troubled services, whatever the number of their
// spans.
type floor struct{ precision, recall, meanPrecision, meanRecall float64 }

// runs are the tables of the report, and what is held in each: a little less than was measured, since what lies at a limit moves with
// every change of a model. A finding without a floor must not be found at all.
var runs = []struct {
	name       string
	set        set
	taskFields bool           // of the services' spans
	processor  map[string]any // configuration
	floors     map[string]floor
}{
	{
		name: "Measured task fields", set: tuned, taskFields: true,
		floors: map[string]floor{
			blocking:  {0.99, 0.99, 0.99, 0.99},
			starved:   {0.99, 0.97, 0.99, 0.83},
			skewed:    {0.99, 0.97, 0.99, 0.97},
			neverIdle: {0.99, 0.39, 0.99, 0.39},
			held:      {0.99, 0.97, 0.99, 0.97},
		},
	},
	{
		name: "Measured task fields, varied", set: varied, taskFields: true,
		floors: map[string]floor{
			blocking:  {0.87, 0.57, 0.89, 0.74},
			starved:   {0.87, 0.97, 0.91, 0.83},
			skewed:    {0.97, 0.52, 0.97, 0.52},
			neverIdle: {0.96, 0.40, 0.97, 0.40},
			held:      {0.97, 0.97, 0.97, 0.97},
		},
	},
	{
		name: "Measured task fields, held out", set: heldOut, taskFields: true,
		floors: map[string]floor{
			blocking:  {0.82, 0.60, 0.87, 0.78},
			starved:   {0.71, 0.97, 0.75, 0.86},
			skewed:    {0.97, 0.97, 0.97, 0.97},
			neverIdle: {0.52, 0.40, 0.97, 0.40},
			held:      {0.97, 0.95, 0.97, 0.95},
		},
	},
	{
		name: "Measured task fields, limits of 1 ms", set: tuned, taskFields: true,
		processor: map[string]any{"findings": map[string]any{"long_poll": "1ms", "long_queue_wait": "1ms"}},
		floors: map[string]floor{
			blocking:  {0.95, 0.99, 0.87, 0.99},
			starved:   {0.99, 0.98, 0.89, 0.97},
			skewed:    {0.99, 0.97, 0.99, 0.97},
			neverIdle: {0.05, 0.39, 0.99, 0.39},
			held:      {0.97, 0.99, 0.97, 0.99},
		},
	},
	{
		name: "Busy and idle only", set: tuned,
		floors: map[string]floor{
			blocking: {0.99, 0.54, 0.99, 0.26},
			held:     {0.99, 0.97, 0.99, 0.97},
		},
	},
	{
		name: "Busy and idle only, varied", set: varied,
		floors: map[string]floor{
			blocking: {0.93, 0.37, 0.85, 0.29},
			held:     {0.97, 0.97, 0.97, 0.97},
		},
	},
	{
		name: "Busy and idle only, held out", set: heldOut,
		floors: map[string]floor{
			blocking: {0.84, 0.30, 0.83, 0.30},
			held:     {0.97, 0.95, 0.97, 0.95},
		},
	},
}

// TestQuality plays all of it, prints how right the findings are, and holds them to it.
func TestQuality(t *testing.T) {
	if raceDetector { // ten times slower; make test runs it without
		t.Skip("takes some minutes")
	}
	r := &report{}
	r.WriteString(preface)
	for _, run := range runs {
		r.heading(run.name)
		for finding, s := range judge(t, run.set, setting{run.taskFields, run.processor}, r) {
			least, expected := run.floors[finding]
			if !expected {
				assert.Zero(t, s.all.found, "%s: %s: nobody has measured what it rests on", run.name, finding)
				continue
			}
			meanPrecision, meanRecall := s.means()
			assert.GreaterOrEqual(t, s.all.precision(), least.precision, "%s: %s: precision", run.name, finding)
			assert.GreaterOrEqual(t, s.all.recall(), least.recall, "%s: %s: recall", run.name, finding)
			assert.GreaterOrEqual(t, meanPrecision, least.meanPrecision, "%s: %s: mean precision", run.name, finding)
			assert.GreaterOrEqual(t, meanRecall, least.meanRecall, "%s: %s: mean recall", run.name, finding)
		}
	}
	r.playAllQuotas(t)
	t.Log("\n" + r.String())
	if *update {
		section, err := reality.Section("../../docs/findings.md") // which `make real` has written
		require.NoError(t, err)
		r.WriteString(section)
		require.NoError(t, os.WriteFile("../../docs/findings.md", []byte(r.String()), 0o644))
	}
}

// TestRunsRepeat: a report that differs from the one before tells of a change. The service is one whose last tasks outlive the
// arrivals for long.
func TestRunsRepeat(t *testing.T) {
	if raceDetector {
		t.Skip("takes long")
	}
	service := serviceOf(t, "blocking_pool_exhaustion")
	first := play(t, service, setting{taskFields: true}, false)
	assert.Equal(t, first, play(t, service, setting{taskFields: true}, false))
}

// TestPreface: docs/findings.md begins with the words of today. Its figures take minutes: make quality.
func TestPreface(t *testing.T) {
	text, err := os.ReadFile("../../docs/findings.md")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(text), preface), "stale: run `make quality`")
}
