// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/findings"
)

// FindingsConfig says what is looked for in the times of a span, and which times are long.
type FindingsConfig struct {
	// Kinds are the findings to look for; an empty list turns them off.
	Kinds []string `mapstructure:"kinds"`

	// LongPoll is how long a poll, or what is like one, must be to be found whatever the operation. A tenth of it is found
	// if it is unusual for the operation. Lowering it finds computations that a fast runtime should not do; raising it leaves
	// those that are meant to be there.
	LongPoll time.Duration `mapstructure:"long_poll"`

	// LongQueueWait is the same for the time that a task waits for a worker, if that is at least a tenth of the span.
	LongQueueWait time.Duration `mapstructure:"long_queue_wait"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// defaultFindings has the thresholds at which dial9 (github.com/dial9-rs/dial9) warns.
func defaultFindings() FindingsConfig {
	return FindingsConfig{
		Kinds:    slices.Clone(findings.Names[:]),
		LongPoll: 10 * time.Millisecond, LongQueueWait: 5 * time.Millisecond,
	}
}

func (c *FindingsConfig) validate(reject func(key string, value any, want string)) {
	for i, kind := range c.Kinds {
		key := fmt.Sprintf("findings.kinds[%d]", i)
		if !slices.Contains(findings.Names[:], kind) {
			reject(key, fmt.Sprintf("%q", kind), "one of "+strings.Join(findings.Names[:], ", "))
		} else if slices.Contains(c.Kinds[:i], kind) {
			reject(key, kind, "each kind once")
		}
	}
	const (
		shortest = 10 * time.Microsecond // the histograms start at a tenth of it
		longest  = time.Hour             // nobody waits for a poll that long
	)
	for _, long := range []struct {
		key   string
		value time.Duration
	}{{"findings.long_poll", c.LongPoll}, {"findings.long_queue_wait", c.LongQueueWait}} {
		if long.value < shortest || long.value > longest {
			reject(long.key, long.value, shortest.String()+" to 1h")
		}
	}
}

func (c *FindingsConfig) limits() findings.Limits {
	l := findings.Limits{Poll: int64(c.LongPoll), Wait: int64(c.LongQueueWait)}
	for kind, name := range findings.Names {
		if slices.Contains(c.Kinds, name) {
			l.Kinds |= 1 << kind
		}
	}
	return l
}
