// SPDX-License-Identifier: Apache-2.0

package content

import (
	"slices"

	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
)

// findings are what was found of an item, a resource or a scope.
type findings struct {
	met    uint64
	had    uint32 // bits of fields that were sent; see audit.Content
	faults []audit.Fault
	// Of the fields that the checksum covers, some differ, and some of these are not said to.
	differs, unexcused bool
}

func (f *findings) add(kind audit.FaultKind, part audit.Part, name string) {
	if slices.ContainsFunc(f.faults, func(other audit.Fault) bool { return other.Kind == kind && other.Part == part }) {
		return // of an attribute that comes again and again
	}
	f.faults = append(f.faults, audit.Fault{Kind: kind, Part: part, Name: name})
}

// outcome of an attribute or field that was sent.
type outcome uint8

const (
	same outcome = iota
	different
	gone
)

// judge holds an outcome against what is said. It reports whether the outcome is as said.
func (f *findings) judge(r *Rules, s audit.Signal, part audit.Part, name string, is outcome) bool {
	said, bit := r.of(s, part)
	switch {
	case is == same && (said == mustGo || said == mustChange):
		f.met |= bit
		f.add(audit.Untouched, part, name)
		return false
	case is == same || said == mayDiffer:
		return true
	case is == gone && said == mustGo, is == different && said == mustChange:
		f.met |= bit
		return true
	case is == gone:
		f.add(audit.Removed, part, name)
	default:
		f.add(audit.Changed, part, name)
	}
	f.met |= bit
	return false
}
