// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Verdicts of load_verify that a scenario can want.
const (
	Pass = "pass"
	Fail = "fail"
	// Unknown: nothing wrong was seen, but something that was expected could not be seen.
	Unknown = "unknown"
)

// Signals are the names of the signals, in the order in which they are shown.
var Signals = semconv.SignalNames[:]

// Counts are the counts of load_verify's report that a scenario can want something of. Those of all runs are added up.
var Counts = []string{
	"sent", "received", "missing", "given_up", "lost", "duplicate", "out_of_order", "corrupt", "beyond", "after_grace",
	"disagreeing", "over_limit", "sources", "ended", "orphans", "incomplete_traces",
	"content_checked", "content_unread", "content_wrong", "content_removed", "content_changed", "content_untouched", "content_added", "content_forbidden",
	"torn_traces",
	"odd_sent", "odd_refused", "odd_received", "odd_changed", "odd_duplicate", "odd_missing",
}

// PartCounts are the counts of a part's own telemetry that a scenario can want something of.
var PartCounts = []string{"offered", "sdk_dropped", "given_up", "received", "refused", "dropped", "traces_dropped", "sent", "send_failed", "enqueue_failed", "queued"}

// faultless are the counts that must be 0 in a run that is not wanted to pass, unless it says otherwise: it fails for what it
// names, and for nothing else.
var faultless = []string{"lost", "duplicate", "corrupt", "beyond", "over_limit", "content_wrong", "odd_missing"}

// Findings of load_verify that have to do with each other.
const (
	maxLoss   = "max_loss"
	endMarker = "end_marker"
)

// Want is what must come out.
type Want struct {
	Verdict string
	// Runs is the number of runs that must have arrived.
	Runs *Amount
	// Findings are the expectations that must not have been met, each at least once, and no others but those that MayFind
	// has. Nil: any.
	Findings, MayFind []string
	// Where has for each signal what one of the places where its items got no further must be: the beginning of how that is said.
	Where map[string]string
	// Signals has for each signal what its counts must be.
	Signals CountsBySignal
	// Parts has for each part and signal what the part must say of itself.
	Parts map[string]CountsBySignal
	// Text is the want as a scenario that has nothing else; empty: the scenario does not say.
	Text string
}

// CountsBySignal are amounts by signal and count.
type CountsBySignal map[string]map[string]Amount

// Amount is the range of a count.
type Amount struct{ Min, Max uint64 }

// Holds tells whether a count is as wanted.
func (a Amount) Holds(n uint64) bool { return n >= a.Min && n <= a.Max }

// String is the amount as a scenario writes it.
func (a Amount) String() string {
	switch {
	case a.Min == a.Max:
		return strconv.FormatUint(a.Min, 10)
	case a == some:
		return "some"
	case a == anything:
		return "any"
	case a.Max == math.MaxUint64:
		return fmt.Sprintf("{min: %d}", a.Min)
	}
	return fmt.Sprintf("{min: %d, max: %d}", a.Min, a.Max)
}

var (
	some     = Amount{1, math.MaxUint64}
	anything = Amount{0, math.MaxUint64}
)

const wantAmount = "a whole number of 0 or more, some, any, or {min: N, max: N}"

// UnmarshalYAML implements yaml.Unmarshaler.
func (a *Amount) UnmarshalYAML(node *yaml.Node) error {
	var n uint64
	if amount, known := map[string]Amount{"some": some, "any": anything}[node.Value]; known {
		*a = amount
		return nil
	}
	if node.Decode(&n) == nil {
		*a = Amount{n, n}
		return nil
	}
	bounds := struct {
		Min uint64  `yaml:"min"`
		Max *uint64 `yaml:"max"`
	}{}
	if node.Kind != yaml.MappingNode || decode(node, "", &bounds) != nil {
		return fmt.Errorf("%s is not allowed; want %s", flow(node), wantAmount)
	}
	*a = Amount{bounds.Min, math.MaxUint64}
	if bounds.Max != nil {
		a.Max = *bounds.Max
	}
	if a.Min > a.Max {
		return fmt.Errorf("%s is not allowed; want min to be at most max", flow(node))
	}
	return nil
}

// wantFile is what is wanted as YAML has it.
type wantFile struct {
	Verdict  string            `yaml:"verdict"`
	Runs     *Amount           `yaml:"runs"`
	Findings []string          `yaml:"findings"`
	MayFind  []string          `yaml:"may_find"`
	Where    map[string]string `yaml:"where"`
	bySignal
	Parts map[string]yaml.Node `yaml:"parts"`
}

// bySignal has a mapping of counts for each signal.
type bySignal struct {
	Traces  yaml.Node `yaml:"traces"`
	Metrics yaml.Node `yaml:"metrics"`
	Logs    yaml.Node `yaml:"logs"`
}

// counts reads the mappings, in which the given names are allowed.
func (f *bySignal) counts(key string, allowed []string) (CountsBySignal, error) {
	result := CountsBySignal{}
	var errs []error
	for i, node := range []*yaml.Node{&f.Traces, &f.Metrics, &f.Logs} {
		if node.IsZero() {
			continue
		}
		counts, err := countsOf(key+"."+Signals[i], node, allowed)
		result[Signals[i]], errs = counts, append(errs, err)
	}
	return result, errors.Join(errs...)
}

