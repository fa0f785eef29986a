// SPDX-License-Identifier: Apache-2.0

package run

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
)

// names is what the names of parts with replicas resolve to: a file that parts see at /etc/hosts. Who looks a name up finds all replicas that are
// listed, each at an address of its own, with one port.
type names struct {
	path     string
	before   []byte // what stands there without this test
	replicas []entry
}

type entry struct {
	name, domain, address string
	gone                  int // faults that keep it off the list
}

// newNames makes the file; nil: no part has replicas.
func (c *course) newNames() (*names, error) {
	n := &names{path: filepath.Join(c.Options.Dir, "hosts")}
	for _, m := range c.members {
		if m.Group != "" {
			host, _, _ := strings.Cut(m.grpc, ":")
			n.replicas = append(n.replicas, entry{name: m.Name, domain: scenario.Domain(m.Group), address: host})
		}
	}
	if len(n.replicas) == 0 {
		return nil, nil
	}
	n.before, _ = os.ReadFile("/etc/hosts") // none: then there is nothing to keep
	return n, n.write()
}

// list takes a replica off the list, or puts it back.
func (n *names) list(name string, gone bool) error {
	for i := range n.replicas {
		if r := &n.replicas[i]; r.name == name {
			r.gone--
			if gone {
				r.gone += 2
			}
		}
	}
	return n.write()
}

// write writes the file in place: it is mounted, and another file of that name would not be.
func (n *names) write() error {
	var b strings.Builder
	b.Write(n.before)
	b.WriteString("\n")
	for _, r := range n.replicas {
		if r.gone <= 0 {
			fmt.Fprintf(&b, "%s %s\n", r.address, r.domain)
		}
	}
	file, err := os.OpenFile(n.path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if _, err := file.WriteAt([]byte(b.String()), 0); err != nil {
		return err
	}
	return file.Truncate(int64(b.Len()))
}

// address is that of a replica on this machine. Others are at that of all parts.
func address(p *scenario.Part) string {
	if p.Replica == 0 {
		return loopback
	}
	return fmt.Sprintf("127.0.2.%d", p.Replica)
}

// unlisting is what a replica was seen to get while its name was off the list. Whoever sends there may not look it up again for a while, or ever.
type unlisting struct {
	readAt    time.Time
	got       uint64 // by that reading
	elsewhere uint64 // how much had arrived then
	// avoided: between two readings nothing came to the replica, while more arrived; or it was down.
	avoided bool
}

// look compares the replica's last reading with the one before.
func (u *unlisting) look(e *encounter, arrived uint64) {
	m := e.subject
	if !m.up {
		u.avoided = true
		return
	}
	if !m.readAt.After(e.began) || !m.readAt.After(u.readAt) {
		return
	}
	var got uint64
	for _, signal := range scenario.Signals {
		got += telemetry.Sum(m.account.Components(), signal).Received
	}
	u.avoided = u.avoided || !u.readAt.IsZero() && got > 0 && got == u.got && arrived > u.elsewhere
	u.readAt, u.got, u.elsewhere = m.readAt, got, arrived
}
