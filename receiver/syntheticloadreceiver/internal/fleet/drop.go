// SPDX-License-Identifier: Apache-2.0

package fleet

// Drop notes that a request was given up.
func (f *Fleet) Drop(r *Request) {
	switch {
	case r.ends:
		return
	case r.odd != nil:
		f.odds.drop(r)
		return
	}
	f.strike(r)
	for _, part := range r.parts {
		n := uint64(max(0, part.count))
		part.process.givenUp[r.Signal] += n
		part.process.refused[r.Signal].Add(part.first, n)
	}
}

// strike takes back what a request entered that was given up.
func (f *Fleet) strike(r *Request) {
	if r.noted.IsZero() {
		return
	}
	f.enter(r, -1)
	if f.classes != nil { // what class its items have is known when they are built
		f.classes.undo = true
		switch r.Signal {
		case Traces:
			f.Traces(r, r.noted)
		case Metrics:
			f.Metrics(r, r.noted)
		default:
			f.Logs(r, r.noted)
		}
		f.classes.undo = false
	}
}
