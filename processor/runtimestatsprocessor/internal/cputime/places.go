// SPDX-License-Identifier: Apache-2.0

package cputime

import (
	"maps"
	"slices"
	"strings"
)

// settle gives the new groups of a reading a place each. When all are taken, it gives them those of groups that neither the reading nor any
// interval tells of; further groups have none.
func (h *History) settle(r *Reading, kept []interval) {
	fresh := 0
	for name := range r.Groups {
		if _, known := h.groups[name]; !known {
			fresh++
		}
	}
	var spare []string
	if len(h.groups)+fresh > maxGroups {
		spare = h.spare(r, kept)
	}
	if fresh == 0 || len(h.groups)-len(spare) >= maxGroups {
		return
	}
	groups := maps.Clone(h.groups)
	for _, name := range spare {
		delete(groups, name)
	}
	h.groups = h.place(groups, r)
}

// spare returns the groups that neither a reading nor any interval tells of.
func (h *History) spare(r *Reading, kept []interval) (names []string) {
	oldest := r.At
	if len(kept) > 0 {
		oldest = kept[0].from
	}
	for name, i := range h.groups {
		if _, told := r.Groups[name]; !told && h.last[i].at <= oldest {
			names = append(names, name)
		}
	}
	return names
}

// place adds the groups of a reading that have no place yet, as far as there are places. Of too many it takes those that come first by their
// names, so that they are the same ones each time.
func (h *History) place(groups map[string]int, r *Reading) map[string]int {
	var taken [maxGroups]bool
	for _, i := range groups {
		taken[i] = true
	}
	free := 0
	for _, name := range slices.Sorted(maps.Keys(r.Groups)) {
		if _, known := groups[name]; known {
			continue
		}
		for free < maxGroups && taken[free] {
			free++
		}
		if free == maxGroups {
			break
		}
		groups[strings.Clone(name)], taken[free] = free, true
		if free < len(h.last) {
			h.last[free] = counter{}
		} else {
			h.last = append(h.last, counter{})
		}
	}
	return groups
}
