// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"encoding/binary"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// OddKind is what a shard sent of one kind of item that is odd on purpose. Such items are numbered by themselves, of each source and signal, and
// are in no other account.
type OddKind struct {
	Name   string
	Signal semconv.Signal
	// Items were sent and not given up.
	Items uint64
	// GivenUp were refused by the pipeline, which told the generator.
	GivenUp uint64
}

// What an end marker carries of odd kinds.
const (
	MostOddKinds   = 256
	LongestOddKind = 64
	oddVersion     = 1
)

// AppendOdd appends kinds as bytes, in their order.
func AppendOdd(b []byte, kinds []OddKind) []byte {
	b = append(b, oddVersion)
	for i := range kinds {
		k := &kinds[i]
		b = append(b, byte(k.Signal), byte(min(len(k.Name), 255)))
		b = append(b, k.Name...)
		b = binary.AppendUvarint(b, k.Items)
		b = binary.AppendUvarint(b, k.GivenUp)
	}
	return b
}

// ReadOdd reads what AppendOdd has written.
func ReadOdd(b []byte) (kinds []OddKind, ok bool) {
	if len(b) == 0 || b[0] != oddVersion {
		return nil, false
	}
	b = b[1:]
	for len(b) > 0 {
		if len(b) < 2 || len(kinds) == MostOddKinds {
			return nil, false
		}
		k := OddKind{Signal: semconv.Signal(b[0])}
		length := int(b[1])
		if b = b[2:]; k.Signal >= semconv.NumSignals || length == 0 || length > LongestOddKind || len(b) < length {
			return nil, false
		}
		k.Name, b = string(b[:length]), b[length:]
		for _, to := range []*uint64{&k.Items, &k.GivenUp} {
			items, n := binary.Uvarint(b)
			if n <= 0 || items > mostItems {
				return nil, false
			}
			*to, b = items, b[n:]
		}
		kinds = append(kinds, k)
	}
	return kinds, true
}
