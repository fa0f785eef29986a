package quality

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

var update = flag.Bool("update", false, "rewrite docs/findings.md")

const (
	blocking  = semconv.FindingBlocking
	starved   = semconv.FindingStarved
	neverIdle = semconv.FindingNeverIdle
)

var allFindings = []string{blocking, starved, neverIdle, semconv.FindingWorkerSkew, semconv.FindingHeld}

// troubled services, and what they are like without their trouble: old and new text, in pairs, or runtime and another. What is
// tested says which findings the change makes the difference of.
var troubled = []struct {
	preset string
	cure   []string
	tested []string
}{
	{"blocking_in_async", []string{"block:", "spawn_blocking:"}, []string{blocking, starved}},
	{"noisy_neighbor", []string{"- compute: {lognormal", "- spawn_blocking: {lognormal"}, []string{blocking, starved}},
	{"head_of_line_blocking", []string{"compute: 50ms", "spawn_blocking: 50ms"}, []string{blocking, starved}},
	{"stalled_driver", []string{"compute: 50ms", "spawn_blocking: 50ms"}, []string{blocking}},
	{"no_budget", []string{"runtime", "{model: tokio, worker_threads: 1}"}, []string{blocking, neverIdle}},
	{"all_workers_blocked", []string{"block:", "spawn_blocking:"}, []string{starved}},
	{"block_in_place_burst", []string{", max_blocking_threads: 16", ""}, []string{starved}},
	{"lifo_starvation", []string{"runtime", "{model: tokio, disable_lifo_slot: true}"}, []string{starved}},
	{"remote_work_delayed", []string{", global_queue_interval: 61", ""}, []string{starved}},
	{"spawn_storm", []string{"count: 10000", "count: 100"}, []string{starved}},
	{"thundering_herd", []string{"io: 20ms", "io: {uniform: {min: 20ms, max: 80ms}}"}, []string{starved}},
}

// untroubled services have nothing of what is found: some are well, some wait for other things than a worker.
var untroubled = []string{
	"api_gateway", "background_work", "cli_tool", "data_processing", "traced_stream",
	"blocking_pool_exhaustion", "channel_backpressure", "lock_convoy", "slow_pool_growth", "wake_thrash",
}

// A time is trouble if it is several times what all but one in a hundred spans of the operation have without it, long enough
// for anyone to notice, and a queue wait also one part in so many of the span.
const (
	worse     = 5
	leastPoll = time.Millisecond
	leastWait = 500 * time.Microsecond
	part      = 10
)

// alwaysReady is the operation that never waits, of the preset no_budget, with or without a budget.
const alwaysReady = "drain"

// truth tells which spans a finding is right about.
func truth(finding string, well []played) func(*played) bool {
	switch finding {
	case blocking:
		p99 := usual(well, func(p *played) time.Duration { return p.longestPoll })
		return func(p *played) bool { return p.longestPoll >= max(worse*p99[p.operation], leastPoll) }
	case starved:
		p99 := usual(well, func(p *played) time.Duration { return p.queueWait })
		return func(p *played) bool {
			return p.queueWait >= max(worse*p99[p.operation], leastWait) && p.queueWait*part >= p.duration
		}
	case neverIdle:
		return func(p *played) bool { return p.operation == alwaysReady }
	default:
		return func(*played) bool { return false }
	}
}

// usual is the 99th percentile of each operation.
func usual(spans []played, of func(*played) time.Duration) map[string]time.Duration {
	byOperation := map[string][]time.Duration{}
	for i := range spans {
		byOperation[spans[i].operation] = append(byOperation[spans[i].operation], of(&spans[i]))
	}
	p99 := map[string]time.Duration{}
	for operation, values := range byOperation {
		slices.Sort(values)
		p99[operation] = values[(len(values)-1)*99/100]
	}
	return p99
}

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

func (r *report) heading(s setting) {
	fmt.Fprintf(r, "\n## %s\n\n| service | finding | spans | in trouble | found | right | precision | recall |\n"+
		"| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n", s.name)
}

func (r *report) row(service, finding string, s score) {
	precision, recall := "", ""
	if s.found > 0 {
		precision = fmt.Sprintf("%.3f", s.precision())
	}
	if s.troubled > 0 {
		recall = fmt.Sprintf("%.3f", s.recall())
	}
	fmt.Fprintf(r, "| %s | `%s` | %d | %d | %d | %d | %s | %s |\n", service, finding, s.spans, s.troubled, s.found, s.right, precision, recall)
}

