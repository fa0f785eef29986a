// SPDX-License-Identifier: Apache-2.0

package proxy

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// TestRequestFaults sends requests 0 to 9 while each fault takes every third: 2, 5 and 8.
func TestRequestFaults(t *testing.T) {
	for _, c := range []struct {
		fault  Fault
		want   string // what the backend has received
		codes  codes.Code
		counts Counts
	}{
		{Fault{GRPC: "unavailable"}, "0 1 3 4 6 7 9", codes.Unavailable, Counts{Passed: 7, Refused: 3}},
		{Fault{GRPC: "resource_exhausted"}, "0 1 3 4 6 7 9", codes.ResourceExhausted, Counts{Passed: 7, Refused: 3}},
		{Fault{GRPC: "permission_denied"}, "0 1 3 4 6 7 9", codes.PermissionDenied, Counts{Passed: 7, Refused: 3}},
		{Fault{OTLP: "drop"}, "0 1 3 4 6 7 9", codes.OK, Counts{Passed: 7, Dropped: 3}},
		{Fault{OTLP: "duplicate"}, "0 1 2 2 3 4 5 5 6 7 8 8 9", codes.OK, Counts{Passed: 7, Duplicated: 3}},
		{Fault{OTLP: "reorder"}, "0 1 3 2 4 6 5 7 9 8", codes.OK, Counts{Passed: 7, Reordered: 3}},
		{Fault{OTLP: "corrupt"}, "0 1 2~corrupt 3 4 5~corrupt 6 7 8~corrupt 9", codes.OK, Counts{Passed: 7, Corrupted: 3}},
		{Fault{OTLP: "partial_success"}, "0 1 3 4 6 7 9", codes.OK, Counts{Passed: 7, Rejected: 3}},
		{Fault{OTLP: "lose_response"}, "0 1 2 3 4 5 6 7 8 9", codes.Unavailable, Counts{Passed: 7, ResponsesLost: 3}},
	} {
		t.Run(c.fault.String(), func(t *testing.T) {
			b := startBackend(t)
			p := start(t, Config{Target: b.address, Protocol: GRPC})
			client := dial(t, p)
			require.NoError(t, client.send("before"))

			c.fault.Every = new(3)
			restore := disturb(t, p, c.fault)
			for i := range 10 {
				want := codes.OK
				if i%3 == 2 {
					want = c.codes
				}
				assert.Equal(t, want, status.Code(client.send(strconv.Itoa(i))), "request %d", i)
			}
			restore()
			for range 3 {
				require.NoError(t, client.send("after"))
			}
			assert.Equal(t, "before "+c.want+" after after after", strings.Join(b.received(), " "))
			c.counts.Requests = 14
			c.counts.Passed += 4
			c.counts.Connections = 1
			assert.Equal(t, c.counts, p.Counts())
		})
	}
}

// TestFailuresAreNoFaults lets the backend refuse what a fault would have disturbed: the client learns of it, and no fault is counted.
func TestFailuresAreNoFaults(t *testing.T) {
	b := startBackend(t)
	b.answer = func(context.Context, string) error { return status.Error(codes.DataLoss, "full") }
	p := start(t, Config{Target: b.address, Protocol: GRPC})
	c := dial(t, p)
	for _, name := range []string{"duplicate", "corrupt", "lose_response"} {
		restore := disturb(t, p, Fault{OTLP: name})
		assert.Equal(t, codes.DataLoss, status.Code(c.send(name)))
		restore()
	}
	assert.Equal(t, "duplicate corrupt~corrupt lose_response", strings.Join(b.received(), " "))
	assert.Equal(t, Counts{Requests: 3, Failed: 3, Connections: 1}, p.Counts())
}

