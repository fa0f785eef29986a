// SPDX-License-Identifier: Apache-2.0

package fleet

// buffers are lists that are used again: a fleet that plays for hours makes as few as it has items in flight.
type buffers[T any] [][]T

// take is an empty list, with room if one was kept.
func (b *buffers[T]) take() []T {
	last := len(*b) - 1
	if last < 0 {
		return nil
	}
	list := (*b)[last]
	*b = (*b)[:last]
	return list
}

// keep takes back a list that nobody reads any more.
func (b *buffers[T]) keep(list []T) {
	if cap(list) > 0 {
		*b = append(*b, list[:0])
	}
}
