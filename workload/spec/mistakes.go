// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"errors"
	"fmt"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// reading is what all values of one tree share while they are read.
type reading struct {
	mistakes

	steps    int                          // of all services so far
	runtimes []runtimeForm                // that there are
	texts    map[string]workload.Numbered // of attributes, by prefix
	nesting  nesting
	elements int // of lists and maps of all attributes so far
}

// nesting is the lists and maps of the attribute that is being read.
type nesting struct {
	key      string // of the attribute
	depth    int    // of lists and maps around the value
	elements int    // so far
}

// mistakes collects what is wrong with a tree, so that one pass finds all of it.
type mistakes struct {
	errs []error
	told int // bytes of errs
	more int // mistakes that were not told
}

// These bound what is told of mistakes. A few lines of YAML can hold any number of them, by aliases, and each can quote a long name.
const (
	mostMistakes   = 100
	mostTold       = 32 << 10 // bytes; the mistake that exceeds it is the last
	longestMistake = 4 << 10
)

// full says that no further mistake is told: finding the right words for one is no longer worth it.
func (m *mistakes) full() bool { return len(m.errs) == mostMistakes || m.told > mostTold }

// none says that nothing was found so far.
func (m *mistakes) none() bool { return m.count() == 0 }

func (m *mistakes) count() int { return len(m.errs) + m.more }

func (m *mistakes) err() error {
	if m.more > 0 {
		return errors.Join(append(m.errs, fmt.Errorf("services: %d more mistakes", m.more))...)
	}
	return errors.Join(m.errs...)
}

// note adds a mistake at a path. The same mistake is told once: a repeat finds some of them each time.
func (m *mistakes) note(path, message string) {
	if len(message) > longestMistake {
		message = strings.ToValidUTF8(message[:longestMistake], "") + "..."
	}
	text := path + ": " + message
	for _, err := range m.errs {
		if err.Error() == text {
			return
		}
	}
	if m.full() {
		m.more++
		return
	}
	m.told += len(path) + len(message)
	m.errs = append(m.errs, errors.New(text))
}
