// SPDX-License-Identifier: Apache-2.0

// Package proxy stands on the link between two processes, and disturbs it on command.
//
// A [Proxy] listens on a port of the loopback interface and forwards to a target. [Proxy.Disturb] puts a [Fault] in force, on the
// connections there are as well as on new ones, until it is restored; several may be in force at once. [Counts] says exactly what
// has become of each request and connection.
//
//	              wire                               forwarder (protocols GRPC and HTTP)
//	client --> | accept, down, reset             | --> | gate --> hop --> hop --> ... --> deliver | --> target
//	       <-- | delay and bandwidth, both ways  | <-- | TLS      grpc, http, otlp: one hop each  | <--
//
// # The wire
//
// The wire is the layer of connections; it knows nothing of what they carry. Each direction of a connection is a queue between one
// goroutine that reads and one that writes: a chunk of bytes leaves when its delay is over and the bandwidth allows it. Nothing
// overtakes. All connections of the link share its bandwidth. When the faults in force change, waiting chunks are judged anew: a
// link recovers at once.
//
// github.com/Shopify/toxiproxy would do the same, but for links like these: its reset spares a connection that is idle, and ends others
// with an orderly end instead of a reset; a toxic cannot be removed while the receiver does not read (which is what backpressure is);
// and a proxy that is stopped gives its port away.
//
// # The forwarder
//
// The forwarder is the layer of requests. Over gRPC it is a server whose only handler takes any call with one request and one answer, which is all
// there is in OTLP, and makes the same call to the target. Over HTTP it is a server of any path that sends the same request to the target. It carries
// messages as bytes; only corrupt and partial_success decode them. Metadata, headers, deadlines, compression and the details of a status survive both
// ways. Each fault of requests is a hop on the way, in the order in which they came into force: the first hop is the nearest to the
// client, and what it does, the next one sees.
//
// # TLS
//
// A connection that begins with TLS is ended at the gate if the proxy has a certificate, and the proxy goes to the target with TLS of its own: it is
// then a man in the middle whom both sides have to trust. Without a certificate, the bytes go to the target as they are, and faults of
// connections are the only ones.
package proxy

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Protocol is what a link carries, as far as a proxy has to understand it.
type Protocol uint8

// The protocols.
const (
	// TCP is any bytes: faults of connections only.
	TCP Protocol = iota
	// GRPC is gRPC, calls of one request and one answer: all faults but http.
	GRPC
	// HTTP is HTTP/1 and HTTP/2: all faults but grpc.
	HTTP
)

// Config is where a proxy stands.
type Config struct {
	// Listen is host:port; empty: a free port of 127.0.0.1.
	Listen string
	// Target is host:port. Nothing has to listen there yet.
	Target   string
	Protocol Protocol
	// TLS is what the proxy needs to read what is sent inside TLS; nil: TLS is passed on as it is.
	TLS *TLS
	// Seed of Fault.Share: the same requests in the same order suffer from the same faults.
	Seed uint64
}

// Proxy is a link that can be disturbed. Safe for concurrent use.
type Proxy struct {
	endpoint  string
	counters  counters
	wire      *wire
	forwarder forwarder // nil: protocol TCP
	protocol  Protocol
	close     func() error
}

// forwarder is the layer of requests of a protocol.
type forwarder interface {
	endpoint() string
	disturb(fault Fault) (*Disturbance, error)
	close()
}

// newForwarder is the one of the configuration's protocol.
func newForwarder(config *Config, counters *counters) (forwarder, error) {
	if config.Protocol == HTTP {
		return newOverHTTP(config, counters)
	}
	return newOverGRPC(config, counters)
}

