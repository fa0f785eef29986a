// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// OpenTelemetry's consistent probability sampling: a trace has a random value rv of 56 bits, and a sampler keeps it if that is not below its
// threshold th. Both are in the trace state: ot=th:8;rv:0123456789abcd. Trailing zeros of th are left out.
const (
	randomBits   = 56
	randomDigits = randomBits / 4
	// RandomParts of the range of rv are counted apart.
	RandomParts = 1 << randomPartBits

	randomPartBits = 10
)

// Randomness is how many spans there are in each part of the range of rv.
type Randomness [RandomParts]uint64

// PartOf is the part of the range that has a value.
func PartOf(rv uint64) int { return int(rv >> (randomBits - randomPartBits) & (RandomParts - 1)) }

// PartBegins is the least value of a part.
func PartBegins(part int) uint64 { return uint64(max(0, part)) << (randomBits - randomPartBits) }

// State is a trace state with a random value, of which the last 56 bits count.
func State(rv uint64) string {
	digits := strconv.FormatUint(rv&(1<<randomBits-1)|1<<randomBits, 16) // a digit more, so that none is left out
	return "ot=rv:" + digits[1:]
}

// ReadState reads a trace state. What is missing or cannot be is not there.
func ReadState(state string) (rv, th uint64, hasRV, hasTH bool) {
	for member := range strings.SplitSeq(state, ",") {
		fields, ours := strings.CutPrefix(strings.TrimSpace(member), "ot=")
		if !ours {
			continue
		}
		for field := range strings.SplitSeq(fields, ";") {
			switch key, digits, _ := strings.Cut(field, ":"); key {
			case "rv":
				if len(digits) == randomDigits {
					rv, hasRV = hexadecimal(digits)
				}
			case "th":
				if n := len(digits); n > 0 && n <= randomDigits {
					th, hasTH = hexadecimal(digits)
					th <<= 4 * (randomDigits - n)
				}
			}
		}
	}
	return rv, th, hasRV, hasTH
}

func hexadecimal(digits string) (n uint64, ok bool) {
	if digits[0] == '+' || digits[0] == '-' || strings.Contains(digits, "_") {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 16, 64)
	return n, err == nil
}

// Append appends the counts as bytes.
func (r *Randomness) Append(b []byte) []byte {
	for _, n := range r {
		b = binary.AppendUvarint(b, n)
	}
	return b
}

// ReadRandomness reads what Append has written.
func ReadRandomness(b []byte) (*Randomness, bool) {
	r := &Randomness{}
	for i := range r {
		n, length := binary.Uvarint(b)
		if length <= 0 || n > mostItems {
			return nil, false
		}
		r[i], b = n, b[length:]
	}
	return r, len(b) == 0
}
