// SPDX-License-Identifier: Apache-2.0

package audit

// Strays are items whose stamp was changed. The run and source that they name may be those that they are of, or none. So they are kept by these
// names until a report is made: then each belongs to the source of its name, if there is one, or else to the run. Whether the first item of that
// came before the stray, or to another auditor, changes nothing.

// mostStrays bounds the names. Further strays are counted without.
const mostStrays = 4096

// strays are those that name one run.
type strays map[strayOf]uint64

type strayOf struct {
	signal Signal
	source string
}

// of is how many name a source.
func (s strays) of(signal Signal, source string) uint64 { return s[strayOf{signal, source}] }

// any reports whether there are some of a signal.
func (s strays) any(signal Signal) bool {
	for of := range s {
		if of.signal == signal {
			return true
		}
	}
	return false
}

// others counts those that name none of the sources.
func (s strays) others(signal Signal, sources map[string]*stream) (n uint64) {
	for of, count := range s {
		if of.signal == signal && sources[of.source] == nil {
			n += count
		}
	}
	return n
}