// New listens, and forwards from now on.
func New(config Config) (*Proxy, error) {
	if config.Listen == "" {
		config.Listen = "127.0.0.1:0"
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(context.Background(), "tcp", config.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen at %q for %s: %w", config.Listen, config.Target, err)
	}
	p := &Proxy{endpoint: listener.Addr().String(), protocol: config.Protocol}
	target := config.Target
	if config.Protocol != TCP {
		p.counters.reads, p.counters.readsTLS = true, config.TLS != nil
		if p.forwarder, err = newForwarder(&config, &p.counters); err != nil {
			_ = listener.Close()
			return nil, fmt.Errorf("forward to %s: %w", config.Target, err)
		}
		target = p.forwarder.endpoint()
	}
	p.wire = newWire(listener, target, &p.counters)
	p.close = sync.OnceValue(func() error {
		err := p.wire.close()
		if p.forwarder != nil {
			p.forwarder.close()
		}
		return err
	})
	return p, nil
}

// Endpoint is where it listens, host:port.
func (p *Proxy) Endpoint() string { return p.endpoint }

// Disturb puts a fault in force: every request that comes after it has returned is subject to it. So is every connection; down has cut
// them when it returns.
func (p *Proxy) Disturb(f Fault) (*Disturbance, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	if !f.OfRequests() {
		return p.wire.disturb(f)
	}
	if !f.Meets(p.protocol) {
		return nil, fmt.Errorf("%s: is not allowed on a link of another protocol; want one of down, reset, delay, bandwidth", f)
	}
	return p.forwarder.disturb(f)
}

// Close cuts all connections, and delivers what is held back: it waits [closeGrace] at most for a target that does not take it. Nothing
// of the proxy runs afterwards; Counts stays.
func (p *Proxy) Close() error { return p.close() }

// closeGrace is how long requests held back have time to arrive when the proxy is closed.
const closeGrace = 2 * time.Second

// Counts say what has become of requests and connections. A request that several faults have befallen is counted for each.
type Counts struct {
	// Requests that have come; 0 of a proxy of protocol TCP.
	Requests uint64 `json:"requests"`
	// Passed are delivered and answered undisturbed.
	Passed uint64 `json:"passed"`
	// Failed at the target by no fault of the proxy's: it has answered with an error, or was not there, or the client has gone away.
	Failed uint64 `json:"failed"`
	// Refused are answered with the status of a fault, and not delivered.
	Refused uint64 `json:"refused"`
	// Dropped are answered with OK, and not delivered.
	Dropped uint64 `json:"dropped"`
	// Duplicated are delivered twice.
	Duplicated uint64 `json:"duplicated"`
	// Reordered are delivered after a later one.
	Reordered uint64 `json:"reordered"`
	// Corrupted are delivered with a change.
	Corrupted uint64 `json:"corrupted"`
	// ResponsesLost are delivered, but answered as if they were not.
	ResponsesLost uint64 `json:"responses_lost"`
	// Rejected are answered with OK and a partial success. What it rejects of them is not delivered.
	Rejected uint64 `json:"rejected"`
	// Undelivered are answered with OK when they were held back, but then the target refused them for good, or was gone when the proxy
	// was closed.
	Undelivered uint64 `json:"undelivered"`

	// Connections that have been taken.
	Connections uint64 `json:"connections"`
	// ConnectionsRefused because the link was down.
	ConnectionsRefused uint64 `json:"connections_refused"`
	// ConnectionsCut because the link went down.
	ConnectionsCut uint64 `json:"connections_cut"`
	// ConnectionsReset after their time.
	ConnectionsReset uint64 `json:"connections_reset"`
}

// Plus adds those of another proxy.
func (c Counts) Plus(other Counts) Counts {
	return Counts{
		Requests: c.Requests + other.Requests, Passed: c.Passed + other.Passed, Failed: c.Failed + other.Failed, Refused: c.Refused + other.Refused,
		Dropped: c.Dropped + other.Dropped, Duplicated: c.Duplicated + other.Duplicated, Reordered: c.Reordered + other.Reordered,
		Corrupted: c.Corrupted + other.Corrupted, ResponsesLost: c.ResponsesLost + other.ResponsesLost, Rejected: c.Rejected + other.Rejected,
		Undelivered: c.Undelivered + other.Undelivered, Connections: c.Connections + other.Connections,
		ConnectionsRefused: c.ConnectionsRefused + other.ConnectionsRefused, ConnectionsCut: c.ConnectionsCut + other.ConnectionsCut,
		ConnectionsReset: c.ConnectionsReset + other.ConnectionsReset,
	}
}

// counters are Counts in the making.
type counters struct {
	requests, passed, failed, refused, dropped, duplicated, reordered, corrupted, responsesLost, rejected, undelivered,
	connections, connectionsRefused, connectionsCut, connectionsReset atomic.Uint64
	heard         heard
	answers       answers
	rejectedItems items
	unanswered    unanswered
	// carried is how often clients have sent something of a request, or requests with telemetry where these can be told; opaque how often what nobody
	// here can read.
	carried, opaque atomic.Uint64
	reads           bool // the proxy reads requests, unless they are inside TLS
	readsTLS        bool // it reads those, too
}

// carry counts what a talk has heard.
func (c *counters) carry(direction, carried int, speaks language) {
	switch {
	case direction != 0:
	case speaks == opaque && !c.readsTLS:
		c.opaque.Add(1)
	case carried > 0 && !c.reads:
		c.carried.Add(1)
	}
}

// Counts so far. Each is counted before the client can know.
func (p *Proxy) Counts() Counts {
	c := &p.counters
	return Counts{
		Requests: c.requests.Load(), Passed: c.passed.Load(), Failed: c.failed.Load(), Refused: c.refused.Load(),
		Dropped: c.dropped.Load(), Duplicated: c.duplicated.Load(), Reordered: c.reordered.Load(), Corrupted: c.corrupted.Load(),
		ResponsesLost: c.responsesLost.Load(), Rejected: c.rejected.Load(), Undelivered: c.undelivered.Load(),
		Connections: c.connections.Load(), ConnectionsRefused: c.connectionsRefused.Load(),
		ConnectionsCut: c.connectionsCut.Load(), ConnectionsReset: c.connectionsReset.Load(),
	}
}
