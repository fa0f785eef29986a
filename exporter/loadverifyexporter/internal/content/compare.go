// SPDX-License-Identifier: Apache-2.0

package content

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/internal/stamp"
)

// attributes holds the attributes that arrived against those that were sent. Both come in one order, unless something on the way has sorted
// them: then each is looked for.
func (c *Checker) attributes(f *findings, sent *stamp.Content, place audit.Place, arrived pcommon.Map) {
	rules, s := c.rules, c.signal
	anySaid, pairs := len(rules.bySignal[s]) > 0, sent.Pairs()
	next := 0               // of those sent
	c.missed = c.missed[:0] // those passed over
	for key, value := range arrived.All() {
		if stamp.IsStamp(key) {
			continue
		}
		hash := stamp.Key(key)
		want, found := c.find(sent, hash, &next)
		if !found {
			want, found = again(sent, hash, next)
		}
		switch {
		case !found:
			if part := (audit.Part{Place: place, Key: hash}); !rules.mayAdd(part, key) {
				f.add(audit.Added, part, c.name(key))
			}
		case want == stamp.Value(value):
			if anySaid {
				f.judge(rules, s, audit.Part{Place: place, Key: hash}, key, same)
			}
		default:
			f.judge(rules, s, audit.Part{Place: place, Key: hash}, c.name(key), different)
		}
	}
	for _, i := range c.missed {
		key, _ := sent.Pair(i)
		f.judge(rules, s, audit.Part{Place: place, Key: key}, "", gone)
	}
	for ; next < pairs; next++ {
		key, _ := sent.Pair(next)
		f.judge(rules, s, audit.Part{Place: place, Key: key}, "", gone)
	}
}

// find finds an attribute among those sent, and its value. Those that it passes over are missed until they turn up.
func (c *Checker) find(sent *stamp.Content, hash uint32, next *int) (value uint32, found bool) {
	pairs := sent.Pairs()
	if *next < pairs {
		if key, value := sent.Pair(*next); key == hash {
			*next++
			return value, true
		}
	}
	for k, i := range c.missed {
		if key, value := sent.Pair(i); key == hash {
			c.missed = append(c.missed[:k], c.missed[k+1:]...)
			return value, true
		}
	}
	for i := *next + 1; i < pairs; i++ {
		key, value := sent.Pair(i)
		if key != hash {
			continue
		}
		for ; *next < i; *next++ {
			c.missed = append(c.missed, *next)
		}
		*next++
		return value, true
	}
	return 0, false
}

// again finds an attribute that has arrived before: of two with one key nobody knows which one is read, so the second must be what was sent, too.
func again(sent *stamp.Content, hash uint32, next int) (value uint32, found bool) {
	for i := range next {
		if key, value := sent.Pair(i); key == hash {
			return value, true
		}
	}
	return 0, false
}

// fields holds the fields that arrived against those that were sent, the first of which has the given number. Of those that the checksum
// covers, which have a bit in covered, none may come along: without it they are what they are.
func (c *Checker) fields(f *findings, sent *stamp.Content, first int, names []string, covered uint8, arrived *stamp.Fields) {
	for i, name := range names {
		at := first + i
		was, is := sent.Field(at), arrived[at]
		if was != 0 {
			f.had |= 1 << at
		}
		if was == 0 && is == 0 || was == is && len(c.rules.bySignal[c.signal]) == 0 {
			continue
		}
		part := audit.Part{Place: audit.Field, Key: stamp.Key(name)}
		bit := uint8(1) << at
		result := same
		switch {
		case was == is:
		case was == 0 && covered&bit == 0:
			if !c.rules.mayAdd(part, name) {
				f.add(audit.Added, part, name)
			}
			continue
		case is == 0:
			result = gone
		default:
			result = different
		}
		as := f.judge(c.rules, c.signal, part, name, result)
		if result != same && covered&bit != 0 {
			f.differs = true
			f.unexcused = f.unexcused || !as
		}
	}
}
