// SPDX-License-Identifier: Apache-2.0

package content

import (
	"regexp"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// patterns are what nothing that arrives may match.
type patterns struct {
	each []*regexp.Regexp
	any  *regexp.Regexp // one for all; nil: there is none
}

func newPatterns(of []string) (p patterns, err error) {
	for _, text := range of {
		compiled, err := regexp.Compile(text)
		if err != nil {
			return p, err
		}
		p.each = append(p.each, compiled)
	}
	if len(of) > 0 {
		p.any, err = regexp.Compile("(?:" + strings.Join(of, ")|(?:") + ")")
	}
	return p, err
}

// mask puts stars in the place of all that a pattern matches, so that a report does not tell a secret that should not have arrived.
func (p *patterns) mask(text string) string {
	for _, pattern := range p.each {
		text = pattern.ReplaceAllLiteralString(text, masked)
	}
	return text
}

const masked = "****"

// clean remembers texts that match no pattern, by their hash: the same few come again and again.
type clean [4096]uint64

// matches returns the indices of the patterns that a text matches. It runs once for each text of each item.
func (p *patterns) matches(text string, known *clean) []int {
	if text == "" {
		return nil
	}
	hash := max(xxhash.Sum64String(text), 1)
	slot := &known[hash%uint64(len(known))]
	if *slot == hash {
		return nil
	}
	if !p.any.MatchString(text) {
		*slot = hash
		return nil
	}
	var list []int
	for i, pattern := range p.each {
		if pattern.MatchString(text) {
			list = append(list, i)
		}
	}
	return list
}
