// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/workload/dist"
)

// What draws the texts of attributes. Each makes one string of its own at most, and none keeps a table that grows with the number of
// values: a billion texts cost no more memory than a thousand.

// Bounds of what attributes draw.
const (
	MostTexts       = 1_000_000_000
	HighestExponent = 20.0 // of Zipf
	MostPayload     = 1 << 20
)

// Numbered are texts: a prefix and a number from 1.
type Numbered struct {
	prefix string
	count  int
	kept   []string // of the first numbers: made once
}

// mostKept and mostKeptBytes bound the texts that are kept for a prefix: few enough that hundreds of prefixes do not show.
const (
	mostKept      = 1024
	mostKeptBytes = 64 << 10
)

// NewNumbered makes the texts prefix1 to prefixN, N = count, from 1 to MostTexts. Of the first thousand the strings are kept.
func NewNumbered(prefix string, count int) Numbered {
	kept := make([]string, keeps(prefix, count))
	for i := range kept {
		kept[i] = prefix + strconv.Itoa(i+1)
	}
	return Numbered{prefix, count, kept}
}

func keeps(prefix string, count int) int {
	return max(0, min(count, mostKept, mostKeptBytes/(len(prefix)+8)))
}

// Resized are texts of the same prefix, in another number. They share the strings that are kept, if these are enough: any number of
// attributes with one prefix then take the memory of one.
func (n Numbered) Resized(count int) Numbered {
	if keeps(n.prefix, count) > len(n.kept) {
		return NewNumbered(n.prefix, count)
	}
	return Numbered{n.prefix, count, n.kept}
}

// Prefix and Count are what the texts were made of.
func (n Numbered) Prefix() string { return n.prefix }

// Count is how many texts there are.
func (n Numbered) Count() int { return n.count }

// text is number i, from 1.
func (n *Numbered) text(i int) string {
	if i <= len(n.kept) {
		return n.kept[i-1]
	}
	var text [128]byte
	return string(strconv.AppendInt(append(text[:0], n.prefix...), int64(i), 10))
}

// Cardinality draws each of its texts as often. [NewCardinality] makes one.
type Cardinality struct {
	Numbered

	draw draw
}

// NewCardinality draws texts for the attribute key.
func NewCardinality(key string, of Numbered) Cardinality { return Cardinality{of, drawOf(key)} }

// Text implements Texts.
func (c Cardinality) Text(d Draws) string {
	r := c.draw.from(d)
	return c.text(1 + r.IntN(c.count))
}

// Zipf draws its text n with a probability proportional to n^-exponent. [NewZipf] makes one.
type Zipf struct {
	Numbered

	ranks dist.Zipf
	draw  draw
}

// NewZipf draws texts for the attribute key; the exponent is more than 0 and at most HighestExponent.
func NewZipf(key string, of Numbered, exponent float64) Zipf {
	return Zipf{of, dist.NewZipf(of.count, exponent), drawOf(key)}
}

// Exponent says how much more often the first texts are drawn.
func (z Zipf) Exponent() float64 { return z.ranks.Exponent() }

// Text implements Texts.
func (z Zipf) Text(d Draws) string {
	r := z.draw.from(d)
	return z.text(z.ranks.Sample(&r))
}

// UUID draws random UUIDs (RFC 9562, version 4). [NewUUID] makes one.
type UUID struct{ draw draw }

// NewUUID draws UUIDs for the attribute key.
func NewUUID(key string) UUID { return UUID{drawOf(key)} }

// Text implements Texts.
func (g UUID) Text(d Draws) string {
	r := g.draw.from(d)
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

// Payload draws text of a fixed size: letters from a to p, 4 bits each. It compresses to little more than half. [NewPayload] makes one.
type Payload struct {
	Bytes int
	draw  draw
}

// NewPayload draws texts of some bytes, from 1 to MostPayload, for the attribute key.
func NewPayload(key string, bytes int) Payload { return Payload{bytes, drawOf(key)} }

// Text implements Texts.
func (p Payload) Text(d Draws) string {
	const nibbles, letters = 0x0f0f0f0f0f0f0f0f, 0x6161616161616161
	r := p.draw.from(d)
	var text strings.Builder
	text.Grow(p.Bytes)
	var chunk [256]byte
	for left := p.Bytes; left > 0; left -= len(chunk) {
		for i := 0; i < min(left, len(chunk)); i += 16 {
			u := r.Uint64()
			binary.LittleEndian.PutUint64(chunk[i:], u&nibbles+letters)
			binary.LittleEndian.PutUint64(chunk[i+8:], u>>4&nibbles+letters)
		}
		text.Write(chunk[:min(left, len(chunk))])
	}
	return text.String()
}
