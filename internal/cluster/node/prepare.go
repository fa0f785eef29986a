// SPDX-License-Identifier: Apache-2.0

package node

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// settled are settings of the kernel, which all nodes and the machine share. A kubelet sets them to these values. It is shown files that have them, so that it
// leaves the machine's alone.
var settled = map[string]string{
	"/proc/sys/vm/overcommit_memory":      "1",
	"/proc/sys/vm/panic_on_oom":           "0",
	"/proc/sys/kernel/panic":              "10",
	"/proc/sys/kernel/panic_on_oops":      "1",
	"/proc/sys/kernel/keys/root_maxkeys":  "1000000",
	"/proc/sys/kernel/keys/root_maxbytes": "25000000",
}

// prepare gives the node folders of its own. Kubelet and kube-proxy find them where they always are.
func prepare(podLogs string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	// /run holds what the control plane has written: only what is below is the node's.
	for _, folder := range []string{"/run/netns", "/run/sandboxes", "/run/node", "/var/lib", "/var/log"} {
		if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // any user of a container passes through it
			return err
		}
		if err := unix.Mount("node", folder, "tmpfs", 0, "mode=0755"); err != nil {
			return fmt.Errorf("mount %s: %w", folder, err)
		}
	}
	if err := os.Mkdir("/var/log/pods", 0o755); err != nil { //nolint:gosec // logs are for everybody
		return err
	}
	if err := unix.Mount(podLogs, "/var/log/pods", "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount /var/log/pods: %w", err)
	}
	for path, value := range settled {
		file := filepath.Join("/run/node", filepath.Base(path))
		if err := os.WriteFile(file, []byte(value+"\n"), 0o600); err != nil {
			return err
		}
		if err := unix.Mount(file, path, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("cover %s: %w", path, err)
		}
	}
	return nil
}
