// SPDX-License-Identifier: Apache-2.0

// Package fakeproc writes directories that read like /proc, for tests.
package fakeproc

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Thread is what the files of a thread say.
type Thread struct {
	Name                   string
	State                  string // empty: S
	Peak                   uint64 // KiB; 0: not told
	Start                  uint64
	User, System           uint64 // ticks
	OnCPU, Wait, Slices    uint64
	Voluntary, Involuntary uint64
}

// Root is the root of a file system with a /proc.
type Root struct {
	tb   testing.TB
	path string
}

// New returns an empty one.
func New(tb testing.TB) *Root {
	tb.Helper()
	r := &Root{tb, tb.TempDir()}
	require.NoError(tb, os.Mkdir(r.Proc(), 0o755)) //nolint:gosec // as in /proc: every user may read
	return r
}

// Path is where the root is.
func (r *Root) Path() string { return r.path }

// Proc is where its /proc is.
func (r *Root) Proc() string { return filepath.Join(r.path, "proc") }

// Write writes a file.
func (r *Root) Write(path, text string) {
	r.tb.Helper()
	file := filepath.Join(r.path, path)
	require.NoError(r.tb, os.MkdirAll(filepath.Dir(file), 0o755))  //nolint:gosec // as above
	require.NoError(r.tb, os.WriteFile(file, []byte(text), 0o644)) //nolint:gosec // as above
}

// Remove removes a file or a directory.
func (r *Root) Remove(path string) {
	r.tb.Helper()
	require.NoError(r.tb, os.RemoveAll(filepath.Join(r.path, path)))
}

// Process writes the files of a process itself: its stat and its command line.
func (r *Root) Process(pid int, leader Thread, words ...string) {
	r.tb.Helper()
	dir := filepath.Join("proc", strconv.Itoa(pid))
	r.Write(filepath.Join(dir, "stat"), Stat(pid, leader))
	r.Write(filepath.Join(dir, "cmdline"), strings.Join(append(words, ""), "\x00"))
	r.Thread(pid, pid, leader)
}

// Thread writes the files of a thread.
func (r *Root) Thread(pid, tid int, t Thread) {
	r.tb.Helper()
	dir := filepath.Join("proc", strconv.Itoa(pid), "task", strconv.Itoa(tid))
	r.Write(filepath.Join(dir, "schedstat"), fmt.Sprintf("%d %d %d\n", t.OnCPU, t.Wait, t.Slices))
	r.Write(filepath.Join(dir, "stat"), Stat(tid, t))
	r.Write(filepath.Join(dir, "status"), Status(tid, t))
}

// Stat is the text of a stat file, as Linux 6.18 writes it.
func Stat(tid int, t Thread) string {
	return fmt.Sprintf("%d (%s) %s 1 1 1 0 -1 4194304 95 0 1 0 %d %d 0 0 20 0 9 0 %d 8196096 501 18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 -1 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
		tid, t.Name, cmp.Or(t.State, "S"), t.User, t.System, t.Start)
}

// Status is the text of a status file, shortened. The kernel escapes line feeds and backslashes in the name.
func Status(tid int, t Thread) string {
	name := strings.NewReplacer("\n", `\n`, `\`, `\\`).Replace(t.Name)
	peak := ""
	if t.Peak > 0 {
		peak = fmt.Sprintf("VmPeak:\t%8d kB\n", t.Peak)
	}
	return fmt.Sprintf("Name:\t%s\nUmask:\t0022\nState:\t%s (state)\nPid:\t%d\n%sThreads:\t9\nCpus_allowed_list:\t0-1\nvoluntary_ctxt_switches:\t%d\nnonvoluntary_ctxt_switches:\t%d\n",
		name, cmp.Or(t.State, "S"), tid, peak, t.Voluntary, t.Involuntary)
}