func TestSignals(t *testing.T) {
	b := startBackend(t)
	p := start(t, Config{Target: b.address, Protocol: GRPC})
	c := dial(t, p)
	restore := disturb(t, p, Fault{OTLP: "corrupt"})
	require.NoError(t, c.send("span"))
	require.NoError(t, c.sendMetric("metric"))
	require.NoError(t, c.sendLog("body"))
	restore()
	assert.Equal(t, []string{"span~corrupt", "metric~corrupt", "body~corrupt"}, b.received())

	// One of each signal is held, until the next of the same.
	disturb(t, p, Fault{OTLP: "reorder"})
	require.NoError(t, c.send("span 1"))
	require.NoError(t, c.sendMetric("metric 1"))
	require.NoError(t, c.sendLog("body 1"))
	assert.Len(t, b.received(), 3)
	require.NoError(t, c.sendLog("body 2"))
	require.NoError(t, c.send("span 2"))
	require.NoError(t, c.sendMetric("metric 2"))
	assert.Equal(t, []string{"body 2", "body 1", "span 2", "span 1", "metric 2", "metric 1"}, b.received()[3:])
	assert.Equal(t, Counts{Requests: 9, Corrupted: 3, Passed: 3, Reordered: 3, Connections: 1}, p.Counts())
}

// TestNotOTLP calls a method of another service: only grpc disturbs it.
func TestNotOTLP(t *testing.T) {
	p := start(t, Config{Target: startBackend(t).address, Protocol: GRPC})
	c := dial(t, p)
	call := func() codes.Code {
		var answer []byte
		return status.Code(c.connection.Invoke(t.Context(), "/of.another/Service", new([]byte("?")), &answer, grpc.ForceCodecV2(bytesCodec{})))
	}
	for _, e := range effects {
		restore := disturb(t, p, Fault{OTLP: e.name})
		assert.Equal(t, codes.Unimplemented, call(), "as the backend says")
		restore()
	}
	disturb(t, p, Fault{GRPC: "aborted"})
	assert.Equal(t, codes.Aborted, call())
	assert.Equal(t, Counts{Requests: 7, Failed: 6, Refused: 1, Connections: 1}, p.Counts())
}

func TestNothingToCorrupt(t *testing.T) {
	for method, signal := range signals {
		for _, payload := range []string{"", "no protobuf"} {
			_, ok := signal.corrupt(message{data: []byte(payload)})
			assert.False(t, ok, "%s %q", method, payload)
		}
	}
}

// TestShare takes the same requests for the same seed.
func TestShare(t *testing.T) {
	const requests = 400
	b := startBackend(t)
	refused := func(seed uint64) string {
		p := start(t, Config{Target: b.address, Protocol: GRPC, Seed: seed})
		c := dial(t, p)
		disturb(t, p, Fault{GRPC: "unavailable", Share: new(0.3)})
		var pattern strings.Builder
		for range requests {
			pattern.WriteByte("01"[min(status.Code(c.send("x")), 1)])
		}
		n := strings.Count(pattern.String(), "1")
		assert.InDelta(t, 0.3*requests, n, 40, "more than four standard deviations")
		assert.Equal(t, Counts{Requests: requests, Passed: uint64(requests - n), Refused: uint64(n), Connections: 1}, p.Counts())
		return pattern.String()
	}
	one := refused(1)
	assert.Equal(t, one, refused(1))
	assert.NotEqual(t, one, refused(2))
}

func TestRetryInfo(t *testing.T) {
	b := startBackend(t)
	p := start(t, Config{Target: b.address, Protocol: GRPC})
	c := dial(t, p)
	restore := disturb(t, p, Fault{GRPC: "resource_exhausted"})
	details := status.Convert(c.send("x")).Details()
	require.Len(t, details, 1)
	assert.Equal(t, throttlePause, details[0].(*errdetails.RetryInfo).GetRetryDelay().AsDuration())
	restore()
	disturb(t, p, Fault{GRPC: "unavailable"})
	assert.Empty(t, status.Convert(c.send("x")).Details())
}

