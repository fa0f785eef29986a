// SPDX-License-Identifier: Apache-2.0

package syntheticloadreceiver

import (
	"fmt"
	"time"
)

// mostBackfill is how far in the past a load may begin.
const mostBackfill = 8760 * time.Hour

// checkBackfill tells a beginning in the past that cannot be played.
func checkBackfill(backfill, duration time.Duration, unpaced bool) error {
	switch {
	case backfill < 0 || backfill > mostBackfill:
		return fmt.Errorf("backfill: %s is not allowed; want 0s (none) to %s", backfill, mostBackfill)
	case backfill == 0:
		return nil
	case unpaced:
		return fmt.Errorf("backfill: %s is not allowed with clock: unpaced; want realtime, which does not wait while it plays the past", backfill)
	case duration > 0 && duration < backfill:
		return fmt.Errorf("duration: %s is not allowed with backfill: %s; want at least as much, because it counts from the beginning in the past, or 0s",
			duration, backfill)
	}
	return nil
}
