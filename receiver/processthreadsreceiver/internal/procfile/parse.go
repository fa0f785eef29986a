// SPDX-License-Identifier: Apache-2.0

// Package procfile reads the small files of /proc that tell about one thread, often and cheaply: a directory stays open, a file costs
// three system calls, and nothing is allocated for its text.
//
// What a process chooses itself, such as the name of a thread, may be any bytes. The parsers take them as such and believe nothing else
// of a file: what does not read as the kernel writes it is [ErrMalformed].
package procfile

import (
	"bytes"
	"errors"
	"strconv"
)

// ErrMalformed is what a file is that does not read as the kernel writes it.
var ErrMalformed = errors.New("not what the kernel writes")

// Stat is what this project uses of /proc/PID/stat and /proc/PID/task/TID/stat.
type Stat struct {
	// Name is what the kernel keeps of the thread's name, in the bytes that were parsed.
	Name []byte
	// State is what the thread does, in one letter.
	State byte
	// User and System are CPU time in ticks of 10 ms.
	User, System uint64
	// Start is when the thread began, in ticks of 10 ms since boot. With the number of a thread it tells the thread from a later one.
	Start uint64
}

// Ended reports whether the thread has ended, and is listed only because nobody has asked how, or because others of its process live.
func (s *Stat) Ended() bool { return s.State == 'Z' || s.State == 'X' || s.State == 'x' }

// Fields of stat by their place after the name: proc_pid_stat(5) numbers them from 1, and the first after the name is 3.
const (
	statState  = 0
	statUser   = 14 - 3
	statSystem = 15 - 3
	statStart  = 22 - 3
)

// ParseStat reads a stat file. The name may hold anything, closing parentheses and line feeds too; the last parenthesis ends it.
func ParseStat(text []byte) (s Stat, err error) {
	from, to := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if from < 0 || to < from {
		return s, ErrMalformed
	}
	s.Name = text[from+1 : to]
	rest := text[to+1:]
	for i := 0; i <= statStart; i++ {
		var field []byte
		if field, rest = next(rest); len(field) == 0 {
			return s, ErrMalformed
		}
		switch i {
		case statState:
			s.State = field[0]
		case statUser:
			s.User, err = number(field)
		case statSystem:
			s.System, err = number(field)
		case statStart:
			s.Start, err = number(field)
		}
		if err != nil {
			return s, err
		}
	}
	return s, nil
}

// Schedstat is what /proc/PID/task/TID/schedstat has. A kernel without these statistics writes zeros.
type Schedstat struct {
	// OnCPU and Wait are nanoseconds on a CPU, and runnable without one.
	OnCPU, Wait uint64
	// Slices is how often the thread was given a CPU.
	Slices uint64
}

// ParseSchedstat reads a schedstat file.
func ParseSchedstat(text []byte) (s Schedstat, err error) {
	for _, to := range []*uint64{&s.OnCPU, &s.Wait, &s.Slices} {
		var field []byte
		field, text = next(text)
		if *to, err = number(field); err != nil {
			return Schedstat{}, err
		}
	}
	return s, nil
}

// Switches are the context switches of a thread.
type Switches struct{ Voluntary, Involuntary uint64 }

// ParseSwitches reads the context switches in a status file, where they are the last two lines.
func ParseSwitches(text []byte) (s Switches, err error) {
	if s.Voluntary, err = line(text, "\nvoluntary_ctxt_switches:"); err != nil {
		return Switches{}, err
	}
	if s.Involuntary, err = line(text, "\nnonvoluntary_ctxt_switches:"); err != nil {
		return Switches{}, err
	}
	return s, nil
}

// ParsePeak reads in a status file how much address space the program has had at most, in KiB. It falls only when the process becomes
// another program. A thread that has ended has none: 0.
func ParsePeak(text []byte) uint64 {
	peak, err := line(text, "\nVmPeak:")
	if err != nil {
		return 0
	}
	return peak
}

// line returns the number on the last line that begins with key. The kernel escapes line feeds in names, so no name looks like a line.
func line(text []byte, key string) (uint64, error) {
	at := bytes.LastIndex(text, []byte(key))
	if at < 0 {
		return 0, ErrMalformed
	}
	field, _ := next(text[at+len(key):])
	return number(field)
}

// next returns the first field of a line and what follows it. The field is empty if the line has no more.
func next(text []byte) (field, rest []byte) {
	from := 0
	for from < len(text) && (text[from] == ' ' || text[from] == '\t') {
		from++
	}
	to := from
	for to < len(text) && text[to] != ' ' && text[to] != '\n' {
		to++
	}
	return text[from:to], text[to:]
}

// largest is beyond what any thread has counted: in nanoseconds it is 36 years.
const largest = 1 << 60

func number(field []byte) (uint64, error) {
	n, err := strconv.ParseUint(string(field), 10, 64)
	if err != nil || n > largest {
		return 0, ErrMalformed
	}
	return n, nil
}
