// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"context"
	"errors"
	"math"
	"net"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
)

// overGRPC forwards requests over gRPC: a server of any method, and the clients that make the same calls to the target.
type overGRPC struct {
	*layer
	gate     *gate
	listener net.Listener // between the wire and the server
	server   *grpc.Server
	targets  [ways]*grpc.ClientConn // by how the client has come
	serving  sync.WaitGroup
}

// grpcCall is what a call over gRPC has beside its message.
type grpcCall struct {
	method      string
	metadata    metadata.MD
	compression string
}

// newOverGRPC serves a port of its own.
func newOverGRPC(config *Config, counters *counters) (*overGRPC, error) {
	f := &overGRPC{layer: newLayer(config.Seed, counters)}
	f.gate = newGate(config.TLS, config.Target, f.life, counters, "h2")
	for way := range ways {
		security := insecure.NewCredentials()
		if secured := config.TLS.toTarget(way); secured != nil {
			security = credentials.NewTLS(secured)
		}
		target, err := grpc.NewClient("passthrough:///"+config.Target, append(asItIs(), grpc.WithTransportCredentials(security))...)
		if err != nil {
			return nil, errors.Join(err, f.closeTargets())
		}
		f.targets[way] = target
	}
	var err error
	if f.listener, err = (&net.ListenConfig{}).Listen(f.life, "tcp", "127.0.0.1:0"); err != nil {
		return nil, errors.Join(err, f.closeTargets())
	}
	f.server = grpc.NewServer(
		grpc.Creds(entrance{f.gate}),
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

// asItIs makes a client that leaves to the proxy's client what to do about errors.
func asItIs() []grpc.DialOption {
	return []grpc.DialOption{
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
	}
}

func (f *overGRPC) endpoint() string { return f.listener.Addr().String() }

// isTelemetry tells whether there may be items in a call. Nothing is lost with a health check, or with a request that is empty.
func isTelemetry(method string, payload []byte) bool {
	return strings.HasPrefix(method, "/opentelemetry.proto.collector.") && len(payload) > 0
}

// handle forwards one call.
func (f *overGRPC) handle(_ any, stream grpc.ServerStream) error {
	c := &call{ctx: stream.Context(), grpc: &grpcCall{}}
	c.grpc.method, _ = grpc.MethodFromServerStream(stream)
	c.signal = signals[c.grpc.method]
	if err := stream.RecvMsg(&c.message.data); err != nil {
		return err
	}
	c.telemetry = isTelemetry(c.grpc.method, c.message.data)
	c.grpc.metadata, _ = metadata.FromIncomingContext(c.ctx)
	c.grpc.compression = *c.ctx.Value(compressionOf{}).(*string)
	if p, known := peer.FromContext(c.ctx); known {
		if came, is := p.AuthInfo.(cameBy); is {
			c.way = came.way
		}
	}
	c.ctx = metadata.NewOutgoingContext(c.ctx, c.grpc.metadata)
	a, err := f.pass(c, f.deliver)
	stream.SetTrailer(a.trailer)
	if headerErr := stream.SetHeader(a.header); err == nil {
		err = headerErr
	}
	if err != nil {
		return err
	}
	return stream.SendMsg(&a.message)
}

func (f *overGRPC) deliver(c *call) (answer, error) {
	var a answer
	options := []grpc.CallOption{grpc.Header(&a.header), grpc.Trailer(&a.trailer)}
	if c.grpc.compression != "" {
		options = append(options, grpc.UseCompressor(c.grpc.compression))
	}
	err := f.targets[c.way].Invoke(c.ctx, c.grpc.method, &c.message.data, &a.message, options...)
	return a, err
}

// close ends the calls, and delivers what is held back.
func (f *overGRPC) close() {
	f.layer.close(func() {
		f.server.Stop()
		f.serving.Wait()
	})
	f.gate.passingOn.Wait()
	_ = f.closeTargets()
}

func (f *overGRPC) closeTargets() (err error) {
	for _, target := range f.targets {
		if target != nil {
			err = errors.Join(err, target.Close())
		}
	}
	return err
}

// entrance is the gate as gRPC wants it.
type entrance struct{ gate *gate }

// cameBy is how a client has come.
type cameBy struct{ way security }

// AuthType implements credentials.AuthInfo.
func (cameBy) AuthType() string { return "gate" }

// ServerHandshake implements credentials.TransportCredentials.
func (e entrance) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, way, err := e.gate.enter(raw)
	if errors.Is(err, errPassedOn) {
		return nil, nil, credentials.ErrConnDispatched
	}
	return conn, cameBy{way}, err
}

// ClientHandshake implements credentials.TransportCredentials. No client uses it.
func (entrance) ClientHandshake(_ context.Context, _ string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return raw, cameBy{}, nil
}

// Info implements credentials.TransportCredentials.
func (entrance) Info() credentials.ProtocolInfo {
	return credentials.ProtocolInfo{SecurityProtocol: "gate"}
}

// Clone implements credentials.TransportCredentials.
func (e entrance) Clone() credentials.TransportCredentials { return e }

// OverrideServerName implements credentials.TransportCredentials.
func (entrance) OverrideServerName(string) error { return nil }
