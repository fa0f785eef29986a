// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
)

// ownClock is the clock of this machine: processes and containers that run since the same boot share it. The kernel says how far it is off at most, if somebody
// keeps it right.
func ownClock() (c audit.Clock) {
	if boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id"); err == nil {
		c.Name = strings.TrimSpace(string(boot))
	}
	var t unix.Timex
	if state, err := unix.Adjtimex(&t); err == nil && state != unix.TIME_ERROR && t.Status&unix.STA_UNSYNC == 0 {
		c.Error = time.Duration(t.Maxerror) * time.Microsecond
	}
	return c
}
