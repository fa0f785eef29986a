// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
)

// forwarder is the layer of requests: a gRPC server of any method, and the client that makes the same calls to the target.
type forwarder struct {
	listener net.Listener // between the wire and the server
	server   *grpc.Server
	target   *grpc.ClientConn
	counters *counters
	// hops are those in force, the first to have come first. The slice never changes; another takes its place.
	hops atomic.Pointer[[]*hop]
	// held are the goroutines that look after requests held back; life ends when they are to give up.
	held    sync.WaitGroup
	life    context.Context
	giveUp  context.CancelFunc
	serving sync.WaitGroup

	mu     sync.Mutex // guards what follows, and who may write hops
	closed bool
	seed   uint64
	faults uint64 // there have been
}

// call is a request on its way.
type call struct {
	ctx         context.Context
	method      string
	signal      *signal // nil: not OTLP
	metadata    metadata.MD
	compression string
	payload     []byte
	disturbed   bool // a fault has counted it
}

// isTelemetry tells whether there may be items in a call. Nothing is lost with a health check, or with a request that is empty.
func (c *call) isTelemetry() bool {
	return strings.HasPrefix(c.method, "/opentelemetry.proto.collector.") && len(c.payload) > 0
}

// answer is what comes back if there is no error, or with one, but for the payload.
type answer struct {
	payload         []byte
	header, trailer metadata.MD
}

// deliver carries a call to the target, or the next hop.
type deliver func(*call) (answer, error)

// newForwarder serves a port of its own.
func newForwarder(target string, seed uint64, counters *counters) (*forwarder, error) {
	f := &forwarder{counters: counters, seed: seed}
	f.hops.Store(new([]*hop))
	f.life, f.giveUp = context.WithCancel(context.Background())
	var err error
	f.target, err = grpc.NewClient("passthrough:///"+target,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithNoProxy(),
		grpc.WithDisableRetry(), // whether to retry is for the client to say
		grpc.WithDisableServiceConfig(),
		grpc.WithIdleTimeout(0),
		// A target that is started again is found at once; gRPC would wait up to two minutes.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 10 * time.Millisecond, Multiplier: 2, MaxDelay: 100 * time.Millisecond},
			MinConnectTimeout: 5 * time.Second,
		}),
		grpc.WithDefaultCallOptions(
			grpc.ForceCodecV2(bytesCodec{}), grpc.MaxCallRecvMsgSize(math.MaxInt32), grpc.MaxCallSendMsgSize(math.MaxInt32)),
	)
	if err != nil {
		return nil, err
	}
	var listen net.ListenConfig
	if f.listener, err = listen.Listen(f.life, "tcp", "127.0.0.1:0"); err != nil {
		return nil, errors.Join(err, f.target.Close())
	}
	f.server = grpc.NewServer(
		grpc.UnknownServiceHandler(f.handle),
		grpc.ForceServerCodecV2(bytesCodec{}),
		grpc.MaxRecvMsgSize(math.MaxInt32), grpc.MaxSendMsgSize(math.MaxInt32),
		// However often clients ping: that is between them and the target.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: time.Nanosecond, PermitWithoutStream: true}),
		grpc.StatsHandler(compressionOf{}),
		grpc.WaitForHandlers(true),
	)
	f.serving.Go(func() { _ = f.server.Serve(f.listener) })
	return f, nil
}

func (f *forwarder) endpoint() string { return f.listener.Addr().String() }

// handle forwards one call.
func (f *forwarder) handle(_ any, stream grpc.ServerStream) error {
	c := &call{ctx: stream.Context()}
	c.method, _ = grpc.MethodFromServerStream(stream)
	c.signal = signals[c.method]
	if err := stream.RecvMsg(&c.payload); err != nil {
		return err
	}
	f.counters.requests.Add(1)
	if c.isTelemetry() {
		f.counters.carried.Add(1)
	}
	c.metadata, _ = metadata.FromIncomingContext(c.ctx)
	c.compression = *c.ctx.Value(compressionOf{}).(*string)
	c.ctx = metadata.NewOutgoingContext(c.ctx, c.metadata)
	a, err := f.through(*f.hops.Load(), c)
	if !c.disturbed {
		if err == nil {
			f.counters.passed.Add(1)
		} else {
			f.counters.failed.Add(1)
			f.counters.answers.add(err)
		}
	}
	stream.SetTrailer(a.trailer)
	if headerErr := stream.SetHeader(a.header); err == nil {
		err = headerErr
	}
	if err != nil {
		return err
	}
	return stream.SendMsg(&a.payload)
}

// through carries a call over the hops to the target.
func (f *forwarder) through(hops []*hop, c *call) (answer, error) {
	if len(hops) == 0 {
		return f.deliver(c)
	}
	return hops[0].pass(c, func(c *call) (answer, error) { return f.through(hops[1:], c) })
}

func (f *forwarder) deliver(c *call) (answer, error) {
	var a answer
	options := []grpc.CallOption{grpc.Header(&a.header), grpc.Trailer(&a.trailer)}
	if c.compression != "" {
		options = append(options, grpc.UseCompressor(c.compression))
	}
	err := f.target.Invoke(c.ctx, c.method, &c.payload, &a.payload, options...)
	return a, err
}

// disturb puts a fault in force, behind those that are.
func (f *forwarder) disturb(fault Fault) (*Disturbance, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, errClosed
	}
	h := newHop(f, fault, rand.New(rand.NewPCG(f.seed, f.faults))) //nolint:gosec // G404: to be repeatable, not secret
	f.faults++
	f.replace(append(slices.Clone(*f.hops.Load()), h))
	return &Disturbance{met: h.met, end: sync.OnceFunc(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.replace(slices.DeleteFunc(slices.Clone(*f.hops.Load()), func(other *hop) bool { return other == h }))
		h.end()
	})}, nil
}

func (f *forwarder) replace(hops []*hop) { f.hops.Store(&hops) }

// close ends the calls, and delivers what is held back.
func (f *forwarder) close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.server.Stop()
	f.serving.Wait()
	for _, h := range *f.hops.Load() {
		h.end()
	}
	grace := time.AfterFunc(closeGrace, f.giveUp)
	f.held.Wait()
	grace.Stop()
	f.giveUp()
	_ = f.target.Close()
}
