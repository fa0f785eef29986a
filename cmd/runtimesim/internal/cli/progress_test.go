// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// log is a stderr that is no terminal.
type log struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stderr log
		status := "10 %"
		written := func() string {
			stderr.mu.Lock()
			defer stderr.mu.Unlock()
			return stderr.text.String()
		}
		stop := showProgress(&stderr, func() string { return status })
		time.Sleep(4 * time.Second)
		assert.Empty(t, written(), "short runs show nothing")
		time.Sleep(7 * time.Second)
		synctest.Wait()
		stop()
		assert.Equal(t, "runtimesim: 10 % after 5s\nruntimesim: 10 % after 10s\n", written())
	})
}
