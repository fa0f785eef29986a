// SPDX-License-Identifier: Apache-2.0

package processthreadsreceiver

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/procfile"
)

// unread counts the files that tell nothing, and tells each kind in the log once.
type unread struct {
	telemetry *metadata.TelemetryBuilder
	logger    *zap.Logger
	told      map[cause]bool
}

// cause is one kind of file that tells nothing, for one reason.
type cause struct {
	file   procfile.File
	reason procfile.Reason
}

func newUnread(telemetry *metadata.TelemetryBuilder, set component.TelemetrySettings) *unread {
	return &unread{telemetry, set.Logger, map[cause]bool{}}
}

// file notes that a file told nothing.
func (u *unread) file(file procfile.File, err error) {
	c := cause{file, procfile.ReasonOf(err)}
	u.telemetry.ReceiverProcessThreadsUnreadFiles.Add(context.Background(), 1,
		metric.WithAttributes(attribute.String("file", string(file)), attribute.String("reason", string(c.reason))))
	if u.told[c] {
		return
	}
	u.told[c] = true
	level := zap.WarnLevel
	if c.reason == procfile.Absent { // as it is in many containers
		level = zap.InfoLevel
	}
	u.logger.Log(level, "A file tells nothing. What it would say is left out of the metrics. Further ones of its kind are counted, not logged.",
		zap.String("file", string(c.file)), zap.String("reason", string(c.reason)), zap.Error(err))
}
