// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// What draws the values of attributes. Each makes one string of its own at most, and none keeps a table that grows with the
// number of values: a billion texts cost no more memory than a thousand.

// names are numbered texts: a prefix and a number from 1.
type names struct {
	prefix string
	count  int
	kept   []string // of the first numbers: made once
}

// mostKept and mostKeptBytes bound the texts that are kept for a prefix: few enough that hundreds of prefixes do not show.
const (
	mostKept      = 1024
	mostKeptBytes = 64 << 10
)

// names makes the texts, and keeps the first of them. Attributes with the same prefix share them: by aliases, a few lines of YAML can
// hold any number of attributes.
func (v value) names(prefix string, count int) names {
	kept := v.mistakes.kept[prefix]
	if want := min(count, mostKept, mostKeptBytes/(len(prefix)+8)); len(kept) < want {
		kept = make([]string, want)
		for i := range kept {
			kept[i] = prefix + strconv.Itoa(i+1)
		}
		if v.mistakes.kept == nil {
			v.mistakes.kept = map[string][]string{}
		}
		v.mistakes.kept[prefix] = kept
	}
	return names{prefix, count, kept}
}

// name is text number i, from 1.
func (n *names) name(i int) string {
	if i <= len(n.kept) {
		return n.kept[i-1]
	}
	var text [128]byte
	return string(strconv.AppendInt(append(text[:0], n.prefix...), int64(i), 10))
}

// evenTexts draws each of its texts as often.
type evenTexts struct {
	draw
	names
}

// Text implements Texts.
func (e evenTexts) Text(d Draws) string {
	r := e.from(d)
	return e.name(1 + r.IntN(e.count))
}

// zipfTexts draws its text n with a probability proportional to n^-exponent.
type zipfTexts struct {
	draw
	names
	zipf
}

// Text implements Texts.
func (z zipfTexts) Text(d Draws) string {
	r := z.from(d)
	return z.name(z.sample(&r))
}

// zipf draws numbers from 1 to count, n with a probability proportional to h(n) = n^-exponent, by rejection-inversion
// (Hörmann, Derflinger, "Rejection-inversion to generate variates from monotone discrete distributions", 1996): a point
// under the curve h is drawn by inverting its integral H, and the number next to it is taken unless the point lies above
// that number's bar. It needs no table, and seldom a second
// try: in 1.5 % of the draws at most.
type zipf struct {
	count, exponent float64
	low, high       float64 // H(1.5) - h(1) and H(count + 0.5): where points are drawn
	sure            float64 // a number that is no further than this above its point is taken in any case
}

func newZipf(count int, exponent float64) zipf {
	z := zipf{count: float64(count), exponent: exponent}
	z.low = z.integral(1.5) - 1
	z.high = z.integral(z.count + 0.5)
	z.sure = 2 - z.inverse(z.integral(2.5)-z.density(2))
	return z
}

func (z *zipf) sample(r *sim.Rand) int {
	for {
		u := z.high + r.Float64()*(z.low-z.high)
		x := z.inverse(u)
		n := min(max(math.Floor(x+0.5), 1), z.count)
		if n-x <= z.sure || u >= z.integral(n+0.5)-z.density(n) {
			return int(n)
		}
	}
}

func (z *zipf) density(x float64) float64 { return math.Exp(-z.exponent * math.Log(x)) }

// integral is H(x) = (x^(1-exponent) - 1) / (1-exponent), and log(x) for the exponent 1.
func (z *zipf) integral(x float64) float64 {
	log := math.Log(x)
	e := (1 - z.exponent) * log
	if math.Abs(e) < 1e-8 {
		return log * (1 + e/2)
	}
	return log * math.Expm1(e) / e
}

// inverse is the x of H(x) = u: (1 + (1-exponent) u)^(1 / (1-exponent)).
func (z *zipf) inverse(u float64) float64 {
	e := max((1-z.exponent)*u, -1) // rounding errors do not pass infinity
	if math.Abs(e) < 1e-8 {
		return math.Exp(u * (1 - e/2))
	}
	return math.Exp(u * math.Log1p(e) / e)
}

// uuids draws random UUIDs (RFC 9562, version 4).
type uuids struct{ draw }

// Text implements Texts.
func (g uuids) Text(d Draws) string {
	r := g.from(d)
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], r.Uint64())
	binary.BigEndian.PutUint64(id[8:], r.Uint64())
	id[6] = id[6]&0x0f | 4<<4 // the version
	id[8] = id[8]&0x3f | 2<<6 // the variant
	var text [36]byte
	place, from := 0, 0
	for _, length := range [...]int{4, 2, 2, 2, 6} {
		if from > 0 {
			text[place] = '-'
			place++
		}
		place += hex.Encode(text[place:], id[from:from+length])
		from += length
	}
	return string(text[:])
}

// payload draws text of a fixed size: letters from a to p, 4 bits each. It compresses to little more than half.
type payload struct {
	draw
	size int
}

// Text implements Texts.
func (p payload) Text(d Draws) string {
	const nibbles, letters = 0x0f0f0f0f0f0f0f0f, 0x6161616161616161
	r := p.from(d)
	var text strings.Builder
	text.Grow(p.size)
	var chunk [256]byte
	for left := p.size; left > 0; left -= len(chunk) {
		for i := 0; i < min(left, len(chunk)); i += 16 {
			u := r.Uint64()
			binary.LittleEndian.PutUint64(chunk[i:], u&nibbles+letters)
			binary.LittleEndian.PutUint64(chunk[i+8:], u>>4&nibbles+letters)
		}
		text.Write(chunk[:min(left, len(chunk))])
	}
	return text.String()
}

// integers draws whole numbers evenly.
type integers struct {
	draw
	low   int64
	width uint64 // how many there are; 0: 2^64
}

// Integer implements Integers.
func (g integers) Integer(d Draws) int64 {
	r := g.from(d)
	u := r.Uint64()
	if g.width != 0 {
		u, _ = bits.Mul64(u, g.width)
	}
	return int64(uint64(g.low) + u) //nolint:gosec // G115: modulo 2^64
}
