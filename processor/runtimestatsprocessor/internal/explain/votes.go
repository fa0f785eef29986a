// SPDX-License-Identifier: Apache-2.0

package explain

// votes count what was seen, up to a limit at which the older ones count half.
type votes uint8

const maxVotes = 128

func (v *votes) add() {
	if *v++; *v >= maxVotes {
		*v /= 2
	}
}

// count adds to the one or the other.
func count(yes, no *votes, which bool) {
	if which {
		yes.add()
	} else {
		no.add()
	}
}
