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
func (p *Ports) take() (address string, err error) { return p.takeFor(loopback) }

// takeFor finds a port that is free at all of some addresses of the loopback interface. It returns the first of them, with the port.
func (p *Ports) takeFor(hosts ...string) (address string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range 1000 {
		address := net.JoinHostPort(hosts[0], strconv.Itoa(firstPort+rand.IntN(endOfPorts-firstPort))) //nolint:gosec // G404: two programs at once are only to be unlikely to choose the same
		if p.taken[address] {
			continue
		}
		if listenErr := p.areFree(address, hosts); listenErr != nil {
			err = listenErr
			continue
		}
		if p.taken == nil {
			p.taken = map[string]bool{}
		}
		p.taken[address] = true
		return address, nil
	}
	return "", fmt.Errorf("no free port from %d to %d: %w", firstPort, endOfPorts-1, err)
}

// areFree tells whether the port of an address is free at all hosts.
func (*Ports) areFree(address string, hosts []string) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	for _, host := range hosts {
		listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
		if err != nil {
			return err
		}
		if err := listener.Close(); err != nil {
			return err
		}
	}
	return nil
}

// give gives ports back.
func (p *Ports) give(addresses []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, address := range addresses {
		delete(p.taken, address)
	}
}
