// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"encoding/binary"
	"errors"

	"github.com/runtimelab/otelcol-runtimelab/internal/timeline"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// End is what an end marker says. So that one marker that gets through tells of those that do not, it says more than its own count.
type End struct {
	// Source is what the marker is of: the checksum covers it.
	Source Source
	// Total items of the marker's signal were numbered by its source, and GivenUp of them given up: the pipeline refused them.
	Total, GivenUp uint64
	// Sources is how many the run has for each signal, of all shards.
	Sources uint64
	// Sends says which signals the run has.
	Sends [len(semconv.SignalNames)]bool
	// Process is what the source's process numbered of each signal.
	Process [len(semconv.SignalNames)]Totals
	// Shard is what the whole shard numbered, and when; nil: this marker does not carry it.
	Shard *Shard
	// Keys of the attributes that the shard has sent; nil: content is not stamped, or this marker does not carry them.
	Keys []string
	// Classes of what the shard has sent; nil: there are none, or this marker does not carry them.
	Classes []Class
	// Odd are the kinds of items that are odd on purpose; nil: there are none, or this marker does not carry them.
	Odd []OddKind
	// Rootless is how many traces have spans and no root, which had not ended, or which an SDK dropped. It is told where spans are numbered.
	Rootless uint64
	// Randomness of the spans that the shard has sent and not given up; nil: traces carry none, or this marker does not tell.
	Randomness *Randomness
}

// Shard is what one shard of a generator numbered.
type Shard struct {
	// Index of Total shards that have sources.
	Index, Total uint64
	// GivenUp items of each signal were refused by the pipeline. They are not in Offered.
	GivenUp [len(semconv.SignalNames)]uint64
	// Squares are those of its processes, summed: what is not of processes that are known is of those that are not.
	Squares [len(semconv.SignalNames)]uint64
	// Offered are the items that the shard numbered and did not give up, by when they happened.
	Offered [len(semconv.SignalNames)]timeline.Timeline
}

// Carriers is how many sources of a shard have it on their end markers: enough that a sampler that keeps one marker in five drops them
// all once in a thousand runs, few enough that a thousand sources do not send it a thousand times.
const Carriers = 32

const shardVersion = 2

// Append appends the shard as bytes.
func (s *Shard) Append(b []byte) []byte {
	b = append(b, shardVersion)
	b = binary.AppendUvarint(b, s.Index)
	b = binary.AppendUvarint(b, s.Total)
	for signal := range semconv.SignalNames {
		b = binary.AppendUvarint(b, s.GivenUp[signal])
		b = binary.AppendUvarint(b, s.Squares[signal])
		b = s.Offered[signal].Append(b)
	}
	return b
}

var errShard = errors.New("damaged, or of another version")

// ReadShard reads what Append has written.
func ReadShard(b []byte) (*Shard, error) {
	if len(b) == 0 || b[0] != shardVersion {
		return nil, errShard
	}
	s := &Shard{}
	b, ok := b[1:], true
	number := func(most uint64) uint64 {
		x, n := binary.Uvarint(b)
		if n <= 0 || x > most {
			ok = false
			return 0
		}
		b = b[n:]
		return x
	}
	s.Index, s.Total = number(mostShards), number(mostShards)
	for signal := range semconv.SignalNames {
		s.GivenUp[signal], s.Squares[signal] = number(mostItems), number(mostSquares)
		var err error
		if s.Offered[signal], b, err = timeline.Cut(b); err != nil {
			return nil, errShard
		}
	}
	if !ok || len(b) > 0 || s.Index >= s.Total {
		return nil, errShard
	}
	return s, nil
}

// checksum of an end marker covers that of the item and what the marker says; shard is the encoded Shard, empty without.
func (e *End) checksum(item int64, shard []byte) int64 {
	var h digest
	h.signed(item)
	h.number(uint64(e.Source))
	h.number(e.Total)
	h.number(e.GivenUp)
	h.number(e.Sources)
	for signal := range semconv.SignalNames {
		sends := uint64(0)
		if e.Sends[signal] {
			sends = 1
		}
		h.number(sends)
		h.number(e.Process[signal].Numbered)
		h.number(e.Process[signal].GivenUp)
		h.number(e.Process[signal].Squares)
		h.text(string(e.Process[signal].Refused))
	}
	h.number(uint64(len(shard)))
	h.bytes(shard)
	for _, key := range e.Keys {
		h.text(key)
	}
	if e.Randomness != nil {
		h.bytes(e.Randomness.Append(nil))
	}
	if e.Rootless > 0 {
		h.number(e.Rootless)
	}
	if len(e.Classes) > 0 {
		h.bytes(AppendClasses(nil, e.Classes))
	}
	if len(e.Odd) > 0 {
		h.bytes(AppendOdd(nil, e.Odd))
	}
	return h.sum()
}
