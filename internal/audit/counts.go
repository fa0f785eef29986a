// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"math"
	"strconv"
)

// Counts are of one source, or of several together.
type Counts struct {
	// Sent items are those that the generator numbered: as end markers say, or else those up to the highest number that arrived.
	Sent uint64 `json:"sent"`
	// Received items are different ones: Sent = Received + Missing.
	Received uint64 `json:"received"`
	// Missing items have not arrived: so far, or for good if final.
	Missing uint64 `json:"missing"`
	// GivenUp items of those sent were dropped by the generator, because the pipeline refused them.
	GivenUp uint64 `json:"given_up"`
	// Lost is Missing without what was given up. If it is not known which items that were, it is the least.
	Lost uint64 `json:"lost"`
	// Duplicate is the number of further copies.
	Duplicate uint64 `json:"duplicate"`
	// OutOfOrder items arrived after one with a higher number. It is not known of a source whose items came to several verifiers.
	OutOfOrder Count `json:"out_of_order"`
	// Corrupt copies have another checksum than the generator wrote, or none. They are received, unless they are strays.
	Corrupt uint64 `json:"corrupt"`
	// Beyond items have numbers that cannot be: from the total of the end marker on, or far from all others.
	Beyond uint64 `json:"beyond"`
	// AfterGrace items arrived when the account was final. They count as received. It is not known of a source whose items and end markers came to several verifiers.
	AfterGrace Count `json:"after_grace"`
	// Disagreeing end markers came after another with other totals.
	Disagreeing uint64 `json:"disagreeing"`
	ContentCounts

	// anyway is how many of those given up have arrived all the same. If it is not known which items were given up, doubtful more may
	// have, and as many of those sent are lost.
	anyway, doubtful uint64
	// outnumbered is how many of those disagreeing are told by what arrived, and not by an end marker of its own series.
	outnumbered uint64
}

// Count is a number of items that may not be known. In JSON it is null then.
type Count uint64

// NotKnown is the count that is not known.
const NotKnown = Count(math.MaxUint64)

// MarshalJSON writes the number, or null.
func (c Count) MarshalJSON() ([]byte, error) {
	if c == NotKnown {
		return []byte("null"), nil
	}
	return strconv.AppendUint(nil, uint64(c), 10), nil
}

// add adds another one. The sum is known if both are.
func (c *Count) add(o Count) {
	if *c == NotKnown || o == NotKnown {
		*c = NotKnown
		return
	}
	*c += o
}

// offered is how many items were sent and not given up.
func (c *Counts) offered() uint64 { return c.Sent - min(c.Sent, c.GivenUp) }

// offeredReceived is how many items arrived that the generator had not given up, at least and at most: the two differ where nobody says
// which items were given up.
func (c *Counts) offeredReceived() (least, most uint64) {
	most = c.Received - min(c.Received, c.anyway)
	return most - min(most, c.doubtful), most
}

// add adds the counts of another source.
func (c *Counts) add(o Counts) {
	c.Sent += o.Sent
	c.Received += o.Received
	c.Missing += o.Missing
	c.GivenUp += o.GivenUp
	c.Lost += o.Lost
	c.Duplicate += o.Duplicate
	c.OutOfOrder.add(o.OutOfOrder)
	c.Corrupt += o.Corrupt
	c.Beyond += o.Beyond
	c.AfterGrace.add(o.AfterGrace)
	c.Disagreeing += o.Disagreeing
	c.Add(&o.ContentCounts)
	c.anyway += o.anyway
	c.doubtful += o.doubtful
	c.outnumbered += o.outnumbered
}

// refused notes how many of the items given up are missing. The other items given up have arrived all the same.
func (c *Counts) refused(missing uint64) {
	c.Lost = c.Missing - min(c.Missing, missing)
	c.anyway = c.GivenUp - min(c.GivenUp, missing)
}

// refusedUnknown is for the case that nobody says which items were given up: as many of the missing items as can be are taken for those.
func (c *Counts) refusedUnknown() {
	c.refused(min(c.Missing, c.GivenUp))
	c.doubtful = min(c.Missing, c.offered()) - c.Lost
}

// complete adds what was sent to the counts of all sources of which nobody told. What all shards sent is known, and so is what the other
// sources sent: the difference is theirs.
func (c *Counts) complete(known *Counts, offered, givenUp uint64) {
	all := offered + givenUp
	c.Sent = max(c.Sent, all-min(all, known.Sent))
	c.GivenUp = givenUp - min(givenUp, known.GivenUp)
	c.Missing = c.Sent - c.Received
	c.refusedUnknown()
}
