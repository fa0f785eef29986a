// SPDX-License-Identifier: Apache-2.0

package task

// Numbers gives tasks and spans their numbers, in the order in which they begin.
type Numbers struct{ tasks, spans uint64 }
