// SPDX-License-Identifier: Apache-2.0

package scheduler

// Waker wakes a task from one wait: it is what a timer, a socket, a blocking job or another service holds in the task's name. When
// the wait is over, however it ended, its waker wakes nobody. A waker belongs to the runtime that made it, and only that one knows
// what it means; the zero Waker wakes nobody.
type Waker uint64
