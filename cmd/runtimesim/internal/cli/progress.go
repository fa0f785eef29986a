// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// How often progress is shown: on a terminal in place, elsewhere as a line now and then. Neither starts at once, so that
// short runs show nothing.
const (
	terminalInterval = 500 * time.Millisecond
	lineInterval     = 5 * time.Second
)

// showProgress shows what status says on stderr until stop is called, which waits for the last word to be written.
func showProgress(stderr io.Writer, status func() string) (stop func()) {
	interval, prefix, suffix, clean := lineInterval, "runtimesim: ", "\n", ""
	if isTerminal(stderr) {
		const clearLine = "\r\x1b[K"
		interval, prefix, suffix, clean = terminalInterval, clearLine, "", clearLine
	}
	done := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		began := time.Now()
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		shown := false
		for {
			select {
			case <-done:
				if shown {
					_, _ = io.WriteString(stderr, clean) // progress is not worth failing for
				}
				return
			case <-ticker.C:
				_, _ = fmt.Fprintf(stderr, "%s%s after %v%s", prefix, status(), time.Since(began).Round(time.Second), suffix)
				shown = true
			}
		}
	})
	return func() {
		close(done)
		group.Wait()
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
