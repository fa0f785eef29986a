// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"context"
	"math"
	"net"
	"sync/atomic"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/runtimelab/otelcol-runtimelab/internal/refcount"
	"github.com/runtimelab/otelcol-runtimelab/internal/untrusted"
	"github.com/runtimelab/otelcol-runtimelab/processor/runtimestatsprocessor/internal/instances"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// join is what the pipelines of one processor id share: traces look up what metrics have left there.
type join struct {
	instances *instances.Instances
	watching  atomic.Int32 // metrics pipelines
	stored    atomic.Bool  // whether a traces pipeline stores its windows
}

func newJoin(settings instances.Settings) *join { return &join{instances: instances.New(settings)} }

// joins are the joins of one Collector by processor id. A join lives as long as one of its users.
type joins struct {
	shared refcount.Values[component.ID, *join]
}

// acquire returns the join of an id, and what the user of the join calls in the end, once or more often.
func (j *joins) acquire(id component.ID, settings instances.Settings) (of *join, release func() (last bool)) {
	of, release, _ = j.shared.Acquire(id, func() (*join, error) { return newJoin(settings), nil }) // never fails
	return of, release
}

// identityOf returns what a resource says of who it is.
func identityOf(ctx context.Context, attributes pcommon.Map) instances.Identity {
	who := instances.Identity{
		Namespace: untrusted.Cut(valueOf(attributes, semconv.ServiceNamespace)),
		Service:   untrusted.Cut(valueOf(attributes, semconv.ServiceName)),
		ID:        untrusted.Cut(valueOf(attributes, semconv.ServiceInstanceID)),
		Host:      untrusted.Cut(valueOf(attributes, semconv.HostName)),
		PID:       untrusted.Cut(valueOf(attributes, semconv.ProcessPID)),
	}
	if who.ID == "" && who.Host == "" && who.PID == "" {
		who.Sender = sender(ctx)
	}
	return who
}

// sender returns the address that a request came from, without the port, which changes with each connection. It is empty where a component
// before this one does not hand it on.
func sender(ctx context.Context) string {
	from := client.FromContext(ctx).Addr
	if from == nil {
		return ""
	}
	host, _, err := net.SplitHostPort(from.String())
	if err != nil {
		return from.String()
	}
	return host
}

// nanoseconds returns a time as the instances take it: as a number that can be subtracted from another.
func nanoseconds(t pcommon.Timestamp) int64 { return int64(min(t, math.MaxInt64)) }
