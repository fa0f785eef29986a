// SPDX-License-Identifier: Apache-2.0

// Package watch reads, again and again, what the kernel counts of each thread of a process, and adds it up by groups of threads.
//
//	names of task/ ──► a thread each: thread.go ──► what has grown since the read before ──► its group: group.go
//
// A read costs a listing of task/ and, of each thread, one file, schedstat. If that says what it said before, the thread has not run, and
// nothing else can have changed. Only of a thread that has run the other two files are read, stat and status.
//
// The first thread is the group "main". Linux gives it the name of the program, and that name to threads that have none of their own, too.
//
// A thread that has ended stays listed until its parent asks how: the first one of a process even as long as others live. It is a thread
// no more. A process has ended when all of its threads have.
//
// Numbers count from the first read of the process. A thread that begins later counts in full; what a thread did between the last read
// and its end is not seen, and neither is a thread that was there between two reads only.
package watch

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/procfile"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// errNoStatistics is what a schedstat of zeros means.
var errNoStatistics = fmt.Errorf("all numbers are 0, so the kernel counts none: %w", procfile.ErrAbsent)

// Process is a process that is read.
type Process struct {
	pid     int
	task    *procfile.Dir
	unread  func(procfile.File, error)
	threads map[int]*thread
	groups  groups
	reads   uint64
	at      time.Time // of the last read
	execs   bool
	// missing are files that told nothing. They are not tried again before [Process.Retry].
	missing [numFiles]bool
	// known are files that have told something.
	known [numFiles]bool

	// Of the last read: what was listed, the threads of it, and those that were no longer listed.
	names  []string
	listed []*thread
	gone   []*thread
}

// Open begins to watch the process with this number that began at start, as its stat says. proc is where /proc is. Calls of unread say
// which files tell nothing.
func Open(proc string, pid int, start uint64, unread func(procfile.File, error)) (*Process, error) {
	task, err := procfile.Open(filepath.Join(proc, strconv.Itoa(pid), string(procfile.FileTask)))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	p := &Process{pid: pid, task: task, unread: unread, at: now, threads: map[int]*thread{}, groups: groups{named: map[string]*Group{}, since: now}}
	leader, err := p.readStat(strconv.Itoa(pid) + "/" + string(procfile.FileStat))
	if err == nil && leader.Start != start {
		err = errors.New("the process has ended, and another one has its number")
	}
	if err != nil {
		return nil, errors.Join(err, task.Close())
	}
	return p, nil
}

// Close ends the watch.
func (p *Process) Close() error { return p.task.Close() }

// Groups returns the groups of threads, those without a thread left included.
func (p *Process) Groups() []*Group { return p.groups.all }

// At returns when the process was last read.
func (p *Process) At() time.Time { return p.at }

// Execs reports whether, as far as one can see, the process became another program between the last two reads.
func (p *Process) Execs() bool { return p.execs }

// HasCPUTime reports whether ticks of CPU time are known.
func (p *Process) HasCPUTime() bool { return p.known[stat] && !p.missing[stat] }

// HasSchedstat reports whether times on CPUs and without one are known.
func (p *Process) HasSchedstat() bool { return p.known[schedstat] && !p.missing[schedstat] }

// HasSwitches reports whether context switches are known.
func (p *Process) HasSwitches() bool { return p.known[status] && !p.missing[status] }

// Retry has files that told nothing be read again.
func (p *Process) Retry() { p.missing = [numFiles]bool{} }

// Read reads all threads. It returns false if none of them lives: the process has ended.
func (p *Process) Read() bool {
	var err error
	p.names, err = p.task.Names(p.names[:0])
	if err != nil && !procfile.Gone(err) {
		p.unread(procfile.FileTask, err)
		return true
	}
	p.reads++
	p.execs = false
	p.groups.begin(p.at)
	p.list()
	elapsed, alive := time.Since(p.at), 0
	for _, t := range p.listed {
		if !p.readThread(t, elapsed) {
			continue
		}
		alive++
		if t.group != nil {
			t.group.Threads++
		}
	}
	if !p.known[schedstat] && !p.missing[schedstat] && p.known[stat] {
		p.miss(schedstat, errNoStatistics)
	}
	p.at = time.Now()
	p.groups.end(p.at)
	return alive > 0
}