// TestSurvives sends through the proxy whatever a client and a backend may say to each other beside the message.
func TestSurvives(t *testing.T) {
	b := startBackend(t)
	b.answer = func(ctx context.Context, name string) error {
		asked, _ := metadata.FromIncomingContext(ctx)
		assert.Equal(t, []string{"a", "b"}, asked.Get("x-tenant"))
		assert.Equal(t, []string{"\x00\xff"}, asked.Get("x-key-bin"))
		deadline, ok := ctx.Deadline()
		assert.True(t, ok)
		assert.WithinDuration(t, time.Now().Add(patience), deadline, patience/2)
		assert.NoError(t, grpc.SetHeader(ctx, metadata.Pairs("x-header", "h")))
		assert.NoError(t, grpc.SetTrailer(ctx, metadata.Pairs("x-trailer", "t")))
		if name != "fail" {
			return nil
		}
		s, err := status.New(codes.ResourceExhausted, "slow down").WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(time.Minute)})
		assert.NoError(t, err)
		return s.Err()
	}
	p := start(t, Config{Target: b.address, Protocol: GRPC})
	c := dial(t, p)
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(t.Context(), "x-tenant", "a", "x-tenant", "b", "x-key-bin", "\x00\xff"), patience)
	defer cancel()
	for _, name := range []string{"pass", "fail"} {
		var header, trailer metadata.MD
		response, err := c.traces.Export(ctx, spanNamed(name), grpc.Header(&header), grpc.Trailer(&trailer))
		assert.Equal(t, []string{"h"}, header.Get("x-header"))
		assert.Equal(t, []string{"t"}, trailer.Get("x-trailer"))
		if name == "pass" {
			require.NoError(t, err)
			assert.Equal(t, "of the backend", response.PartialSuccess().ErrorMessage())
			continue
		}
		s := status.Convert(err)
		assert.Equal(t, codes.ResourceExhausted, s.Code())
		assert.Equal(t, "slow down", s.Message())
		require.Len(t, s.Details(), 1)
		assert.Equal(t, time.Minute, s.Details()[0].(*errdetails.RetryInfo).GetRetryDelay().AsDuration())
	}
	assert.Equal(t, Counts{Requests: 2, Passed: 1, Failed: 1, Connections: 1}, p.Counts())
}

// TestCompression sends 8 MiB with each compression, disturbed and not.
func TestCompression(t *testing.T) {
	for _, compression := range []string{"", "gzip", "zstd", "snappy"} {
		t.Run(compression, func(t *testing.T) {
			b := startBackend(t)
			var mu sync.Mutex
			var seen []string
			b.answer = func(ctx context.Context, _ string) error {
				mu.Lock()
				defer mu.Unlock()
				seen = append(seen, compressionOfStream(ctx))
				return nil
			}
			p := start(t, Config{Target: b.address, Protocol: GRPC})
			c := dial(t, p)
			var options []grpc.CallOption
			if compression != "" {
				options = append(options, grpc.UseCompressor(compression))
			}
			name := strings.Repeat("12345678", 1<<20) // 8 MiB
			require.NoError(t, c.send(name, options...))
			disturb(t, p, Fault{OTLP: "corrupt"})
			require.NoError(t, c.send(name, options...))
			received := b.received()
			require.Len(t, received, 2)
			assert.True(t, received[0] == name && received[1] == name+corruption, "8 MiB arrive as they are, and changed")
			assert.Equal(t, []string{compression, compression}, seen)
		})
	}
}

// TestSeveralAtOnce puts faults one behind the other: each sees what those before it let pass.
func TestSeveralAtOnce(t *testing.T) {
	b := startBackend(t)
	p := start(t, Config{Target: b.address, Protocol: GRPC})
	c := dial(t, p)
	restoreRefusal := disturb(t, p, Fault{GRPC: "unavailable", Every: new(2)}) // 2 4 6 8
	restoreDelay := disturb(t, p, Fault{Delay: time.Millisecond})
	disturb(t, p, Fault{OTLP: "duplicate", Every: new(2)})                    // of 1 3 5 7: 3 7
	restoreCorruption := disturb(t, p, Fault{OTLP: "corrupt", Every: new(2)}) // of 1 3 3 5 7 7: the first 3, 5, the second 7
	for i := 1; i <= 8; i++ {
		assert.Equal(t, i%2 == 0, c.send(strconv.Itoa(i)) != nil, i)
	}
	assert.Equal(t, "1 3~corrupt 3 5~corrupt 7 7~corrupt", strings.Join(b.received(), " "))
	assert.Equal(t, Counts{Requests: 8, Passed: 1, Refused: 4, Duplicated: 2, Corrupted: 3, Connections: 1}, p.Counts())

	// Each is restored for itself, in any order.
	restoreRefusal()
	restoreCorruption()
	for i := 9; i <= 12; i++ {
		require.NoError(t, c.send(strconv.Itoa(i)))
	}
	restoreDelay()
	assert.Equal(t, "9 10 10 11 12 12", strings.Join(b.received()[6:], " "))
}

