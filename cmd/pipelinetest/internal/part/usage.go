// SPDX-License-Identifier: Apache-2.0

package part

import "time"

// Usage is what a part has used since its start, all processes included that it has started. Its supervisor is none of them.
type Usage struct {
	CPU time.Duration // that of processes that have ended counts, too
	RSS uint64        // resident bytes of those that run
	// Peak is the most that was ever resident; of several processes that is not known, and Peak is what is resident now.
	Peak uint64
}

// Machine is what all programs together have used of the machine's CPUs since it was started, and how much there was to be used.
type Machine struct {
	Busy, All time.Duration
	// Periods are those in which the container of this program may use its quota of CPU time, and Throttled those in which it had used all of it and had to
	// wait. 0: there is no quota, as far as can be seen.
	Periods, Throttled uint64
}