// list finds the threads of the names, makes those that are new, and drops those that are gone.
func (p *Process) list() {
	p.listed = p.listed[:0]
	for _, name := range p.names {
		id, ok := tid(name)
		if !ok {
			continue
		}
		t := p.threads[id]
		if t == nil {
			t = newThread(name, p.reads == 1)
			p.threads[id] = t
		}
		t.seen = p.reads
		p.listed = append(p.listed, t)
	}
	clear(p.gone)
	p.gone = p.gone[:0]
	if len(p.threads) == len(p.listed) {
		return
	}
	for id, t := range p.threads {
		if t.seen != p.reads {
			p.gone = append(p.gone, t)
			delete(p.threads, id)
		}
	}
}

// readThread reads one thread. It returns false if the thread has ended.
func (p *Process) readThread(t *thread, elapsed time.Duration) bool {
	var r reading
	p.readSchedstat(t, &r)
	if r.told[schedstat] && p.known[schedstat] && t.group != nil && !t.since[schedstat] && r.Schedstat == t.last.Schedstat {
		return !t.ended // it has not run
	}
	p.readRest(t, &r)
	if t == p.threads[p.pid] && t.odd(&r, elapsed) {
		p.execs = t.anew(&r)
		if others, alone := p.others(); alone {
			r = p.reread(t) // the files that were read before may be those of two threads
			p.execs = !r.gone && t.follow(others, &r, elapsed) || p.execs
		}
	}
	if r.told[stat] {
		p.place(t, &r)
		t.add(&r)
		for file := range p.known {
			p.known[file] = p.known[file] || r.told[file] && (file != schedstat || r.Schedstat != procfile.Schedstat{})
		}
	}
	for file, err := range r.errs {
		if err != nil && !r.gone && (file != schedstat || r.told[stat]) { // without its stat, the thread may have ended
			p.miss(file, err)
		}
	}
	return !r.gone && !t.ended
}

// others returns the threads that were there at the read before or are still listed by it, but for the first one. alone: none of them is
// there now.
func (p *Process) others() (others []*thread, alone bool) {
	others = append(others, p.gone...)
	if len(p.threads) == 1 {
		return others, true
	}
	names, err := p.task.Names(nil)
	if err != nil {
		return nil, false
	}
	for _, name := range names {
		if id, ok := tid(name); ok && id != p.pid && p.threads[id] != nil && p.threads[id].group != nil {
			return nil, false
		}
	}
	for id, t := range p.threads {
		if id != p.pid {
			others = append(others, t)
		}
	}
	return others, true
}

// reread reads all files of a thread.
func (p *Process) reread(t *thread) reading {
	r := reading{}
	p.readSchedstat(t, &r)
	p.readRest(t, &r)
	return r
}

// place finds the group of a thread.
func (p *Process) place(t *thread, r *reading) {
	if t.group != nil && r.start != t.start {
		t.begin()
	}
	t.start = r.start
	if r.renamed {
		t.name = r.name
	}
	if t.group == nil || r.renamed || t.ended && !r.ended || t.group == p.groups.other() && p.groups.room() {
		name := t.name
		if t == p.threads[p.pid] {
			name = semconv.ThreadGroupMain
		}
		t.group = p.groups.of(name)
	}
	t.ended = r.ended
	if r.peak > 0 {
		t.peak = r.peak
	}
}

// miss notes that a file tells nothing.
func (p *Process) miss(file int, err error) {
	p.missing[file] = true
	p.unread(kinds[file], err)
}

func (p *Process) readSchedstat(t *thread, r *reading) {
	if p.missing[schedstat] {
		return
	}
	text, err := p.task.Read(t.paths[schedstat])
	if err == nil {
		r.Schedstat, err = procfile.ParseSchedstat(text)
	}
	if err != nil {
		r.fail(schedstat, err)
		return
	}
	r.told[schedstat] = true
}

// readRest reads the files of a thread that has run.
func (p *Process) readRest(t *thread, r *reading) {
	if p.missing[stat] {
		return // its name is not known, so neither is to which group it counts
	}
	now, err := p.readStat(t.paths[stat])
	if err != nil {
		r.fail(stat, err)
		return
	}
	r.told[stat], r.User, r.System, r.start, r.ended = true, now.User, now.System, now.Start, now.Ended()
	if r.renamed = t.name != string(now.Name); r.renamed {
		r.name = string(now.Name)
	}
	if p.missing[status] {
		return
	}
	text, err := p.task.Read(t.paths[status])
	if err == nil {
		r.Switches, err = procfile.ParseSwitches(text)
	}
	if err != nil {
		r.fail(status, err)
		return
	}
	r.told[status] = true
	if t == p.threads[p.pid] {
		r.peak = procfile.ParsePeak(text)
	}
}

func (p *Process) readStat(path string) (procfile.Stat, error) {
	text, err := p.task.Read(path)
	if err != nil {
		return procfile.Stat{}, err
	}
	return procfile.ParseStat(text)
}
