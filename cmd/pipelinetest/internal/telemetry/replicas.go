// SPDX-License-Identifier: Apache-2.0

package telemetry

// merged are parts of which replicas, which stand beside each other, have become one: what is sent to all of them is divided among them. What one held
// when it was killed cannot be told from what the others got, so nothing is said of that.
func merged(parts []Part) (all []Part) {
	for _, p := range parts {
		if last := len(all) - 1; p.Group == "" || last < 0 || all[last].Group != p.Group {
			if p.Group != "" {
				p.Name, p.Killed, p.Components = p.Group, false, sum(nil, p.Components)
			}
			all = append(all, p)
			continue
		}
		one := &all[len(all)-1]
		one.Read, one.Least = one.Read && p.Read, one.Least || p.Least
		one.Elsewhere = append(one.Elsewhere, p.Elsewhere...)
		one.Components = sum(one.Components, p.Components)
	}
	return all
}

// sum adds components to others: those of one kind, id and signal are one.
func sum(all, more []Component) []Component {
next:
	for _, c := range more {
		for i := range all {
			if all[i].Kind == c.Kind && all[i].ID == c.ID && all[i].Signal == c.Signal {
				all[i].add(&c.Counts)
				continue next
			}
		}
		all = append(all, c)
	}
	return all
}
