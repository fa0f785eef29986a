// SPDX-License-Identifier: Apache-2.0

package audit

import "github.com/cespare/xxhash/v2"

// gone are the runs that were forgotten: who unites accounts must know that this one lacks them.
type gone struct {
	names map[uint64]struct{} // hashes
	more  bool                // there were more than are remembered
}

// mostGone bounds them.
const mostGone = 4096

func (g *gone) add(run string) {
	if len(g.names) >= mostGone {
		g.more = true
		return
	}
	if g.names == nil {
		g.names = map[uint64]struct{}{}
	}
	g.names[xxhash.Sum64String(run)] = struct{}{}
}

// held reports whether a run is one of those that are remembered.
func (g *gone) held(run string) bool {
	_, held := g.names[xxhash.Sum64String(run)]
	return held
}

// has reports whether a run may be one of them.
func (g *gone) has(run string) bool {
	return g.more || g.held(run)
}
