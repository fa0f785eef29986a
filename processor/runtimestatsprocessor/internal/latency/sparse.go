// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"encoding/binary"
	"errors"
	"iter"
	"math"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
)

// bucketCounts holds one number for each bucket of a histogram.
type bucketCounts [histogram.Buckets]uint32

// sparse is a histogram in as few bytes as its buckets in use need: for each, ascending, the number of unused buckets
// before it and its count, both as uvarints. Neighbours are mostly in use and counts mostly small, which makes it two
// bytes a bucket, against four for every bucket.
type sparse []byte

// newSparse returns the encoding of counts.
func newSparse(counts *bucketCounts) (s sparse) {
	unused := uint64(0)
	for _, n := range counts {
		if n == 0 {
			unused++
			continue
		}
		s = s.append(unused, n)
		unused = 0
	}
	return s
}

// append adds a bucket in use, so many unused ones after the last.
func (s sparse) append(unused uint64, n uint32) sparse {
	return binary.AppendUvarint(binary.AppendUvarint(s, unused), uint64(n))
}

// all yields buckets in use and their counts. The encoding must be one that check accepts.
func (s sparse) all() iter.Seq2[int, uint32] {
	return func(yield func(int, uint32) bool) {
		bucket := -1
		for rest := []byte(s); len(rest) > 0; {
			unused, size := binary.Uvarint(rest)
			n, more := binary.Uvarint(rest[size:])
			rest = rest[size+more:]
			bucket += int(unused) + 1      //nolint:gosec // checked: less than Buckets
			if !yield(bucket, uint32(n)) { //nolint:gosec // checked: 32 bits
				return
			}
		}
	}
}

var errSparse = errors.New("malformed histogram")

// check reports whether bytes from outside are an encoding.
func (s sparse) check() error {
	next := uint64(0) // the lowest bucket that may follow
	for rest := []byte(s); len(rest) > 0; {
		unused, size := binary.Uvarint(rest)
		if size <= 0 || unused >= histogram.Buckets-next {
			return errSparse
		}
		next += unused + 1
		n, more := binary.Uvarint(rest[size:])
		if more <= 0 || n == 0 || n > math.MaxUint32 {
			return errSparse
		}
		rest = rest[size+more:]
	}
	return nil
}
