// SPDX-License-Identifier: Apache-2.0

package spec

import "github.com/runtimelab/otelcol-runtimelab/workload"

// checkLinks notes links to services that are not in the fleet, and to names that none of their spans has.
func (d *decoder) checkLinks() {
	var services []string
	spans := map[string][]string{} // names of each service's, each once
	known := map[string]map[string]bool{}
	for _, s := range workload.Runtimes(d.fleet) {
		if known[s.Name] == nil {
			known[s.Name] = map[string]bool{}
			services = append(services, s.Name)
		}
		for i := range s.Spans {
			if name := s.Spans[i].Name; name != "" && !known[s.Name][name] {
				known[s.Name][name] = true
				spans[s.Name] = append(spans[s.Name], name)
			}
		}
	}
	for i := range d.linked {
		switch l := &d.linked[i]; {
		case l.service == "": // noted already
		case known[l.service] != nil:
			l.check(known[l.service], spans[l.service])
		case d.full():
			l.serviceAt.fail(quote(l.service) + " is not in the fleet")
		default:
			l.serviceAt.fail(quote(l.service) + " is not in the fleet" + didYouMean(l.service, services) + "; want " + oneOf(services))
		}
	}
}
