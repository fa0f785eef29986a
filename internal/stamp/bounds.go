// SPDX-License-Identifier: Apache-2.0

package stamp

import "math"

// What an end marker may say: mostShards and mostItems are beyond what anyone sends, and keep sums from overflow.
const (
	mostShards  = 1 << 20
	mostItems   = 1 << 48
	mostSquares = math.MaxInt64
)
