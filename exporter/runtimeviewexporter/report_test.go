// SPDX-License-Identifier: Apache-2.0

package runtimeviewexporter

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// flakyWriter fails as long as err is set.
type flakyWriter struct{ err error }

func (w *flakyWriter) Write(p []byte) (int, error) {
	return len(p), w.err
}

func TestBrokenStdoutIsLoggedOnce(t *testing.T) {
	core, logs := observer.New(zapcore.DebugLevel)
	out := &flakyWriter{}
	c := console{out: out, logger: zap.New(core)}

	c.print("fine\n")
	assert.Zero(t, logs.Len())

	out.err = errors.New("no space left on device")
	c.print("lost\n")
	c.print("lost again\n")
	assert.Equal(t, 1, logs.Len())
	assert.Equal(t, zapcore.WarnLevel, logs.All()[0].Level)

	out.err = nil
	c.print("back\n")
	out.err = errors.New("no space left on device")
	c.print("lost anew\n")
	assert.Equal(t, 2, logs.Len(), "a new failure is news again")
}

// Several tables scroll by in one console: each says what it shows, and silence has no title.
func TestTitle(t *testing.T) {
	var out strings.Builder
	c := console{out: &out, logger: zap.NewNop(), title: "A lock held across a wait."}
	c.print("runtime_view/convoy  00:00:10\n")
	c.print("")
	assert.Equal(t, "A lock held across a wait.\nruntime_view/convoy  00:00:10\n", out.String())
}
