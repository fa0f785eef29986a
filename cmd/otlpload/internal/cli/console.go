// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/load"
	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/report"
	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/tally"
)

// How often progress is shown: on a terminal in place, elsewhere as a line now and then.
const (
	terminalInterval = time.Second
	lineInterval     = 5 * time.Second
)

const clearLine = "\r\x1b[K"

// console shows messages, and below them on a terminal, how far the load is.
type console struct {
	mu       sync.Mutex
	w        io.Writer
	terminal bool
	pending  bool // the terminal's last line is progress, to be replaced
}

func newConsole(w io.Writer) *console { return &console{w: w, terminal: isTerminal(w)} }

// say shows a message. Nothing that the console shows is worth failing for.
func (c *console) say(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	_, _ = fmt.Fprintf(c.w, "%s: %s\n", name, text)
}

// progress shows how far the load is, in place of what was shown before.
func (c *console) progress(text string) {
	if !c.terminal {
		c.say(text)
		return
	}
	const columns = 79 // a longer line would break, and its beginning stay
	if len(text) > columns {
		text = text[:columns]
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	_, _ = io.WriteString(c.w, text)
	c.pending = true
}

func (c *console) clear() {
	if c.pending {
		_, _ = io.WriteString(c.w, clearLine)
		c.pending = false
	}
}

// follow shows the progress of a load until stop is called.
func (c *console) follow(l *load.Load, duration time.Duration) (stop func()) {
	interval := lineInterval
	if c.terminal {
		interval = terminalInterval
	}
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		var before tally.Snapshot
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			now, err := l.Snapshot(ctx, false)
			if err != nil {
				return // the context ended meanwhile
			}
			c.progress(report.Line(&before, &now, duration))
			before = now
		}
	})
	return func() {
		cancel()
		group.Wait()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.clear()
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