// TestConcurrent sends many requests on several connections while faults come and go. Each arrives as often as it should.
func TestConcurrent(t *testing.T) {
	const clients, each = 4, 200
	b := startBackend(t)
	p := start(t, Config{Target: b.address, Protocol: GRPC})
	disturb(t, p, Fault{OTLP: "drop", Every: new(10)})
	var sending sync.WaitGroup
	for i := range clients {
		c := dial(t, p)
		for j := range each {
			sending.Go(func() { assert.NoError(t, c.send(fmt.Sprint(i, "/", j))) })
		}
	}
	disturbing := make(chan struct{})
	go func() {
		defer close(disturbing)
		for range 20 {
			restore := disturb(t, p, Fault{OTLP: "reorder", Share: new(0.3)})
			restoreDelay := disturb(t, p, Fault{Delay: time.Millisecond, Jitter: time.Millisecond})
			disturb(t, p, Fault{OTLP: "duplicate", Share: new(0.001)})
			restore()
			restoreDelay()
		}
	}()
	sending.Wait()
	<-disturbing
	require.NoError(t, p.Close()) // delivers what is held back
	counts := p.Counts()
	assert.EqualValues(t, clients*each, counts.Requests)
	assert.EqualValues(t, clients*each/10, counts.Dropped)
	names := b.received()
	slices.Sort(names)
	assert.Len(t, slices.Compact(slices.Clone(names)), clients*each*9/10)
	assert.GreaterOrEqual(t, len(names), clients*each*9/10+int(counts.Duplicated)) // one may be duplicated more than once
	assert.Zero(t, counts.Failed+counts.Undelivered)
}

// TestTargetComesBack starts the backend after the proxy, stops it and starts it again.
func TestTargetComesBack(t *testing.T) {
	b := startBackend(t)
	b.server.Stop()
	p := start(t, Config{Target: b.address, Protocol: GRPC})
	c := dial(t, p)
	assert.Equal(t, codes.Unavailable, status.Code(c.send("early")))
	for i := range 2 {
		b.start(t, b.address)
		require.Eventually(t, func() bool { return c.send(strconv.Itoa(i)) == nil }, patience, 10*time.Millisecond)
		b.server.Stop()
		assert.Equal(t, codes.Unavailable, status.Code(c.send("between")))
	}
	assert.Equal(t, []string{"0", "1"}, b.received())
	assert.EqualValues(t, 2, p.Counts().Passed)
}

// TestClientGoesAway ends a call that the backend has not answered, without leaving it in the proxy.
func TestClientGoesAway(t *testing.T) {
	b := startBackend(t)
	gone := make(chan struct{})
	b.answer = func(ctx context.Context, _ string) error {
		<-ctx.Done()
		close(gone)
		return ctx.Err()
	}
	p := start(t, Config{Target: b.address, Protocol: GRPC})
	c := dial(t, p)
	ctx, cancel := context.WithCancel(t.Context())
	var sending sync.WaitGroup
	sending.Go(func() {
		_, err := c.traces.Export(ctx, spanNamed("slow"))
		assert.Equal(t, codes.Canceled, status.Code(err))
	})
	b.waitFor(t, 1)
	cancel()
	sending.Wait()
	<-gone
}

// compressionOfStream is the compression of the request that a handler of the backend is about.
func compressionOfStream(ctx context.Context) string {
	return *ctx.Value(compressionOf{}).(*string)
}