func (f *wantFile) want() (Want, error) {
	want := Want{Verdict: f.Verdict, Runs: f.Runs, Findings: f.Findings, MayFind: f.MayFind, Where: f.Where, Parts: map[string]CountsBySignal{}}
	var errs []error
	if verdicts := []string{Pass, Fail, Unknown}; !slices.Contains(verdicts, want.Verdict) {
		errs = append(errs, refused("want.verdict", want.Verdict, "pass, fail or unknown"))
		want.Verdict = Pass
	}
	var err error
	want.Signals, err = f.counts("want", Counts)
	errs = append(errs, err)
	for _, signal := range slices.Sorted(maps.Keys(f.Where)) {
		if !slices.Contains(Signals, signal) {
			errs = append(errs, refused("want.where", fmt.Sprintf("%q", signal), "one of "+strings.Join(Signals, ", ")))
		}
	}
	for _, part := range slices.Sorted(maps.Keys(f.Parts)) {
		key, node, signals := "want.parts."+part, f.Parts[part], bySignal{}
		errs = append(errs, decode(&node, key, &signals))
		want.Parts[part], err = signals.counts(key, PartCounts)
		errs = append(errs, err)
	}
	if len(want.MayFind) > 0 && len(want.Findings) == 0 {
		errs = append(errs, errors.New("want.may_find: not without findings; want at least one that must be there"))
	}
	// With enough lost, an end marker is among it: that is no other reason.
	if slices.Contains(want.Findings, maxLoss) && !slices.Contains(want.Findings, endMarker) {
		want.MayFind = append(want.MayFind, endMarker)
	}
	if want.Verdict != Pass {
		// A failure has a cause that is there; of what is unknown, a count may well be anything.
		said := len(want.Signals)
		if want.Verdict == Fail {
			said = len(want.Signals.list())
		}
		if said+len(want.Findings) == 0 {
			errs = append(errs, fmt.Errorf("want.verdict: %s alone says too little; want a count that must be there too, such as traces: {lost: some}, or findings: [...]", want.Verdict))
		}
		want.addFaultless()
	}
	return want, errors.Join(errs...)
}

func countsOf(key string, node *yaml.Node, allowed []string) (map[string]Amount, error) {
	if node.Kind != yaml.MappingNode {
		return nil, refused(key, flow(node), "a mapping of counts, such as {lost: 0}")
	}
	counts := map[string]Amount{}
	var errs []error
	for i := 0; i < len(node.Content); i += 2 {
		name := node.Content[i].Value
		if !slices.Contains(allowed, name) {
			errs = append(errs, fmt.Errorf("%s: there is no count %q; want one of %s", key, name, strings.Join(allowed, ", ")))
			continue
		}
		var amount Amount
		if err := amount.UnmarshalYAML(node.Content[i+1]); err != nil {
			errs = append(errs, fmt.Errorf("%s.%s: %w", key, name, err))
			continue
		}
		counts[name] = amount
	}
	return counts, errors.Join(errs...)
}

func (w *Want) addFaultless() {
	for _, signal := range Signals {
		if w.Signals[signal] == nil {
			w.Signals[signal] = map[string]Amount{}
		}
		for _, count := range faultless {
			if _, given := w.Signals[signal][count]; !given {
				w.Signals[signal][count] = Amount{}
			}
		}
	}
}

// CompareWhere says which places are not among those where items got no further.
func (w *Want) CompareWhere(places map[string][]string) (wrong []string) {
	for _, signal := range Signals {
		want := w.Where[signal]
		if !slices.ContainsFunc(places[signal], func(place string) bool { return strings.HasPrefix(place, want) }) && want != "" {
			wrong = append(wrong, fmt.Sprintf("where %s went: nowhere like %q", signal, want))
		}
	}
	return wrong
}

// String is what is wanted, in short: of a failing run what is wrong with it.
func (w *Want) String() string {
	var rest []string
	if w.Verdict != Pass {
		rest = w.Signals.list()
	}
	if len(w.Findings) > 0 {
		rest = append(rest, "findings: "+strings.Join(w.Findings, ", "))
	}
	if w.Runs != nil {
		rest = append(rest, "runs: "+w.Runs.String())
	}
	if len(rest) == 0 {
		return w.Verdict
	}
	return w.Verdict + " (" + strings.Join(rest, ", ") + ")"
}

// list is one text for each amount that must not be 0.
func (c CountsBySignal) list() (list []string) {
	for _, signal := range Signals {
		for _, count := range slices.Sorted(maps.Keys(c[signal])) {
			if amount := c[signal][count]; amount.Min > 0 {
				list = append(list, fmt.Sprintf("%s %s: %s", signal, count, amount))
			}
		}
	}
	return list
}

// Compare says which amounts do not hold, of counts that get gives.
func (c CountsBySignal) Compare(prefix string, get func(signal, count string) uint64) (wrong []string) {
	for _, signal := range Signals {
		for _, count := range slices.Sorted(maps.Keys(c[signal])) {
			if is, amount := get(signal, count), c[signal][count]; !amount.Holds(is) {
				wrong = append(wrong, fmt.Sprintf("%s%s %s: %d; want %s", prefix, signal, count, is, amount))
			}
		}
	}
	return wrong
}
