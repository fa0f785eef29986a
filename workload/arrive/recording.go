// SPDX-License-Identifier: Apache-2.0

package arrive

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

// mostReplayBytes bounds a file.
const mostReplayBytes = 256 << 20

// ReadRecording reads inter-arrival times from a file: the first column of a CSV file, each a duration such as 1.5ms or a number of
// seconds. The error names the file, and the line if it is one line's.
func ReadRecording(path string) (*Replay, error) {
	gaps, err := readGaps(path)
	if err != nil {
		return nil, err
	}
	return &Replay{Gaps: gaps, File: path}, nil
}

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

// quote quotes the beginning of a text.
func quote(text string) string {
	const longest = 60
	if len(text) > longest {
		text = text[:longest] + "..."
	}
	return strconv.Quote(text)
}

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
				name, number, quote(column))
		}
		header = false
		if len(gaps) > MostGaps {
			return nil, fmt.Errorf("%s:%d: more than %d gaps; want at most that many", name, number, MostGaps)
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
		if notNumber != nil || !(seconds >= 0 && seconds <= LongestPeriod.Duration().Seconds()) {
			return 0, false
		}
		d = time.Duration(seconds*1e9 + 0.5)
	}
	return sim.Time(d), d >= 0 && sim.Time(d) <= LongestPeriod
}
