// SPDX-License-Identifier: Apache-2.0

package main

// pin says which CPU each process of a shape runs on, of a machine with so many. With three CPUs or more each role has a third of them, or nearly. With two,
// the generators have the first, and gateways and verifiers share the second: they are what is under test, and a generator that waits for them takes nothing.
// Processes of a role are dealt out over its CPUs.
func pin(s shape, cpus int) (of [roles][]int) {
	for r := range roles {
		first, end := share(r, cpus)
		for i := range s[r] {
			of[r] = append(of[r], first+i%(end-first))
		}
	}
	return of
}

// share is the CPUs of a role: from first to before end.
func share(r role, cpus int) (first, end int) {
	if cpus < int(roles) {
		if first = min(int(r), cpus-1); first < 0 {
			first = 0
		}
		return first, first + 1
	}
	return int(r) * cpus / int(roles), (int(r) + 1) * cpus / int(roles)
}
