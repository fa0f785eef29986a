// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/confmap"

	"github.com/runtimelab/otelcol-runtimelab/exporter/loadverifyexporter/internal/content"
	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// SampledConfig is what to expect of a pipeline that drops a share on purpose.
type SampledConfig struct {
	// Ratio of received to sent items.
	Ratio float64 `mapstructure:"ratio"`
	// Tolerance is how far the ratio may be off, either way.
	Tolerance float64 `mapstructure:"tolerance"`
	// Signals that are sampled.
	Signals []string `mapstructure:"signals"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// ClassesConfig is what a pipeline drops on purpose: by the classes that the generator counts.
type ClassesConfig struct {
	// Kept must arrive whole, and nothing else may.
	Kept []string `mapstructure:"kept"`
	// Dropped must not arrive, and all else must.
	Dropped []string `mapstructure:"dropped"`
	// Either may arrive or not.
	Either []string `mapstructure:"either"`
	// Signals that are judged so.
	Signals []string `mapstructure:"signals"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// ContentConfig is what a pipeline is said to do to the content of what it carries. Attributes and fields are named as OTTL names them, such as
// span.attributes["http.route"] or span.events.
type ContentConfig struct {
	// MaxShare is the share of the items sent whose content may be otherwise.
	MaxShare float64 `mapstructure:"max_share"`
	// Removed must not arrive.
	Removed []string `mapstructure:"removed"`
	// Changed must arrive with another value.
	Changed []string `mapstructure:"changed"`
	// MayDiffer may arrive with another value, or not at all.
	MayDiffer []string `mapstructure:"may_differ"`
	// Added is what may arrive beside what was sent; nil: anything.
	Added []string `mapstructure:"added"`
	// Forbidden are patterns in RE2 that no key, value, name or body may match.
	Forbidden []string `mapstructure:"forbidden"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// ExpectConfig is what a run must be like to pass. Shares are of the items sent, of each run and signal.
type ExpectConfig struct {
	// MaxLoss is the share that may be missing.
	MaxLoss float64 `mapstructure:"max_loss"`
	// MaxDuplicates is the share that further copies may make.
	MaxDuplicates float64 `mapstructure:"max_duplicates"`
	// MaxCorrupt is the share that may be changed.
	MaxCorrupt float64 `mapstructure:"max_corrupt"`
	// AllowUnexpected items: without stamps, or with impossible ones.
	AllowUnexpected bool `mapstructure:"allow_unexpected"`
	// LatencyP99 bounds the 99th percentile of the time from an item's end to its arrival; 0: not at all.
	LatencyP99 time.Duration `mapstructure:"latency_p99"`
	// Deadline bounds the time from a run's first arrival to its last end marker; 0: not at all.
	Deadline time.Duration `mapstructure:"deadline"`
	// Verifiers is how many share the audit: each has a part of it, and pipelinetest merge gives the verdict.
	Verifiers int `mapstructure:"verifiers"`
	// Sources is how many each run has, for each signal; 0: any number.
	Sources int `mapstructure:"sources"`
	// Sampled replaces MaxLoss where a pipeline samples.
	Sampled configoptional.Optional[SampledConfig] `mapstructure:"sampled"`
	// Ordered: items of a source arrive in the order in which they were sent.
	Ordered bool `mapstructure:"ordered"`
	// WholeTraces: of a trace all spans arrive, or none.
	WholeTraces bool `mapstructure:"whole_traces"`
	// Consistent replaces MaxLoss of traces where a sampler tells its threshold in the trace state.
	Consistent bool `mapstructure:"consistent"`
	// Classes replaces MaxLoss where a pipeline drops some and keeps others.
	Classes configoptional.Optional[ClassesConfig] `mapstructure:"classes"`
	// Odd is what becomes of items that are odd on purpose. None: they arrive as they were sent, or are refused.
	Odd configoptional.Optional[OddConfig] `mapstructure:"odd"`
	// Content is what may become of what the items have. None: what is stamped must arrive unchanged.
	Content configoptional.Optional[ContentConfig] `mapstructure:"content"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// Config of the exporter.
type Config struct {
	// Expect is what a run must be like to pass.
	Expect ExpectConfig `mapstructure:"expect"`
	// Grace is the time after an end marker after which what is missing is lost.
	Grace time.Duration `mapstructure:"grace"`
	// Interval at which the report is written, state is saved, and status and metrics are brought up to date.
	Interval time.Duration `mapstructure:"interval"`
	// TableInterval is the time between tables of runs that go on; 0: each run has one table, at its end.
	TableInterval time.Duration `mapstructure:"table_interval"`
	// Report is the path of the JSON report; empty: none.
	Report string `mapstructure:"report"`
	// State is what can be merged with that of other verifiers.
	State StateConfig `mapstructure:"state"`
	// Storage extension that keeps the state; nil: a restarted Collector starts anew.
	Storage *component.ID `mapstructure:"storage"`
	// MaxSources of all runs and signals that are audited.
	MaxSources int `mapstructure:"max_sources"`
	// MaxGapMiB is the memory for what is missing.
	MaxGapMiB int `mapstructure:"max_gap_mib"`

	// prevent unkeyed literal initialization
	_ struct{}
}

var (
	_ component.Config  = (*Config)(nil)
	_ confmap.Validator = (*Config)(nil)
)

// Limits of the settings: beyond them a verdict is late, blind or never there, or memory is not bounded.
const (
	minInterval   = 100 * time.Millisecond
	maxInterval   = time.Hour
	maxGrace      = 24 * time.Hour
	maxLatency    = 2 * time.Minute // latencies are told apart up to 137 s
	maxDeadline   = 365 * 24 * time.Hour
	maxShare      = 1000
	maxMaxSources = 1_000_000
	maxMaxGapMiB  = 1 << 16
	maxVerifiers  = 10_000
)

func createDefaultConfig() component.Config {
	limits := audit.DefaultLimits()
	return &Config{
		Expect: ExpectConfig{
			Verifiers: 1,
			Sampled:   configoptional.Default(SampledConfig{Signals: []string{audit.Traces.String()}}), Content: configoptional.Default(ContentConfig{}),
			Odd:     configoptional.Default(OddConfig{}),
			Classes: configoptional.Default(ClassesConfig{Signals: []string{audit.Traces.String()}}),
		},
		State:    defaultState(),
		Grace:    5 * time.Second,
		Interval: 5 * time.Second, MaxSources: limits.Sources, MaxGapMiB: limits.GapBytes >> 20,
	}
}

// Validate reports every mistake, each with its key, its value and what is allowed.
func (c *Config) Validate() error {
	var errs []error
	wrong := func(key string, value any, want string) {
		errs = append(errs, fmt.Errorf("%s: %v is not allowed; want %s", key, value, want))
	}
	e := &c.Expect
	if !(e.MaxLoss >= 0 && e.MaxLoss <= 1) { // NaN is neither
		wrong("expect.max_loss", e.MaxLoss, "0 to 1, a share of the items sent")
	}
	for _, s := range []struct {
		key   string
		value float64
	}{{"expect.max_duplicates", e.MaxDuplicates}, {"expect.max_corrupt", e.MaxCorrupt}} {
		if !(s.value >= 0 && s.value <= maxShare) {
			wrong(s.key, s.value, "0 to 1000, a share of the items sent")
		}
	}
	for _, d := range []struct {
		key             string
		value, from, to time.Duration
		want            string
	}{
		{"expect.latency_p99", e.LatencyP99, 0, maxLatency, "0s (any) to 2m"},
		{"expect.deadline", e.Deadline, 0, maxDeadline, "0s (any) to 8760h"},
		{"grace", c.Grace, 0, maxGrace, "0s to 24h"},
		{"interval", c.Interval, minInterval, maxInterval, "100ms to 1h"},
	} {
		if d.value < d.from || d.value > d.to {
			wrong(d.key, d.value, d.want)
		}
	}
	if c.TableInterval != 0 && (c.TableInterval < minInterval || c.TableInterval > maxGrace) {
		wrong("table_interval", c.TableInterval, "0s (at the end of a run only), or 100ms to 24h")
	}
	if c.MaxSources < 1 || c.MaxSources > maxMaxSources {
		wrong("max_sources", c.MaxSources, "1 to 1000000")
	}
	if e.Sources < 0 || e.Sources > c.MaxSources {
		wrong("expect.sources", e.Sources, fmt.Sprintf("0 (any) to %d, which is max_sources", c.MaxSources))
	}
	if e.Verifiers < 1 || e.Verifiers > maxVerifiers {
		wrong("expect.verifiers", e.Verifiers, "1 to 10000")
	}
	if e.Verifiers > 1 && c.State.File == "" && !c.State.HTTP.HasValue() {
		wrong("expect.verifiers", e.Verifiers, "1, or state.file or state.http too: nobody can merge what nobody can read")
	}
	if n := len(c.State.Verifiers); n > 0 && n != e.Verifiers {
		wrong("state.verifiers", fmt.Sprintf("a list of %d", n), fmt.Sprintf("%d names, as expect.verifiers says", e.Verifiers))
	}
	errs = append(errs, c.State.validate())
	if c.MaxGapMiB < 1 || c.MaxGapMiB > maxMaxGapMiB {
		wrong("max_gap_mib", c.MaxGapMiB, "1 to 65536")
	}
	if e.Consistent && (e.Sampled.HasValue() || e.Classes.HasValue() || e.MaxLoss != 0) {
		errs = append(errs, errors.New("expect.consistent: true is not allowed beside expect.sampled, expect.classes or expect.max_loss; want it alone: it says what may be lost"))
	}
	if e.Classes.HasValue() {
		errs = append(errs, e.Classes.Get().validate())
		if e.Sampled.HasValue() {
			errs = append(errs, errors.New("expect.classes: not allowed beside expect.sampled; want one of them"))
		}
	}
	if e.Odd.HasValue() {
		errs = append(errs, e.Odd.Get().validate())
	}
	if e.Content.HasValue() {
		of := e.Content.Get()
		if !(of.MaxShare >= 0 && of.MaxShare <= maxShare) {
			wrong("expect.content.max_share", of.MaxShare, "0 to 1000, a share of the items sent")
		}
		_, err := of.rules()
		errs = append(errs, err)
	}
	if e.Sampled.HasValue() {
		if e.MaxLoss != 0 {
			wrong("expect.max_loss", e.MaxLoss, "none beside expect.sampled, whose tolerance says it")
		}
		errs = append(errs, e.Sampled.Get().validate())
	}
	return errors.Join(errs...)
}

func (c *ClassesConfig) validate() error {
	var errs []error
	if len(c.Kept)+len(c.Dropped)+len(c.Either) == 0 {
		errs = append(errs, errors.New("expect.classes: {} is not allowed; want kept, or dropped, or either"))
	}
	if len(c.Kept) > 0 && len(c.Dropped) > 0 {
		errs = append(errs, errors.New("expect.classes.kept: not allowed beside expect.classes.dropped; want one of them: all other classes are dropped, or kept"))
	}
	seen := map[string]bool{}
	for i, name := range slices.Concat(c.Kept, c.Dropped, c.Either) {
		if name == "" || seen[name] {
			errs = append(errs, fmt.Errorf("expect.classes: name %d, %q, is not allowed; want each class once", i, name))
		}
		seen[name] = true
	}
	return errors.Join(append(errs, signalsAre("expect.classes.signals", c.Signals))...)
}

// signalsAre tells which names are no signals.
func signalsAre(key string, names []string) error {
	var errs []error
	if len(names) == 0 {
		errs = append(errs, errors.New(key+": [] is not allowed; want some of "+strings.Join(semconv.SignalNames[:], ", ")))
	}
	for i, name := range names {
		if _, known := semconv.SignalNamed(name); !known {
			errs = append(errs, fmt.Errorf("%s[%d]: %q is not allowed; want traces, metrics or logs", key, i, name))
		}
	}
	return errors.Join(errs...)
}

func signalsOf(names []string) (list []audit.Signal) {
	for _, name := range names {
		s, _ := semconv.SignalNamed(name)
		list = append(list, s)
	}
	return list
}

func (s *SampledConfig) validate() error {
	var errs []error
	if !(s.Ratio > 0 && s.Ratio <= 1) {
		errs = append(errs, fmt.Errorf("expect.sampled.ratio: %v is not allowed; want more than 0, at most 1", s.Ratio))
	}
	if !(s.Tolerance >= 0 && s.Tolerance < s.Ratio) {
		errs = append(errs, fmt.Errorf("expect.sampled.tolerance: %v is not allowed; want 0 or more, and less than ratio, or the loss of everything would pass", s.Tolerance))
	}
	errs = append(errs, signalsAre("expect.sampled.signals", s.Signals))
	return errors.Join(errs...)
}

func (c *ContentConfig) rules() (*content.Rules, error) {
	return content.NewRules(content.Said{
		Removed: c.Removed, Changed: c.Changed, MayDiffer: c.MayDiffer, Added: c.Added, Forbidden: c.Forbidden,
	}, "expect.content.")
}

// expectations are those of a valid configuration, and rules what each item is held against when it arrives.
func (e *ExpectConfig) expectations() (x audit.Expectations, rules *content.Rules, err error) {
	x = audit.Expectations{
		MaxLoss: e.MaxLoss, MaxDuplicates: e.MaxDuplicates, MaxCorrupt: e.MaxCorrupt, AllowUnexpected: e.AllowUnexpected,
		LatencyP99: e.LatencyP99, Deadline: e.Deadline, Verifiers: e.Verifiers, Sources: e.Sources, Ordered: e.Ordered, WholeTraces: e.WholeTraces, Consistent: e.Consistent,
	}
	if e.Sampled.HasValue() {
		of := e.Sampled.Get()
		x.Sampled = &audit.Sampled{Ratio: of.Ratio, Tolerance: of.Tolerance, Signals: signalsOf(of.Signals)}
	}
	if e.Classes.HasValue() {
		of := e.Classes.Get()
		x.Classes = &audit.ClassesExpectation{Kept: of.Kept, Dropped: of.Dropped, Either: of.Either, Signals: signalsOf(of.Signals)}
	}
	if e.Odd.HasValue() {
		x.Odd = e.Odd.Get().expectation()
	}
	of := &ContentConfig{}
	if e.Content.HasValue() {
		of = e.Content.Get()
	}
	if rules, err = of.rules(); err != nil {
		return x, nil, err
	}
	if e.Content.HasValue() {
		x.Content = &audit.ContentExpectation{Max: of.MaxShare, Changes: rules.Changes()}
	}
	return x, rules, nil
}

func (c *Config) limits() audit.Limits {
	limits := audit.DefaultLimits()
	limits.Sources, limits.GapBytes = c.MaxSources, c.MaxGapMiB<<20
	return limits
}
