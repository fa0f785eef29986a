// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/internal/audit/table"
	"github.com/runtimelab/otelcol-runtimelab/internal/format"
)

// tables prints each run when it is final, once more if anything changed after that, and all that run at an interval.
type tables struct {
	id      string
	out     io.Writer
	start   time.Time
	last    time.Time // when tables of runs that go on were printed
	printed map[string]state
}

// state of a run when it was printed.
type state struct {
	arrival time.Time
	verdict audit.Verdict
}

func newTables(id string, out io.Writer) tables {
	return tables{id: id, out: out, printed: map[string]state{}}
}

// title is what a table begins with.
func (t *tables) title(now time.Time) string {
	return fmt.Sprintf("%s  %s", t.id, format.Clock(now.Sub(t.start)))
}

func (t *tables) print(now time.Time, report *audit.Report, interval time.Duration, closing bool) error {
	if t.last.IsZero() {
		t.last = t.start
	}
	due := interval > 0 && now.Sub(t.last) >= interval
	if due {
		t.last = now
	}
	var b strings.Builder
	held := map[string]state{}
	for i := range report.Runs {
		r := &report.Runs[i]
		is := state{r.LastArrival, r.Verdict}
		was, known := t.printed[r.Run]
		if known {
			held[r.Run] = was
		}
		if (!known || is != was) && (r.Verdict != audit.Running || due) {
			b.WriteString(table.Run(t.title(now), r))
			held[r.Run] = is
		}
	}
	t.printed = held
	if closing {
		b.WriteString(table.Whole(t.title(now), report))
	}
	if b.Len() == 0 {
		return nil
	}
	_, err := io.WriteString(t.out, b.String())
	return err
}
