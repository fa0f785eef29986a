// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"cmp"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	services "github.com/runtimelab/otelcol-runtimelab/internal/reality"
	"github.com/runtimelab/otelcol-runtimelab/internal/texttable"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/explain"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
)

var (
	kept  = flag.String("kept", "", "judge what make real KEEP=folder has kept in this folder, instead of the captures")
	known = flag.Bool("known", false, "judge spans of processes that have sent as many before")
)

// explained are the findings of which each span that misses one must be told why.
var explained = []findings.Kind{findings.BlockingSuspected, findings.NeverIdle, findings.GuardAcrossAwait, findings.HeldUp}

// TestMissed prints why spans of real services do not have the findings that they have earned; docs/real.md has the table of full runs.
// Services that are held out are left out: nobody is to make rules by what they miss.
func TestMissed(t *testing.T) {
	counts := map[[3]string]int{} // by finding, service and reason
	for i := range services.Services {
		service := &services.Services[i]
		if service.HeldOut {
			continue
		}
		spans, whys := explainAll(t, service)
		for _, miss := range services.Judge(spans, service.Named).Misses {
			kind := findings.Kind(slices.Index(findings.Names[:], miss.Finding))
			if !slices.Contains(explained, kind) {
				continue
			}
			why := whys[miss.Span.ID][kind]
			assert.NotEqual(t, explain.NoReason, why, "%s: %s: %s", service.Name, miss.Span.Name, miss.Finding)
			reason := why.String()
			if miss.CulpritLater {
				reason = "the span of the culprit came later; " + reason
			}
			counts[[3]string{miss.Finding, service.Name, reason}]++
			counts[[3]string{miss.Finding, "**all**", reason}]++
		}
	}
	rows := [][]string{{"finding", "service", "spans", "why it has no such finding"}}
	for _, key := range slices.SortedFunc(maps.Keys(counts), func(a, b [3]string) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]), counts[b]-counts[a], cmp.Compare(a[2], b[2]))
	}) {
		rows = append(rows, []string{key[0], key[1], strconv.Itoa(counts[key]), key[2]})
	}
	var table strings.Builder
	require.NoError(t, texttable.Write(&table, texttable.Left, rows...))
	t.Log("\n" + table.String())
}

// explainAll plays what a service sent, and returns its spans, and why each has not what it has not.
func explainAll(t *testing.T, service *services.Service) (spans []services.Span, whys map[pcommon.SpanID][findings.NumKinds]explain.Reason) {
	t.Helper()
	path := filepath.Join("..", "..", "reference", "captures", service.File()+".jsonl.gz")
	if *kept != "" {
		path = filepath.Join(*kept, service.File(), services.RawFile)
		if _, err := os.Stat(path); os.IsNotExist(err) {
			return nil, nil
		}
	}
	requests, err := services.ReadRequests(path)
	require.NoError(t, err)
	all, p := spansOf(requests), newTestProcessor(t, nil)
	if *known {
		explainEach(t, p, pack(all, inOne)[0])
		all = again(all, 1)
	}
	traces := pack(all, inOne)[0]
	whys = explainEach(t, p, traces)
	return services.Read(nil, traces), whys
}

// explainEach does what processTraces does, and keeps what that throws away.
func explainEach(t *testing.T, p *statsProcessor, traces ptrace.Traces) map[pcommon.SpanID][findings.NumKinds]explain.Reason {
	t.Helper()
	whys := map[pcommon.SpanID][findings.NumKinds]explain.Reason{}
	var counts tally
	for _, resource := range traces.ResourceSpans().All() {
		r := newResourceState(t.Context(), resource, &p.key, p.rules, p.windows, p.join)
		r.process.Lock()
		r.listen(resource)
		for _, scope := range resource.ScopeSpans().All() {
			names := r.names.InScope(scope.Scope().Name())
			for _, span := range scope.Spans().All() {
				p.processSpan(r, &names, span, &counts)
				whys[span.SpanID()] = r.annotation.findings.Why
			}
		}
		r.process.Unlock()
	}
	return whys
}
