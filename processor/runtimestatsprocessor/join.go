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

// instanceKey tells service instances apart: by service.instance.id, or else by host and process. Of a service that says neither, as with
// the default resource of the Rust SDK, there is one instance at each address that sends, for all that can be known.
func instanceKey(ctx context.Context, attributes pcommon.Map) string {
	service := untrusted.Cut(valueOf(attributes, semconv.ServiceNamespace)) + "\x00" + untrusted.Cut(valueOf(attributes, semconv.ServiceName))
	if id := valueOf(attributes, semconv.ServiceInstanceID); id != "" {
		return service + "\x00" + untrusted.Cut(id)
	}
	host, process := valueOf(attributes, semconv.HostName), valueOf(attributes, semconv.ProcessPID)
	if host == "" && process == "" {
		return service + "\x00\x00\x00" + sender(ctx)
	}
	return service + "\x00" + untrusted.Cut(host) + "\x00" + untrusted.Cut(process)
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
