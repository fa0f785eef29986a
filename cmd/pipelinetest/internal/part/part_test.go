// SPDX-License-Identifier: Apache-2.0

package part

import (
	"errors"
	"os"
	"os/exec"
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
	if err := os.Setenv("GORACE", "atexit_sleep_ms=0"); err != nil { // a supervisor would wait a second before it ends
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// patience is for a machine that has much else to do.
const patience = 5 * time.Minute

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
	require.Eventually(t, func() bool { return strings.Contains(strings.Join(p.Tail(1000), "\n")+"\n", text+"\n") }, patience, time.Millisecond, text)
}

func TestStop(t *testing.T) {
	obeys := shell(t, `trap 'echo bye; exit 3' INT; echo ready; while :; do sleep 0.01; done`)
	printed(t, obeys, "ready")
	assert.True(t, obeys.Stop(t.Context(), patience, func() {}))
	assert.Equal(t, "exit status 3", obeys.Ending())
	assert.Equal(t, []string{"ready", "bye"}, obeys.Tail(5))
	assert.Equal(t, []string{"bye"}, obeys.Tail(1))

	refuses := shell(t, `trap '' INT; echo ready; while :; do sleep 0.01; done`)
	printed(t, refuses, "ready")
	assert.False(t, refuses.Stop(t.Context(), 50*time.Millisecond, func() {}))
	assert.Equal(t, "signal: killed", refuses.Ending())
}

func TestSaid(t *testing.T) {
	p := shell(t, `echo one; echo two; echo three; exec sleep 600`, func(s *Spec) { s.Watch = "two" })
	printed(t, p, "three")
	assert.True(t, p.Said())
	assert.False(t, p.Said(), "it was there the last time")
}

// TestSaidInPieces: a text that comes in two pieces is found, and one that is not watched for is not.
func TestSaidInPieces(t *testing.T) {
	l, to, err := openLog(filepath.Join(t.TempDir(), "log"), "The run ended", nil)
	require.NoError(t, err)
	for _, piece := range []string{"The run e", "nde", "d. The run is over."} {
		assert.False(t, l.takeSaid())
		l.add([]byte(piece))
	}
	assert.True(t, l.takeSaid())
	l.add([]byte(" The run"))
	assert.False(t, l.takeSaid())
	require.NoError(t, to.Close())
	l.finish()
}

// TestDescendants: what a part has started ends with it, however far it has gone away, and whether the part is killed or ends by itself.
func TestDescendants(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs Linux")
	}
	for name, script := range map[string]string{
		"child":                      `sleep 600 & echo "pid $!"`,
		"in a session of its own":    `setsid sh -c 'echo "pid $$"; exec sleep 600' &`,
		"left behind":                `(setsid sh -c 'echo "pid $$"; exec sleep 600' &)`,
		"without its environment":    `(env -i setsid sh -c 'echo "pid $$"; exec sleep 600' &)`,
		"that has children":          `(setsid sh -c 'sh -c "echo \"pid \$\$\"; exec sleep 600" & wait' &)`,
		"that ignores what it can":   `(setsid sh -c 'trap "" INT TERM HUP; echo "pid $$"; exec sleep 600' &)`,
		"that has closed its output": `(setsid sh -c 'echo "pid $$"; exec sleep 600 >/dev/null 2>&1' &)`,
	} {
		for _, end := range []string{"wait; while :; do sleep 0.01; done", `until [ -e "$0/end" ]; do sleep 0.01; done`} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				p := shell(t, script+"\n"+end, func(s *Spec) { s.Args = append(s.Args, dir) })
				pid := ""
				require.Eventually(t, func() bool {
					pid = strings.TrimPrefix(p.Tail(1)[0], "pid ")
					return pid != "" && !gone(t, pid)
				}, patience, time.Millisecond)
				if strings.HasPrefix(end, "wait") {
					p.Kill()
				} else {
					require.NoError(t, os.WriteFile(filepath.Join(dir, "end"), nil, 0o600))
					assert.Equal(t, EndedWell, p.Ending())
				}
				assert.True(t, gone(t, pid), "when the part has ended, so has everything of it")
			})
		}
	}
}

// gone tells whether a process has ended.
func gone(t *testing.T, pid string) bool {
	t.Helper()
	_, err := os.Stat(filepath.Join("/proc", pid))
	return os.IsNotExist(err)
}

// TestLog: of what a process prints without end, the beginning and the end are kept, and how much is between them is said.
func TestLog(t *testing.T) {
	const printed = 64 << 20
	dir := t.TempDir()
	p := shell(t, `echo first; head -c 67108864 /dev/zero | tr '\0' 'x'; echo; echo last`, func(s *Spec) { s.Log = filepath.Join(dir, "log") })
	assert.Equal(t, EndedWell, p.Ending())
	assert.Equal(t, []string{"last"}, p.Tail(1))
	text, err := os.ReadFile(filepath.Join(dir, "log"))
	require.NoError(t, err)
	const line = "\n--- pipelinetest has left out 61865996 bytes here ---\n"
	assert.Equal(t, len("first\n")+printed+len("\nlast\n")-(logHead+logTail), 61865996)
	assert.Len(t, text, logHead+len(line)+logTail)
	assert.True(t, strings.HasPrefix(string(text), "first\nxxx"))
	assert.Contains(t, string(text), "x"+line+"x")
	assert.True(t, strings.HasSuffix(string(text), "xxx\nlast\n"))
}

// TestShortLog is kept as it is, of every process that writes to the same file.
func TestShortLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for range 2 {
		assert.Equal(t, "exit status 3", shell(t, `printf 'one\ntwo'; exit 3`, func(s *Spec) { s.Log = path }).Ending())
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "one\ntwoone\ntwo", string(text))
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
		until ! echo x >>"$0/x"; do :; done; echo full
		while [ -e "$0/.pipelinetest-full" ]; do sleep 0.01; done
		head -c 100000 /dev/zero >"$0/after" && echo wrote after`, func(s *Spec) {
		s.Disk, s.DiskDir = 1<<20, disk
		s.Args = append(s.Args, disk)
	})
	printed(t, p, "wrote before")
	assert.True(t, p.UsesDisk())
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
		t.Skip("no user namespaces, or no file systems in them: ", err)
	}
	require.NoError(t, err)
	assert.Equal(t, EndedWell, p.Ending())
	assert.False(t, p.UsesDisk(), "it has ended")
}

// TestListens: what a part listens at is seen, also if something that it has started does it.
func TestListens(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems do not tell")
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 stands for a part that listens")
	}
	p := shell(t, `(setsid `+python+` -c 'import socket, time
s = socket.create_server(("127.0.0.1", 0)); print("at %s:%s" % s.getsockname(), flush=True); time.sleep(6000)'); true`)
	var address string
	require.Eventually(t, func() bool {
		line, found := strings.CutPrefix(p.Tail(1)[0], "at ")
		address = line
		return found
	}, patience, time.Millisecond)
	assert.Equal(t, []string{address}, p.Listens())

	nothing := shell(t, `echo ready; sleep 6000`)
	printed(t, nothing, "ready")
	assert.Empty(t, nothing.Listens())
}
