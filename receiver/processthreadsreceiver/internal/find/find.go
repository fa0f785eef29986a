// SPDX-License-Identifier: Apache-2.0

// Package find finds the processes that rules name, among those that /proc shows to this user.
package find

import (
	"errors"
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
	rules    []Rule
	path     string
	proc     *procfile.Dir
	cmdlines *cmdlines
	unread   func(procfile.File, error)
	names    []string // room for a list
	pids     []int    // listed last
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
	return &Finder{rules: rules, path: proc, proc: dir, cmdlines: newCmdlines(fs), unread: unread}, nil
}

// Close ends the use of the finder.
func (f *Finder) Close() error { return f.proc.Close() }

// Known returns what an earlier search found of the process with this number, if it is still read.
type Known func(pid int) (Match, bool)

// Find returns the processes that the rules name, in the order in which /proc lists them. It lists all processes only if there is a rule
// without a number, and reads the command lines only of those that need it. A process that is known stays what it was as long as what
// would tell otherwise cannot be read.
func (f *Finder) Find(known Known) []Match {
	f.cmdlines.begin()
	var matches []Match
	for _, pid := range f.candidates() {
		if m, ok := f.match(pid, known); ok {
			matches = append(matches, m)
		}
	}
	return matches
}

// Again returns what the rules say now of one process.
func (f *Finder) Again(pid int, known Known) (Match, bool) {
	f.cmdlines.begin()
	return f.match(pid, known)
}

func (f *Finder) match(pid int, known Known) (Match, bool) {
	stat, err := f.stat(strconv.Itoa(pid) + "/")
	if err != nil {
		if procfile.Gone(err) {
			return Match{}, false
		}
		f.unread(procfile.FileStat, err)
		return known(pid)
	}
	c := candidate{finder: f, Identity: Identity{pid, stat.Start}, name: string(stat.Name), threads: []int{pid}}
	if stat.Ended() {
		if c.threads, err = f.living(pid); err != nil {
			f.unread(procfile.FileTask, err)
			return known(pid)
		}
		if len(c.threads) == 0 {
			return Match{}, false
		}
	}
	rule := slices.IndexFunc(f.rules, c.matches)
	if c.silent {
		if m, ok := known(pid); ok && m.Identity == c.Identity {
			return m, true
		}
	}
	return Match{c.Identity, rule}, rule >= 0
}

// stat reads the stat in a directory of /proc, which ends with a slash.
func (f *Finder) stat(dir string) (procfile.Stat, error) {
	text, err := f.proc.Read(dir + string(procfile.FileStat))
	if err != nil {
		return procfile.Stat{}, err
	}
	return procfile.ParseStat(text)
}

// living returns the threads that live of a process whose first thread has ended.
func (f *Finder) living(pid int) ([]int, error) {
	dir := strconv.Itoa(pid) + "/" + string(procfile.FileTask) + "/"
	task, err := procfile.Open(filepath.Join(f.path, dir))
	if err != nil {
		if procfile.Gone(err) {
			err = nil
		}
		return nil, err
	}
	names, err := task.Names(nil)
	if err = errors.Join(err, task.Close()); err != nil {
		return nil, err
	}
	var tids []int
	for _, name := range names {
		tid, err := strconv.Atoi(name)
		if err != nil || tid <= 0 {
			continue
		}
		switch stat, err := f.stat(dir + name + "/"); {
		case err != nil && !procfile.Gone(err):
			return nil, err
		case err == nil && !stat.Ended():
			tids = append(tids, tid)
		}
	}
	return tids, nil
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

// all returns all processes that are listed; if the list cannot be read, those of the last one.
func (f *Finder) all() []int {
	names, err := f.proc.Names(f.names[:0])
	f.names = names
	if err != nil {
		f.unread(procfile.FileStat, err)
		return f.pids
	}
	f.pids = f.pids[:0]
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil && pid > 0 {
			f.pids = append(f.pids, pid)
		}
	}
	return f.pids
}

// candidate is a process that a rule may name.
type candidate struct {
	finder *Finder
	Identity
	name string
	// threads are those that can show the command line: the first one of the process, or those that live after it.
	threads []int
	// words are the command line, read when a rule asks for it; nil: not yet.
	words []string
	// silent: a rule asked for it, and nothing tells it.
	silent bool
}

// Kept returns what Linux keeps of a name.
func Kept(name string) string { return name[:min(len(name), 15)] }

func (c *candidate) matches(r Rule) bool {
	return (r.PID == 0 || r.PID == c.PID) &&
		(r.Name == "" || c.name == Kept(r.Name)) &&
		(r.Executable == "" || c.startedAs(r.Executable)) &&
		(r.Cmdline == nil || r.Cmdline.MatchString(strings.Join(c.cmdline(), " ")))
}

func (c *candidate) startedAs(executable string) bool {
	words := c.cmdline()
	return len(words) > 0 && words[0] != "" && (words[0] == executable || filepath.Base(words[0]) == executable)
}

func (c *candidate) cmdline() []string {
	if c.words != nil {
		return c.words
	}
	c.words = []string{}
	for _, tid := range c.threads {
		words, err := c.finder.cmdlines.read(c.PID, tid)
		if err != nil && !procfile.Gone(err) {
			c.finder.unread(procfile.FileCmdline, err)
		}
		if err == nil && len(words) > 0 {
			c.words = words
			return c.words
		}
	}
	c.silent = true
	return c.words
}
