// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// The same spans in the same order get the same findings, wherever an SDK cuts its batches.
func TestBatchingDoesNotMatter(t *testing.T) {
	random := rand.New(rand.NewPCG(41, 42))
	found := 0
	for name, all := range inOrder(captures(t)) {
		want := hints(t, newTestProcessor(t, nil), pack(all, inOne))
		for _, list := range want {
			found += len(list)
		}
		for how, where := range map[string]func() cut{
			"one span a request":       func() cut { return newRequest },
			"a ResourceSpans for each": func() cut { return newResource },
			"cut at random":            func() cut { return cut(max(0, random.IntN(30)-27)) },
		} {
			require.Equal(t, want, hints(t, newTestProcessor(t, nil), pack(all, where)), "%s, %s", name, how)
		}
	}
	assert.Greater(t, found, 50)
}

// In any other order less is found, and nothing that is wrong, once the process has shown that it does not keep to the order: its first
// requests look like those of any other process.
func TestDisorderFindsNothingWrong(t *testing.T) {
	random := rand.New(rand.NewPCG(43, 44))
	shuffle := func(some []int) { random.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] }) }
	disorders := []struct {
		name string
		mix  func([]int)
	}{
		{"shuffled", shuffle},
		{"reversed", slices.Reverse[[]int]},
		{"every two swapped", func(all []int) { eachFew(all, 2, slices.Reverse[[]int]) }},
		{"every hundred shuffled", func(all []int) { eachFew(all, 100, shuffle) }},
		{"batches swapped", func(all []int) {
			eachFew(all, 200, func(two []int) { copy(two, slices.Concat(two[len(two)/2:], two[:len(two)/2])) })
		}},
	}
	for name, all := range inOrder(captures(t)) {
		r := newReality(t, all)
		for _, disorder := range disorders {
			order := make([]int, len(all))
			for i := range order {
				order[i] = i
			}
			disorder.mix(order)
			mixed := make([]sent, len(all))
			for i, at := range order {
				mixed[i] = all[at]
			}
			p := newTestProcessor(t, nil)
			process(t, p, childAfterParent(all[0]))
			for i, list := range hints(t, p, pack(mixed, inOne)) {
				for _, finding := range list {
					assert.True(t, r.right(order[i], finding), "%s, %s: %s on %s", name, disorder.name, finding, mixed[i].span.Name())
				}
			}
		}
	}
}

// eachFew calls change for every few of all, and for those left over.
func eachFew(all []int, few int, change func([]int)) {
	for some := range slices.Chunk(all, few) {
		change(some)
	}
}

// reality is what is known of the spans of a capture.
type reality struct {
	all      []sent
	byID     map[pcommon.SpanID]int
	ordered  []map[string]bool // found on each, in order, and when the process was known well
	culprits map[string]bool   // names of spans with long polls
}

func newReality(t *testing.T, all []sent) *reality {
	t.Helper()
	r := &reality{all, map[pcommon.SpanID]int{}, make([]map[string]bool, len(all)), map[string]bool{}}
	p := newTestProcessor(t, nil)
	for n := range 3 {
		for i, list := range hints(t, p, pack(again(all, n), inOne)) {
			if n == 0 {
				r.byID[all[i].span.SpanID()] = i
				r.ordered[i] = map[string]bool{}
			}
			for _, finding := range list {
				r.ordered[i][finding] = true
			}
			if r.ordered[i][semconv.FindingBlocking] {
				r.culprits[heldUpBy+all[i].span.Name()] = true
			}
		}
	}
	return r
}

// right reports whether a finding is right about a span: it was found in order, too, or what the spans say of one another proves it.
func (r *reality) right(i int, finding string) bool {
	if r.ordered[i][finding] || r.culprits[finding] {
		return true
	}
	span := r.all[i].span
	if truth, ok := span.Attributes().Get("truth.finding"); ok && truth.Str() == finding {
		return true
	}
	switch finding {
	case semconv.FindingHeldUp: // the culprit came before, this time
		held, ok := span.Attributes().Get("truth.held_up_ns")
		return ok && held.Int() >= int64(ms/2)
	case semconv.FindingGuard: // the processor knew the operation better, this time
		for up, there := i, true; there; up, there = r.byID[r.all[up].span.ParentSpanID()] {
			if truth, ok := r.all[up].span.Attributes().Get("truth.finding"); r.ordered[up][finding] || ok && truth.Str() == finding {
				return true
			}
		}
	case semconv.FindingOutlives: // its ancestors had come, this time
		up, there := r.byID[span.ParentSpanID()]
		for top := up; there; top, there = r.byID[r.all[top].span.ParentSpanID()] {
			up = top
		}
		return span.EndTimestamp() >= r.all[up].span.EndTimestamp()+pcommon.Timestamp(ms)
	}
	return false
}

// childAfterParent returns a request with a parent that ends after its child, and comes before it.
func childAfterParent(like sent) ptrace.Traces {
	request := pack([]sent{like, like}, inOne)[0]
	two := spansOf([]ptrace.Traces{request})
	for i := range two {
		two[i].span.SetSpanID(pcommon.SpanID{byte(i + 1)})
		two[i].span.SetParentSpanID(pcommon.SpanID{byte(i)})
		two[i].span.SetEndTimestamp(like.span.EndTimestamp() - pcommon.Timestamp(i))
	}
	return request
}

const heldUpBy = "held up by "

// hints returns what a processor finds on each span of requests.
func hints(t *testing.T, p *statsProcessor, requests []ptrace.Traces) (found [][]string) {
	t.Helper()
	for _, traces := range requests {
		process(t, p, traces)
	}
	for _, s := range spansOf(requests) {
		var list []string
		for _, finding := range findingsOf(s.span) {
			list = append(list, finding.(string))
		}
		if by, ok := s.span.Attributes().Get(semconv.HeldUpBy); ok {
			list = append(list, heldUpBy+by.Str())
		}
		found = append(found, list)
	}
	return found
}

// inOrder returns the spans of each capture, by the names of the captures in order, so that chance is the same each time.
func inOrder(captures map[string][]ptrace.Traces) func(func(string, []sent) bool) {
	return func(yield func(string, []sent) bool) {
		for _, name := range slices.Sorted(maps.Keys(captures)) {
			if !yield(name, spansOf(captures[name])) {
				return
			}
		}
	}
}
