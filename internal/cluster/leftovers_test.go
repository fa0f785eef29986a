// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// traces are where a cluster could leave something: what is there now, in lines.
var traces = map[string]func(t *testing.T) []string{
	"mounts":             func(t *testing.T) []string { t.Helper(); return fileLines(t, "/proc/self/mounts") },
	"links":              func(t *testing.T) []string { t.Helper(); return printed(t, "ip", "-oneline", "link") },
	"routes":             func(t *testing.T) []string { t.Helper(); return printed(t, "ip", "route", "show", "table", "all") },
	"network namespaces": func(t *testing.T) []string { t.Helper(); return printed(t, "ip", "netns", "list") },
	"nftables":           func(t *testing.T) []string { t.Helper(); return printed(t, "nft", "list", "tables") },
	"control groups":     func(t *testing.T) []string { t.Helper(); return folders(t, "/sys/fs/cgroup") },
	"processes":          processes,
	"settings of the kernel": func(t *testing.T) []string {
		t.Helper()
		return printed(t, "sh", "-c", "grep . /proc/sys/vm/overcommit_memory /proc/sys/vm/panic_on_oom /proc/sys/kernel/panic* /proc/sys/kernel/keys/root_max* "+
			"/proc/sys/net/ipv4/ip_forward /proc/sys/net/netfilter/nf_conntrack_max")
	},
	"folders of a kubelet": func(t *testing.T) []string {
		t.Helper()
		return printed(t, "sh", "-c", "ls -d /var/lib/kubelet /var/log/pods /run/control /run/node /run/volumes /run/netns/* /usr/libexec/kubernetes /etc/cni 2>/dev/null; true")
	},
}

func fileLines(t *testing.T, path string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return strings.Split(string(data), "\n")
}

func printed(t *testing.T, command ...string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), command[0], command[1:]...).Output()
	require.NoError(t, err)
	return strings.Split(string(out), "\n")
}

func folders(t *testing.T, root string) (found []string) {
	t.Helper()
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			found = append(found, path)
		}
		return nil // another program may have removed it right now
	})
	return found
}

// processes are those of the programs of the cluster.
func processes(t *testing.T) (found []string) {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	require.NoError(t, err)
	for _, link := range links {
		if program, err := os.Readlink(link); err == nil && strings.HasPrefix(program, programs(t)) {
			found = append(found, link+" "+program)
		}
	}
	return found
}

func programs(t *testing.T) string {
	t.Helper()
	folder, err := filepath.Abs("../../bin/cluster")
	require.NoError(t, err)
	return folder
}

// start starts the command and returns when the cluster runs.
func start(t *testing.T) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(programs(t), "kubelet")); err != nil || missing() != nil {
		t.Skip("left out: a cluster needs root, ip, nft and make cluster")
	}
	command := exec.CommandContext(t.Context(), filepath.Join(programs(t), "cluster"), "-root=../..", "-scenario=^healthy$")
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan())
	require.Contains(t, lines.Text(), "The cluster is ready")
	return command, lines
}

// Whether it ends by itself, is stopped with Ctrl-C while pods run, or is killed: nothing of the cluster stays.
func TestLeavesNothing(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, command *exec.Cmd, lines *bufio.Scanner) int{
		"by itself": func(t *testing.T, _ *exec.Cmd, lines *bufio.Scanner) int {
			t.Helper()
			require.True(t, lines.Scan())
			assert.Contains(t, lines.Text(), "ok   healthy 1")
			return 0
		},
		"Ctrl-C": func(t *testing.T, command *exec.Cmd, _ *bufio.Scanner) int {
			t.Helper()
			untilPodsRun(t)
			require.NoError(t, command.Process.Signal(syscall.SIGINT))
			return exitNobodyKnows
		},
		"SIGKILL": func(t *testing.T, command *exec.Cmd, _ *bufio.Scanner) int {
			t.Helper()
			untilPodsRun(t)
			require.NoError(t, command.Process.Kill())
			return -1
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := map[string][]string{}
			for what, look := range traces {
				before[what] = look(t)
			}
			command, lines := start(t)
			code := end(t, command, lines)
			for lines.Scan() {
				t.Log(lines.Text())
			}
			_ = command.Wait() // the exit code says it
			assert.Equal(t, code, command.ProcessState.ExitCode())
			for what, look := range traces {
				// The kernel takes a killed cluster down a moment after its first process.
				assert.Eventually(t, func() bool { return len(added(before[what], look(t))) == 0 }, 20*time.Second, 100*time.Millisecond, what)
				assert.Empty(t, added(before[what], look(t)), what)
			}
		})
	}
}

// untilPodsRun waits until a Collector runs in a pod.
func untilPodsRun(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		commands, err := filepath.Glob("/proc/[0-9]*/cmdline")
		require.NoError(t, err)
		for _, path := range commands {
			if data, err := os.ReadFile(path); err == nil && strings.HasPrefix(string(data), "/otelcol-runtimelab\x00") {
				return true
			}
		}
		return false
	}, time.Minute, 100*time.Millisecond)
}

// added are the lines that were not there before.
func added(before, after []string) (lines []string) {
	known := map[string]bool{}
	for _, line := range before {
		known[line] = true
	}
	for _, line := range after {
		if !known[line] {
			lines = append(lines, line)
		}
	}
	return lines
}
