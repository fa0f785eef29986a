// SPDX-License-Identifier: Apache-2.0

// Package find finds the processes that rules name, among those that /proc shows to this user.
package find

import (
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/procfile"
)

// Rule says which processes are meant: those for which all that is set holds.
type Rule struct {
	// PID is the number of the process; 0: any.
	PID int
	// Name is the name of the process, as far as Linux keeps it; empty: any.
	Name string
	// Executable is what the process was started as: the first word of its command line, with its path or without; empty: any.
	Executable string
	// Cmdline matches the command line, its words joined by spaces; nil: any.
	Cmdline *regexp.Regexp
}

// Match is a process, and the first rule that names it.
type Match struct {
	Identity
	Rule int
}

// Identity tells a process from every other one since boot.
type Identity struct {
	PID int
	// Start is when the process began, in ticks of 10 ms since boot.
	Start uint64
}

// Finder finds processes.
type Finder struct {
	rules  []Rule
	fs     procfs.FS
	proc   *procfile.Dir
	unread func(procfile.File, error)
	names  []string
}

// Open returns a finder. proc is where /proc is. Calls of unread say which files tell nothing.
func Open(proc string, rules []Rule, unread func(procfile.File, error)) (*Finder, error) {
	fs, err := procfs.NewFS(proc)
	if err != nil {
		return nil, err
	}
	dir, err := procfile.Open(proc)
	if err != nil {
		return nil, err
	}
	return &Finder{rules: rules, fs: fs, proc: dir, unread: unread}, nil
}

// Close ends the use of the finder.
func (f *Finder) Close() error { return f.proc.Close() }

// Find returns the processes that the rules name, in the order in which /proc lists them. It lists all processes only if there is a rule
// without a number, and reads the command lines only of those that need it.
func (f *Finder) Find() []Match {
	var matches []Match
	for _, pid := range f.candidates() {
		text, err := f.proc.Read(strconv.Itoa(pid) + "/" + string(procfile.FileStat))
		if err != nil {
			if !procfile.Gone(err) {
				f.unread(procfile.FileStat, err)
			}
			continue
		}
		stat, err := procfile.ParseStat(text)
		if err != nil {
			f.unread(procfile.FileStat, err)
			continue
		}
		c := candidate{finder: f, pid: pid, name: string(stat.Name)}
		if rule := slices.IndexFunc(f.rules, c.matches); rule >= 0 {
			matches = append(matches, Match{Identity{pid, stat.Start}, rule})
		}
	}
	return matches
}

func (f *Finder) candidates() []int {
	var pids []int
	for _, r := range f.rules {
		if r.PID == 0 {
			return f.all()
		}
		pids = append(pids, r.PID)
	}
	slices.Sort(pids)
	return slices.Compact(pids)
}

func (f *Finder) all() []int {
	var err error
	if f.names, err = f.proc.Names(f.names[:0]); err != nil {
		f.unread(procfile.FileStat, err)
	}
	var pids []int
	for _, name := range f.names {
		if pid, err := strconv.Atoi(name); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	return pids
}

// candidate is a process that a rule may name.
type candidate struct {
	finder *Finder
	pid    int
	name   string
	// cmdline is read when a rule asks for it; nil: not yet.
	cmdline []string
}

// linuxName is how many bytes of a name Linux keeps.
const linuxName = 15

func (c *candidate) matches(r Rule) bool {
	return (r.PID == 0 || r.PID == c.pid) &&
		(r.Name == "" || c.name == r.Name[:min(len(r.Name), linuxName)]) &&
		(r.Executable == "" || c.startedAs(r.Executable)) &&
		(r.Cmdline == nil || r.Cmdline.MatchString(strings.Join(c.words(), " ")))
}

func (c *candidate) startedAs(executable string) bool {
	words := c.words()
	return len(words) > 0 && (words[0] == executable || filepath.Base(words[0]) == executable)
}

func (c *candidate) words() []string {
	if c.cmdline != nil {
		return c.cmdline
	}
	c.cmdline = []string{}
	process, err := c.finder.fs.Proc(c.pid)
	if err == nil {
		var words []string
		if words, err = process.CmdLine(); len(words) > 0 {
			c.cmdline = words
		}
	}
	if err != nil && !procfile.Gone(err) {
		c.finder.unread(procfile.FileCmdline, err)
	}
	return c.cmdline
}
