// SPDX-License-Identifier: Apache-2.0

package verdict

import "encoding/json"

// OddKind is what became of a kind of item that a generator made odd on purpose; see load_verify's report.
type OddKind struct {
	Kind      string `json:"kind"`
	Sent      uint64 `json:"sent"`
	Refused   uint64 `json:"refused"`
	Received  uint64 `json:"received"`
	Changed   uint64 `json:"changed"`
	Duplicate uint64 `json:"duplicate"`
	Missing   uint64 `json:"missing"`
}

// The counts of odd items. No other count has them.
const (
	oddSent      = "odd_sent"
	oddRefused   = "odd_refused"
	oddReceived  = "odd_received"
	oddDuplicate = "odd_duplicate"
)

// readOdd reads the list of kinds.
func (s *Signal) readOdd(fields map[string]json.RawMessage) error {
	raw, there := fields["odd"]
	if !there {
		return nil
	}
	return json.Unmarshal(raw, &s.Odd)
}

// Odd are the kinds of a signal's odd items, over all runs, in their order.
func (r *Report) Odd(signal string) (kinds []OddKind) {
	places := map[string]int{}
	for _, run := range r.Runs {
		s := run.signal(signal)
		if s == nil {
			continue
		}
		for _, k := range s.Odd {
			place, known := places[k.Kind]
			if !known {
				places[k.Kind] = len(kinds)
				kinds = append(kinds, k)
				continue
			}
			sum := &kinds[place]
			sum.Sent += k.Sent
			sum.Refused += k.Refused
			sum.Received += k.Received
			sum.Changed += k.Changed
			sum.Duplicate += k.Duplicate
			sum.Missing += k.Missing
		}
	}
	return kinds
}

// Ordinary takes what is known of odd items out of what the generators say that they have handed on and given up.
func (r *Report) Ordinary(signal string, offered Offered) Offered {
	offered.Items = minus(offered.Items, r.Sum(signal, oddSent))
	offered.GivenUp = minus(offered.GivenUp, r.Sum(signal, oddRefused))
	return offered
}
