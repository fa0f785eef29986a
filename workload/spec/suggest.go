// SPDX-License-Identifier: Apache-2.0

package spec

import "strings"

// oneOf lists what is allowed.
func oneOf(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return "one of " + strings.Join(names, ", ")
}

// didYouMean names the known word nearest to one that is unknown, in parentheses, or nothing if none is near: more than a
// third of the letters differ. A single known word needs no such hint: the message names it anyway.
func didYouMean(word string, known []string) string {
	if len(known) == 1 {
		return ""
	}
	nearest, least := "", len(word)/3+1
	for _, k := range known {
		if max(len(k)-len(word), len(word)-len(k)) > least {
			continue // also bounds the work on a key of any length
		}
		if d := editDistance(strings.ToLower(word), k); d < least || d == least && nearest == "" {
			nearest, least = k, d
		}
	}
	if nearest == "" {
		return ""
	}
	return " (did you mean " + nearest + "?)"
}

// editDistance is the number of letters to insert, delete, replace or swap with their neighbour on the way from a to b:
// the optimal string alignment distance, over bytes.
func editDistance(a, b string) int {
	before := make([]int, len(b)+1) // row i-2
	last := make([]int, len(b)+1)   // row i-1
	row := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := last[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(last[j]+1, row[j-1]+1, replace)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
