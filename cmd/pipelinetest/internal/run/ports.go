// SPDX-License-Identifier: Apache-2.0

package run

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// loopback is where everything listens.
const loopback = "127.0.0.1"

// Ports are taken below those that systems give to outgoing connections: such a one could take the port of a part that is just being
// started again.
const firstPort, endOfPorts = 15000, 32000

// Ports hands out free ports. Tests that run at the same time must share it: between its choice and its use, a port looks free to others.
type Ports struct {
	mu    sync.Mutex
	taken map[string]bool
}

// take finds a free port of the loopback interface.
func (p *Ports) take() (address string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range 1000 {
		address := net.JoinHostPort(loopback, strconv.Itoa(firstPort+rand.IntN(endOfPorts-firstPort))) //nolint:gosec // G404: two programs at once are only to be unlikely to choose the same
		if p.taken[address] {
			continue
		}
		listener, listenErr := net.Listen("tcp", address)
		if listenErr != nil {
			err = listenErr
			continue
		}
		if p.taken == nil {
			p.taken = map[string]bool{}
		}
		p.taken[address] = true
		return address, listener.Close()
	}
	return "", fmt.Errorf("no free port from %d to %d: %w", firstPort, endOfPorts-1, err)
}

// give gives ports back.
func (p *Ports) give(addresses []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, address := range addresses {
		delete(p.taken, address)
	}
}
