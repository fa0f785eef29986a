// SPDX-License-Identifier: Apache-2.0

package network

import (
	"fmt"
	"net/netip"
	"sync"
)

// Addresses deals out the addresses of one node's pods. An address comes back as late as possible, so that what still holds the address of a pod that
// is gone does not reach another.
type Addresses struct {
	mu     sync.Mutex
	prefix netip.Prefix
	last   netip.Addr
	taken  map[netip.Addr]bool
}

// NewAddresses deals out the addresses of a prefix but the first, which is that of the network.
func NewAddresses(prefix netip.Prefix) *Addresses {
	return &Addresses{prefix: prefix, last: prefix.Masked().Addr(), taken: map[netip.Addr]bool{}}
}

// Take returns an address that no pod has.
func (a *Addresses) Take() (netip.Addr, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	first := a.prefix.Masked().Addr()
	for next := a.last.Next(); ; next = next.Next() {
		if !a.prefix.Contains(next) {
			next = first.Next()
		}
		if !a.taken[next] {
			a.taken[next] = true
			a.last = next
			return next, nil
		}
		if next == a.last {
			return netip.Addr{}, fmt.Errorf("all %d addresses of %s are taken", len(a.taken), a.prefix)
		}
	}
}

// GiveBack frees an address.
func (a *Addresses) GiveBack(address netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.taken, address)
}