// judge plays all services under a setting and returns the scores by finding.
func judge(t *testing.T, how setting, r *report) map[string]score {
	t.Helper()
	r.heading(how)
	totals := map[string]score{}
	for _, c := range troubled {
		service := serviceOf(t, c.preset)
		sick, well := play(t, service, how), play(t, change(t, service, c.cure), how)
		for _, finding := range c.tested {
			isTrouble := truth(finding, well)
			s := count(sick, finding, isTrouble)
			r.row("`"+c.preset+"`", finding, s)
			control := count(well, finding, isTrouble)
			r.row("`"+c.preset+"` cured", finding, control)
			totals[finding] = totals[finding].add(s).add(control)
		}
	}
	healthy := map[string]score{}
	for _, preset := range untroubled {
		spans := play(t, serviceOf(t, preset), how)
		for _, finding := range allFindings {
			healthy[finding] = healthy[finding].add(count(spans, finding, func(*played) bool { return false }))
		}
	}
	for _, finding := range allFindings {
		r.row("untroubled", finding, healthy[finding])
		totals[finding] = totals[finding].add(healthy[finding])
	}
	for _, finding := range []string{blocking, starved, neverIdle} {
		r.row("**all**", finding, totals[finding])
	}
	return totals
}

var (
	measured = setting{name: "Measured task fields", taskFields: true}
	sharp    = setting{
		name: "Measured task fields, limits of 1 ms", taskFields: true,
		processor: map[string]any{"findings": map[string]any{"long_poll": "1ms", "long_queue_wait": "1ms"}},
	}
	plain = setting{name: "Busy and idle only"}
)

// TestQuality plays all of it, prints how right the findings are, and holds them to it.
func TestQuality(t *testing.T) {
	r := &report{}
	r.WriteString(preface)

	m := judge(t, measured, r)
	assert.GreaterOrEqual(t, m[blocking].precision(), 0.98)
	assert.GreaterOrEqual(t, m[blocking].recall(), 0.99)
	assert.GreaterOrEqual(t, m[starved].precision(), 0.98)
	assert.GreaterOrEqual(t, m[neverIdle].precision(), 0.98)
	assert.GreaterOrEqual(t, m[neverIdle].recall(), 0.7)

	s := judge(t, sharp, r)
	assert.GreaterOrEqual(t, s[starved].recall(), 0.9)
	assert.Greater(t, s[starved].recall(), m[starved].recall(), "that is what lower limits are for")

	p := judge(t, plain, r)
	assert.GreaterOrEqual(t, p[blocking].precision(), 0.98)
	assert.GreaterOrEqual(t, p[blocking].recall(), 0.9)
	assert.Zero(t, p[starved].found, "nobody has measured a queue wait")

	t.Log("\n" + r.String())
	if *update {
		require.NoError(t, os.WriteFile("../../docs/findings.md", []byte(r.String()), 0o644))
	}
}

const preface = `# How right the findings are

Made by ` + "`make quality`" + `. Services whose trouble is known are played by ` + "`synthetic_load`" + ` and judged by ` + "`runtime_stats`" + `, with its defaults
unless a heading says otherwise; the same services with one thing changed (the cure) say what their operations are like without
it. A span is in trouble if its longest poll or its queue wait is five times what 99 % of the spans of its operation have in the
cured service, and at least 1 ms (a poll) or 0.5 ms and a tenth of the span (a queue wait). For ` + "`never_idle`" + ` it is every span of the
operation that drains a full channel. The processor sees neither the cure nor, under "busy and idle only", the measured times that
tell the truth.

Precision: which share of what was found is right. Recall: which share of the trouble was found. Found in a cured or an untroubled
service counts as wrong. The untroubled services include some that wait for other things than a worker: a lock, a channel, the
blocking pool. No simulated service has ` + "`worker_skew`" + ` or spans that are ` + "`held_after_completion`" + `: of these the table says only that they are not
found where they are not.

What to take from it:

- Waits below the limits are not found where all spans of the operation have them (` + "`thundering_herd`" + `: 2 to 5 ms each time). Limits of 1 ms find
  them, at some cost in precision.
- Of spans with busy and idle time alone, long polls are found nearly as well. Queue waits are not found at all: there is nothing to
  find them in. ` + "`otelcol_processor_runtime_stats_queue_wait_spans`" + ` tells that from health.
`
