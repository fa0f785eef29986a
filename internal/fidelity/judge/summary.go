// SPDX-License-Identifier: Apache-2.0

package judge

import (
	"math"
)

// Summary is how good the models are in all.
type Summary struct {
	Rows          int
	Open          map[string]int // why nothing can be said, and how often
	Fitted        int
	Times         Shares
	Counters      Shares
	Orders, Wrong int // clear orders of two runtimes, and those that the models have the other way round
	WrongOrders   []Order
}

// Shares are how many rows are within some errors.
type Shares struct {
	Counted                int
	In10, In15, In25, In50 int
}

// Of is a part of the counted rows, in percent.
func (s Shares) Of(part int) float64 { return 100 * float64(part) / float64(max(s.Counted, 1)) }

func (s *Shares) add(err float64) {
	s.Counted++
	for _, limit := range []struct {
		error float64
		count *int
	}{{0.10, &s.In10}, {0.15, &s.In15}, {0.25, &s.In25}, {0.50, &s.In50}} {
		if math.Abs(err) <= limit.error {
			*limit.count++
		}
	}
}

// Order is two runtimes at the same workload, of which the first is less in reality.
type Order struct{ Less, More *Row }

// Summarize counts the rows that count.
func Summarize(rows []Row) Summary {
	s := Summary{Rows: len(rows), Open: map[string]int{}}
	for i := range rows {
		r := &rows[i]
		switch {
		case r.Open != "":
			s.Open[r.Open]++
		case r.Fitted:
			s.Fitted++
		case r.Counter():
			s.Counters.add(r.Error())
		default:
			s.Times.add(r.Error())
		}
	}
	s.order(rows)
	return s
}

// clearly is how far apart two runtimes must be, beside that their intervals do not touch.
const clearly = 1.10

// order compares the runtimes at each workload.
func (s *Summary) order(rows []Row) {
	type key struct{ workload, figure string }
	byFigure := map[key][]*Row{}
	var keys []key
	for i := range rows {
		r := &rows[i]
		if !r.Counts() || r.Counter() {
			continue
		}
		k := key{r.Workload, r.Figure}
		if byFigure[k] == nil {
			keys = append(keys, k)
		}
		byFigure[k] = append(byFigure[k], r)
	}
	for _, k := range keys {
		for _, a := range byFigure[k] {
			for _, b := range byFigure[k] {
				if a.High >= b.Low || b.Measured < clearly*a.Measured {
					continue
				}
				s.Orders++
				if a.Predicted >= b.Predicted {
					s.Wrong++
					s.WrongOrders = append(s.WrongOrders, Order{a, b})
				}
			}
		}
	}
}
