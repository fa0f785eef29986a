// SPDX-License-Identifier: Apache-2.0

package instances

import (
	"maps"
	"slices"
	"sync/atomic"
	"time"
)

const (
	// unclaimedFor is how long a process is told of before it is odd that no span is of it.
	unclaimedFor = 30 * time.Second
	// mostNamed is how many services are named.
	mostNamed = 5
)

// claim says whether spans of a process came, since the kernel tells of it.
type claim struct {
	since time.Time
	made  atomic.Bool
	said  bool // that none did
}

// Unclaimed returns the names of services whose spans came, once the kernel has told of a process for a while and no span was of it. It returns
// them once. If no spans came at all, there is nothing to tell.
func (s *Instances) Unclaimed(who *Identity, now time.Time) (services []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.byKey[who.Key()]
	if found == nil || found.cpu == nil || found.claim.said || found.claim.made.Load() || now.Sub(found.claim.since) < unclaimedFor {
		return nil
	}
	named := map[string]struct{}{}
	for _, instance := range s.byKey {
		if instance.sends && instance.cpu == nil {
			named[instance.who.Service] = struct{}{}
		}
	}
	if len(named) == 0 {
		return nil
	}
	found.claim.said = true
	services = slices.Sorted(maps.Keys(named))
	return services[:min(len(services), mostNamed)]
}
