// SPDX-License-Identifier: Apache-2.0

// Package watch reads, again and again, what the kernel counts of each thread of a process, and adds it up by groups of threads.
//
//	names of task/ ──► a thread each: thread.go ──► what has grown since the read before ──► its group: group.go
//
// A read costs a listing of task/ and, of each thread, one file, schedstat. If that says what it said before, the thread has not run, and
// nothing else can have changed. Only of a thread that has run the other two files are read, stat and status.
//
// Numbers count from the first read of the process. A thread that begins later counts in full; what a thread did between the last read
// and its end is not seen, and neither is a thread that was there between two reads only.
package watch

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/procfile"
)

// errNoStatistics is what a schedstat of zeros means.
var errNoStatistics = fmt.Errorf("all numbers are 0, so the kernel counts none: %w", procfile.ErrAbsent)

// Process is a process that is read.
type Process struct {
	task    *procfile.Dir
	unread  func(procfile.File, error)
	threads map[int]*thread
	groups  groups
	reads   uint64
	names   []string // of the last read
	// missing are files that told nothing. They are not tried again before [Process.Retry].
	missing [numFiles]bool
	// known are files that have told something.
	known [numFiles]bool
}

// Open begins to watch the process with this number that began at start, as its stat says. proc is where /proc is. Calls of unread say
// which files tell nothing.
func Open(proc string, pid int, start uint64, unread func(procfile.File, error)) (*Process, error) {
	task, err := procfile.Open(filepath.Join(proc, strconv.Itoa(pid), string(procfile.FileTask)))
	if err != nil {
		return nil, err
	}
	p := &Process{task: task, unread: unread, threads: map[int]*thread{}, groups: groups{named: map[string]*Group{}}}
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

// HasCPUTime reports whether ticks of CPU time are known.
func (p *Process) HasCPUTime() bool { return p.known[stat] && !p.missing[stat] }

// HasSchedstat reports whether times on CPUs and without one are known.
func (p *Process) HasSchedstat() bool { return p.known[schedstat] && !p.missing[schedstat] }

// HasSwitches reports whether context switches are known.
func (p *Process) HasSwitches() bool { return p.known[status] && !p.missing[status] }

// Retry has files that told nothing be read again.
func (p *Process) Retry() { p.missing = [numFiles]bool{} }

// Read reads all threads. It returns false if there are none left: the process has ended.
func (p *Process) Read() bool {
	var err error
	p.names, err = p.task.Names(p.names[:0])
	if err != nil && !procfile.Gone(err) {
		p.unread(procfile.FileTask, err)
		return true
	}
	p.reads++
	for _, g := range p.groups.all {
		g.Threads = 0
	}
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
		if p.readThread(t) && t.group != nil {
			t.group.Threads++
		}
	}
	for id, t := range p.threads {
		if t.seen != p.reads {
			delete(p.threads, id)
		}
	}
	if !p.known[schedstat] && !p.missing[schedstat] && p.known[stat] {
		p.miss(schedstat, errNoStatistics)
	}
	return len(p.threads) > 0
}

// readThread reads one thread. It returns false if the thread has ended since it was listed.
func (p *Process) readThread(t *thread) bool {
	sched, schedErr := p.readSchedstat(t)
	if schedErr == nil && p.known[schedstat] && t.group != nil && !t.since[schedstat] && sched == t.last.Schedstat {
		return true // it has not run
	}
	if p.missing[stat] {
		return true // its name is not known, so neither is to which group it counts
	}
	now, err := p.readStat(t.paths[stat])
	if err != nil {
		if procfile.Gone(err) {
			return false
		}
		p.miss(stat, err)
		return true
	}
	if t.group != nil && now.Start != t.start {
		t.begin()
	}
	t.start = now.Start
	if t.group == nil || t.name != string(now.Name) {
		t.name = string(now.Name)
		t.group = p.groups.of(t.name)
	}
	t.addStat(now)
	p.known[stat] = true
	if !p.missing[schedstat] {
		if schedErr != nil { // the thread is there, since its stat was read after
			p.miss(schedstat, schedErr)
		} else {
			t.addSchedstat(sched)
			p.known[schedstat] = p.known[schedstat] || sched != procfile.Schedstat{}
		}
	}
	if p.missing[status] {
		return true
	}
	switches, err := p.readSwitches(t)
	if err != nil {
		if procfile.Gone(err) {
			return false
		}
		p.miss(status, err)
		return true
	}
	t.addSwitches(switches)
	p.known[status] = true
	return true
}

// miss notes that a file tells nothing.
func (p *Process) miss(file int, err error) {
	p.missing[file] = true
	p.unread(kinds[file], err)
}

func (p *Process) readSchedstat(t *thread) (procfile.Schedstat, error) {
	if p.missing[schedstat] {
		return procfile.Schedstat{}, procfile.ErrAbsent
	}
	text, err := p.task.Read(t.paths[schedstat])
	if err != nil {
		return procfile.Schedstat{}, err
	}
	return procfile.ParseSchedstat(text)
}

func (p *Process) readStat(path string) (procfile.Stat, error) {
	text, err := p.task.Read(path)
	if err != nil {
		return procfile.Stat{}, err
	}
	return procfile.ParseStat(text)
}

func (p *Process) readSwitches(t *thread) (procfile.Switches, error) {
	text, err := p.task.Read(t.paths[status])
	if err != nil {
		return procfile.Switches{}, err
	}
	return procfile.ParseSwitches(text)
}
