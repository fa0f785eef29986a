// SPDX-License-Identifier: Apache-2.0

package part

import (
	"net"
	"slices"
	"strconv"

	"github.com/prometheus/procfs"
)

// listening is the state of a TCP socket in /proc/net/tcp that takes connections.
const listening = 0x0A

// Listens are the addresses, host:port, at which the process takes TCP connections, or something that it has started. None: it takes none, or
// the system does not tell.
func (p *Process) Listens() (addresses []string) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return nil
	}
	sockets := p.sockets(fs)
	//nolint:staticcheck // SA1019: netlink, which is to be used instead, is closed in many containers; /proc is there
	for _, table := range []func() (procfs.NetTCP, error){fs.NetTCP, fs.NetTCP6} {
		lines, err := table()
		if err != nil {
			continue // a system without IPv6, say
		}
		for _, line := range lines {
			if line.St == listening && sockets["socket:["+strconv.FormatUint(line.Inode, 10)+"]"] {
				addresses = append(addresses, net.JoinHostPort(line.LocalAddr.String(), strconv.FormatUint(line.LocalPort, 10)))
			}
		}
	}
	slices.Sort(addresses)
	return slices.Compact(addresses)
}

// sockets are the files that the supervisor's descendants have open, sockets among them.
func (p *Process) sockets(fs procfs.FS) map[string]bool {
	sockets := map[string]bool{}
	processes, err := fs.AllProcs()
	if err != nil {
		return sockets
	}
	parents := map[int]int{}
	for _, process := range processes {
		if stat, err := process.Stat(); err == nil { // it may have ended meanwhile
			parents[process.PID] = stat.PPID
		}
	}
	for _, process := range processes {
		at, isOurs := process.PID, false
		for range len(parents) { // a snapshot of what changes may have circles
			if at = parents[at]; at == p.cmd.Process.Pid {
				isOurs = true
				break
			}
		}
		if !isOurs {
			continue
		}
		files, err := process.FileDescriptorTargets()
		if err != nil {
			continue
		}
		for _, file := range files {
			sockets[file] = true
		}
	}
	return sockets
}
