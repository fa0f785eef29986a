package part

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	Main()
	goleak.VerifyTestMain(m)
}

// shell starts a shell script.
func shell(t *testing.T, script string, change ...func(*Spec)) *Process {
	t.Helper()
	dir := t.TempDir()
	spec := Spec{Name: "script", Args: []string{"sh", "-c", script}, Env: os.Environ(), Dir: dir, Log: filepath.Join(dir, "script.log")}
	for _, c := range change {
		c(&spec)
	}
	p, err := Start(spec)
	require.NoError(t, err)
	t.Cleanup(p.Kill)
	return p
}

// printed waits until the process has printed a text.
func printed(t *testing.T, p *Process, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return p.Said(text) }, 30*time.Second, time.Millisecond, text)
}

func TestStop(t *testing.T) {
	obeys := shell(t, `trap 'echo bye; exit 3' INT; echo ready; while :; do sleep 0.01; done`)
	printed(t, obeys, "ready")
	assert.True(t, obeys.Stop(t.Context(), 30*time.Second, func() {}))
	assert.Equal(t, "exit status 3", obeys.Ending())
	assert.Equal(t, []string{"ready", "bye"}, obeys.Tail(5))
	assert.Equal(t, []string{"bye"}, obeys.Tail(1))

	refuses := shell(t, `trap '' INT; echo ready; while :; do sleep 0.01; done`)
	printed(t, refuses, "ready")
	assert.False(t, refuses.Stop(t.Context(), 50*time.Millisecond, func() {}))
	assert.Equal(t, "signal: killed", refuses.Ending())
}

func TestSaid(t *testing.T) {
	p := shell(t, `echo one; echo two; exec sleep 60`)
	printed(t, p, "two")
	assert.False(t, p.Said("two"), "it was there the last time")
}

// TestGrandchild: what a part has started ends with it.
func TestGrandchild(t *testing.T) {
	p := shell(t, `sleep 60 & echo "child $!"; wait`)
	printed(t, p, "child")
	pid := strings.Fields(p.Tail(1)[0])[1]
	p.Kill()
	require.Eventually(t, func() bool { return gone(pid) }, 30*time.Second, time.Millisecond)
}

// gone tells whether a process has ended, be it that nobody has asked for its end yet.
func gone(pid string) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	return err != nil || strings.Contains(string(stat), ") Z ")
}

func TestNotStarted(t *testing.T) {
	dir := t.TempDir()
	_, err := Start(Spec{Args: []string{filepath.Join(dir, "none")}, Log: filepath.Join(dir, "log")})
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// TestDisk: a part has a disk of its own size, which can be filled under it.
func TestDisk(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs Linux")
	}
	disk := t.TempDir()
	needUserNamespaces(t)
	p := shell(t, `head -c 100000 /dev/zero >"$0/before" && echo wrote before
		until [ -e "$0/.pipelinetest-full" ]; do sleep 0.01; done
		until ! echo x >"$0/x"; do :; done; echo full
		while [ -e "$0/.pipelinetest-full" ]; do sleep 0.01; done
		head -c 100000 /dev/zero >"$0/after" && echo wrote after`, func(s *Spec) {
		s.Disk, s.DiskDir = 1<<20, disk
		s.Args = append(s.Args, disk)
	})
	printed(t, p, "wrote before")
	require.NoError(t, p.FillDisk())
	printed(t, p, "full")
	filler, err := os.Stat(p.onDisk(fillerName))
	require.NoError(t, err)
	assert.InDelta(t, 1<<20-100000, filler.Size(), 8192)
	require.NoError(t, p.EmptyDisk())
	printed(t, p, "wrote after")
	left, err := os.ReadDir(disk)
	require.NoError(t, err)
	assert.Empty(t, left, "outside there is nothing of it")
}

// needUserNamespaces skips a test where the system does not let unprivileged programs mount.
func needUserNamespaces(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	spec := Spec{Name: "disk", Args: []string{"true"}, Env: os.Environ(), Dir: dir, Log: filepath.Join(dir, "log"), Disk: 1 << 20, DiskDir: t.TempDir()}
	p, err := Start(spec)
	if errors.Is(err, os.ErrPermission) {
		t.Skip("no user namespaces: ", err)
	}
	require.NoError(t, err)
	if ending := p.Ending(); ending != EndedWell {
		t.Skip("no file systems in user namespaces: ", ending, p.Tail(1))
	}
}
