// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"fmt"

	"go.uber.org/zap/zapcore"
)

// watch is the log of an exporter, read instead of written: the exporter says there, and only there, that a request is sent again or was
// taken in part.
type watch struct {
	stage *stage
}

var _ zapcore.Core = (*watch)(nil)

// What exporters log.
const (
	messageRetry   = "Exporting failed. Will retry the request after interval."
	messagePartial = "Partial success response"
)

// rejectedFields hold the number of items that a partial success leaves out.
var rejectedFields = map[string]bool{"dropped_spans": true, "dropped_data_points": true, "dropped_log_records": true}

// Enabled implements zapcore.Core.
func (w *watch) Enabled(level zapcore.Level) bool { return level >= zapcore.InfoLevel }

// With implements zapcore.Core. The fields say which exporter it is, and the stage knows.
func (w *watch) With([]zapcore.Field) zapcore.Core { return w }

// Check implements zapcore.Core.
func (w *watch) Check(entry zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if w.Enabled(entry.Level) {
		return checked.AddCore(entry, w)
	}
	return checked
}

// Write implements zapcore.Core.
func (w *watch) Write(entry zapcore.Entry, fields []zapcore.Field) error {
	var err error
	var rejected int64
	var message string
	for _, f := range fields {
		switch {
		case f.Type == zapcore.ErrorType:
			err, _ = f.Interface.(error)
		case rejectedFields[f.Key]:
			rejected = f.Integer
		case f.Key == "message":
			message = f.String
		}
	}
	switch {
	case entry.Message == messageRetry && err != nil:
		w.stage.refuse(context.Background(), err) // a log has no context
	case entry.Message == messagePartial:
		w.stage.reject(rejected, message)
	case entry.Level >= zapcore.WarnLevel && err == nil: // with an error, it is the answer that the stage gets, too
		w.stage.load.say(fmt.Sprintf("exporter: %s", entry.Message))
	}
	return nil
}

// Sync implements zapcore.Core.
func (w *watch) Sync() error { return nil }
