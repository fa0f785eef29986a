// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"fmt"
	"time"
)

// mostBackfill is how far in the past a load may begin.
const mostBackfill = 8760 * time.Hour

// validateBackfill tells a beginning in the past that cannot be played.
func (c *Config) validateBackfill() error {
	switch {
	case c.Backfill < 0 || c.Backfill > mostBackfill:
		return fmt.Errorf("backfill: %s is not allowed; want 0s (none) to %s", c.Backfill, mostBackfill)
	case c.Backfill == 0:
		return nil
	case c.Clock == ClockUnpaced:
		return fmt.Errorf("backfill: %s is not allowed with clock: %s; want %s, which does not wait while it plays the past", c.Backfill, c.Clock, ClockRealtime)
	case c.Duration > 0 && c.Duration < c.Backfill:
		return fmt.Errorf("duration: %s is not allowed with backfill: %s; want at least as much, because it counts from the beginning in the past, or 0s",
			c.Duration, c.Backfill)
	}
	return nil
}
