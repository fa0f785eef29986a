// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/collector/component"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/latency"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

var _ component.Config = (*Config)(nil)

// The entries of `key` that stand for a property of the span rather than for an attribute.
const (
	keySpanName = "span.name"
	keySpanKind = "span.kind"
)

// The values of `window.mode`.
const (
	ModeDecay   = "decay"
	ModeSliding = "sliding"
)

// tickInterval is how often the windows fade, and so how far a verdict lags behind.
const tickInterval = time.Second

// A slice of a sliding window, a sixth of it, must not end more often than the windows tick.
const (
	minLength        = tickInterval
	minSlidingLength = 6 * tickInterval
)

// Upper bounds. Beyond them a setting takes more than a Collector has, or it is a slip of the unit.
const (
	maxKeyEntries  = 32                 // of which up to 256 bytes each stay in memory for every resource
	maxKeys        = 100_000            // 1.2 to 4.3 GB, and half a second of every second's tick
	maxLength      = 7 * 24 * time.Hour // operations follow the day and the week; nothing older is like the present
	maxMinCount    = 1_000_000
	maxRatio       = 1_000
	maxMinDuration = time.Hour
)

// Config configures the runtime_stats processor.
type Config struct {
	// Key says which spans are compared with each other: those that agree in every entry. An entry is `span.name`,
	// `span.kind` or the name of an attribute, of the span or of its resource. More entries compare like with like more strictly, but each key
	// needs MinCount spans of its own and memory, see MaxKeys. Never use what is unique to a request, such as a URL with ids in it.
	Key []string `mapstructure:"key"`

	// MaxKeys is how many keys are kept at a time, at 13 KB each (with ModeSliding 14 to 22 KB, at most 44). Spans of any further key get no latency attributes and
	// are counted, until keys without traffic make room.
	MaxKeys int `mapstructure:"max_keys"`

	// Window says which spans a span is compared with.
	Window WindowConfig `mapstructure:"window"`

	// MinCount is how many spans a window must hold before it judges. A window that would have fewer keeps older ones, up to an
	// hour: operations with fewer spans in an hour are never judged. Lowering it judges rarer operations, and reacts sooner to
	// those of a few spans a minute, by fewer examples.
	MinCount int `mapstructure:"min_count"`

	// Classes says where the classes of latency begin.
	Classes ClassesConfig `mapstructure:"classes"`

	// Overwrite replaces derived attributes that a span already carries, for instance from a Collector closer to the
	// service. That Collector has seen less but knows its host better, so by default they stay.
	Overwrite bool `mapstructure:"overwrite"`

	// LatencyCategory also writes latency.category on outliers, in the words of the rolling_span_latency processor: slow, or
	// very_slow if extreme. It lets what reads those words stay as it is, for one more attribute on an outlier.
	LatencyCategory bool `mapstructure:"latency_category"`

	// Storage is the id of a storage extension that keeps the windows over a restart. Without one, every restart begins with
	// a warm-up of MinCount spans per key.
	Storage *component.ID `mapstructure:"storage"`
	// Runtimes name the runtime of spans that do not give it away, or wrongly. The first entry that matches decides.
	Runtimes []RuntimeConfig `mapstructure:"runtimes"`

	// DropSourceAttributes removes from every span what the tracing layer wrote and this processor has read: busy_ns,
	// idle_ns, thread.*, code.* and target. They make up a third of a span and are seldom looked at; but who wants to check
	// this processor's numbers needs them.
	DropSourceAttributes bool `mapstructure:"drop_source_attributes"`

	// Join says how spans are seen in the light of their runtime's metrics, where this processor stands in a pipeline of
	// metrics too.
	Join JoinConfig `mapstructure:"join"`

	// Findings says what is looked for in the times of a span.
	Findings FindingsConfig `mapstructure:"findings"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// WindowConfig says which spans a span is compared with.
type WindowConfig struct {
	// Mode says how spans leave the window. ModeDecay: they fade, one that is t old counts exp(-t/Length). ModeSliding: each
	// counts in full and is gone after Length at the latest, in steps of Length/6. Fading has no steps and takes less memory;
	// sliding says exactly which spans were compared, and forgets a disturbance entirely.
	Mode string `mapstructure:"mode"`

	// Length is how long spans are remembered, if there are enough (see MinCount): their mean age is Length when they fade, Length/2 when they slide. A span
	// that comes later than Length after its end is judged but not added. Raising it gives steadier classes, and outliers
	// for longer after an operation has become slower; lowering it makes a slowdown normal sooner.
	Length time.Duration `mapstructure:"length"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// ClassesConfig says where the classes of latency begin, as quantiles of a key's window.
type ClassesConfig struct {
	// Elevated is the quantile above which a span is elevated.
	Elevated float64 `mapstructure:"elevated"`

	// Outlier is the quantile above which a span is an outlier, if it also exceeds MinRatioToMedian times the median and takes
	// MinDuration.
	Outlier float64 `mapstructure:"outlier"`

	// Extreme is the quantile above which an outlier is extreme. While a window holds fewer than 10/(1-Extreme) spans
	// (10,000 by default), that is four times the outlier quantile's duration instead.
	Extreme float64 `mapstructure:"extreme"`

	// MinRatioToMedian is how many times slower than the median an outlier must be. It keeps operations whose durations
	// hardly differ from having outliers; 0 turns it off, and then the slowest 1-Outlier are outliers, however fast.
	MinRatioToMedian float64 `mapstructure:"min_ratio_to_median"`

	// MinDuration is how long an outlier must take. It keeps operations that take microseconds from having outliers that nobody
	// would notice; 0 turns it off.
	MinDuration time.Duration `mapstructure:"min_duration"`

	// prevent unkeyed literal initialization
	_ struct{}
}

func createDefaultConfig() component.Config {
	return &Config{
		Key:      []string{semconv.ServiceName, keySpanName, keySpanKind, semconv.HTTPRoute, semconv.URI},
		MaxKeys:  2_000,
		Window:   WindowConfig{Mode: ModeDecay, Length: time.Minute},
		MinCount: 100,
		Classes:  ClassesConfig{Elevated: 0.95, Outlier: 0.99, Extreme: 0.999, MinRatioToMedian: 2, MinDuration: time.Millisecond},
		Join:     defaultJoin(),
		Findings: defaultFindings(),
	}
}

// Validate reports everything that is wrong at once.
func (c *Config) Validate() error {
	var errs []error
	reject := func(key string, value any, want string) {
		errs = append(errs, fmt.Errorf("%s: %v is not allowed; want %s", key, value, want))
	}
	if len(c.Key) == 0 {
		reject("key", "[]", "at least one of span.name, span.kind or an attribute")
	}
	if n := len(c.Key); n > maxKeyEntries {
		reject("key", fmt.Sprintf("%d entries", n), fmt.Sprintf("at most %d", maxKeyEntries))
	}
	for i, entry := range c.Key {
		switch {
		case entry == "":
			reject(fmt.Sprintf("key[%d]", i), `""`, "span.name, span.kind or an attribute")
		case slices.Contains(c.Key[:i], entry):
			reject(fmt.Sprintf("key[%d]", i), entry, "each entry once")
		}
	}
	if c.MaxKeys < 1 || c.MaxKeys > maxKeys {
		reject("max_keys", c.MaxKeys, fmt.Sprintf("1 to %d", maxKeys))
	}
	shortest, because := minLength, ""
	switch c.Window.Mode {
	case ModeDecay:
	case ModeSliding:
		shortest, because = minSlidingLength, " with window.mode sliding"
	default:
		reject("window.mode", fmt.Sprintf("%q", c.Window.Mode), "decay or sliding")
	}
	if c.Window.Length < shortest || c.Window.Length > maxLength {
		reject("window.length", c.Window.Length, fmt.Sprintf("%v to %.0fh%s", shortest, maxLength.Hours(), because))
	}
	if c.MinCount < 1 || c.MinCount > maxMinCount {
		reject("min_count", c.MinCount, fmt.Sprintf("1 to %d", maxMinCount))
	}
	floor, floorName := 0.0, "0"
	for _, quantile := range []struct {
		key   string
		value float64
	}{
		{"classes.elevated", c.Classes.Elevated},
		{"classes.outlier", c.Classes.Outlier},
		{"classes.extreme", c.Classes.Extreme},
	} {
		if quantile.value > floor && quantile.value < 1 { // false for NaN
			floor, floorName = quantile.value, fmt.Sprintf("%s (%v)", quantile.key, quantile.value)
		} else {
			reject(quantile.key, quantile.value, fmt.Sprintf("more than %s and less than 1", floorName))
		}
	}
	if ratio := c.Classes.MinRatioToMedian; !(ratio >= 0 && ratio <= maxRatio) { // or NaN
		reject("classes.min_ratio_to_median", ratio, fmt.Sprintf("0 to %d", maxRatio))
	}
	if least := c.Classes.MinDuration; least < 0 || least > maxMinDuration {
		reject("classes.min_duration", least, "0s to 1h")
	}
	validateRuntimes(c.Runtimes, reject)
	c.Join.validate(reject)
	c.Findings.validate(reject)
	return errors.Join(errs...)
}

func (c *Config) latencySettings() latency.Settings {
	mode := latency.Decay
	if c.Window.Mode == ModeSliding {
		mode = latency.Sliding
	}
	return latency.Settings{
		MaxKeys:  c.MaxKeys,
		Mode:     mode,
		Length:   c.Window.Length,
		MinCount: c.MinCount,
		Classes: latency.Classes{
			Elevated:         c.Classes.Elevated,
			Outlier:          c.Classes.Outlier,
			Extreme:          c.Classes.Extreme,
			MinRatioToMedian: c.Classes.MinRatioToMedian,
			MinDuration:      c.Classes.MinDuration,
		},
	}
}
