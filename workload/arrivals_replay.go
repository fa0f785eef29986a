// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// Replay repeats recorded arrivals: each comes one of Gaps after the one before, the first one Gaps[0] after the start. All
// instances replay the same.
type Replay struct {
	Gaps []sim.Time
	// Repeat starts again after the last gap; else nothing more arrives.
	Repeat bool
}

// Bounds of a recording: 8 bytes of memory for each line.
const (
	mostGaps        = 10_000_000
	mostReplayBytes = 256 << 20
)

func parseReplay(t table) Arrivals {
	r := &Replay{}
	if t.has("repeat") {
		r.Repeat = t.child("repeat").boolean()
	}
	file, ok := t.required("file", "a file of inter-arrival times, one a line")
	if !ok {
		return r
	}
	path := file.text()
	if path == "" {
		return r
	}
	var err error
	if r.Gaps, err = readGaps(path); err != nil {
		file.fail(err.Error())
		return r
	}
	if mean := r.length() / sim.Time(len(r.Gaps)); r.Repeat && mean < 1000 {
		t.child("repeat").fail(fmt.Sprintf("%s has a mean gap of %v; want at least 1µs to repeat it", oneLine(path), mean.Duration()))
	}
	return r
}

// readGaps reads inter-arrival times, the first column of a CSV file.
func readGaps(path string) ([]sim.Time, error) {
	name := oneLine(path)
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, ofFile(path, err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: not a regular file", name)
	case info.Size() > mostReplayBytes:
		return nil, fmt.Errorf("%s: %d bytes; want at most %d", name, info.Size(), mostReplayBytes)
	}
	f, err := os.Open(path) //nolint:gosec // G304: the configuration names the file
	if err != nil {
		return nil, ofFile(path, err)
	}
	defer f.Close() //nolint:errcheck // only read
	return parseGaps(name, io.LimitReader(f, mostReplayBytes))
}

// ofFile is an error of the file system with the name of the file on one line, whatever is in it.
func ofFile(path string, err error) error {
	if of, ok := errors.AsType[*fs.PathError](err); ok {
		err = of.Err
	}
	return fmt.Errorf("%s: %w", oneLine(path), err)
}

func oneLine(path string) string { return strings.Trim(strconv.Quote(path), `"`) }

func parseGaps(name string, r io.Reader) ([]sim.Time, error) {
	var gaps []sim.Time
	header := true // may still come
	lines := bufio.NewScanner(r)
	number := 0
	for lines.Scan() {
		number++
		line, _, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "\ufeff"), "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		column, _, _ := strings.Cut(line, ",")
		column = strings.Trim(column, "\" \t")
		gap, ok := parseGap(column)
		switch first, _ := utf8.DecodeRuneInString(column); {
		case ok:
			gaps = append(gaps, gap)
		case header && (unicode.IsLetter(first) || first == '_'):
		default:
			return nil, fmt.Errorf("%s:%d: %s is not allowed; want a duration such as 1.5ms, or a number of seconds, from 0 to 8760h",
				name, number, value{raw: column}.describe())
		}
		header = false
		if len(gaps) > mostGaps {
			return nil, fmt.Errorf("%s:%d: more than %d gaps; want at most that many", name, number, mostGaps)
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, fmt.Errorf("%s:%d: longer than %d bytes; want one gap a line", name, number+1, bufio.MaxScanTokenSize)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case len(gaps) == 0:
		return nil, fmt.Errorf("%s: no gaps in it; want at least one line with a duration such as 1.5ms, or a number of seconds", name)
	}
	return gaps, nil
}

// parseGap reads a duration with unit, or a number of seconds; decimal fractions are exact to the nanosecond.
func parseGap(text string) (sim.Time, bool) {
	unit := ""
	if strings.Trim(text, "0123456789.") == "" {
		unit = "s"
	}
	d, err := time.ParseDuration(text + unit)
	if err != nil {
		seconds, notNumber := strconv.ParseFloat(text, 64) // with an exponent
		if notNumber != nil || !(seconds >= 0 && seconds <= longestPeriod.Duration().Seconds()) {
			return 0, false
		}
		d = time.Duration(seconds*1e9 + 0.5)
	}
	return sim.Time(d), d >= 0 && sim.Time(d) <= longestPeriod
}

// length of the recording. More than virtual time is cut off there.
func (r *Replay) length() sim.Time {
	sum := sim.Time(0)
	for _, gap := range r.Gaps {
		if gap > sim.Never-sum {
			return sim.Never
		}
		sum += gap
	}
	return sum
}

// PerSecond implements Arrivals: the mean rate of the recording.
func (r *Replay) PerSecond() float64 {
	return float64(len(r.Gaps)) / max(r.length().Duration().Seconds(), 1e-9)
}

// Start implements OpenLoop.
func (r *Replay) Start(sim.Rand) Sequence { return &replay{Replay: r} }

type replay struct {
	*Replay

	next int // index of Gaps
	at   sim.Time
}

// Next implements Sequence.
func (r *replay) Next() sim.Time {
	if r.next == len(r.Gaps) {
		if !r.Repeat {
			return sim.Never
		}
		r.next = 0
	}
	gap := r.Gaps[r.next]
	if gap >= sim.Never-r.at {
		return sim.Never
	}
	r.next++
	r.at += gap
	return r.at
}
