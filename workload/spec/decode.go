// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/arrive"
)

// Decode reads the value of `services:` as YAML gives it: a list of maps, or a map of maps by the services' names, which other
// configurations can change in part. The error joins one error per mistake, each beginning with the path of its key, up to a hundred:
// `services[1].runtime.worker_threads: 0 is not allowed; want 1 to 1024`. With any mistake there are no services. What it returns
// satisfies [workload.Check].
func Decode(services any) ([]*workload.Service, error) {
	d := decoder{
		named: map[string]string{}, idle: map[*workload.Service]value{},
		stepKinds: stepKinds(), calls: map[*workload.Service][]writtenCall{}, called: map[*workload.Service]bool{},
	}
	d.stepNames = stepNames(d.stepKinds)
	all := newValue(services, "services", &d.reading)
	for _, item := range all.services() {
		d.service(item)
	}
	d.resolveCalls()
	d.checkLinks()
	d.checkSize(all)
	if d.none() {
		d.checkTasks()
	}
	if err := d.err(); err != nil {
		return nil, err
	}
	if err := workload.Check(d.fleet); err != nil { // what play relies on holds, whatever is forgotten here
		return nil, fmt.Errorf("services: %w", err)
	}
	return d.fleet, nil
}

// DecodeArrivals reads the value of `arrivals:` alone.
func DecodeArrivals(tree any) (arrive.Process, error) {
	var r reading
	a := readArrivals(newValue(tree, "arrivals", &r))
	if err := r.err(); err != nil {
		return nil, err
	}
	return a, nil
}

// Bounds of a whole fleet: about a gigabyte each.
const (
	mostThreads    = 400_000
	mostFleetUsers = 20_000_000
)

// checkSize bounds what a fleet takes before anything runs: each service may be within its limits, and all together not fit.
func (d *decoder) checkSize(all value) {
	if d.steps > mostSteps {
		all.fail(fmt.Sprintf("more than %d steps in all services, those of their workloads included; want at most that many", mostSteps))
	}
	threads, users := 0, 0
	for _, s := range workload.Runtimes(d.fleet) {
		threads += s.Instances * s.Runtime.Workers
		if c, closed := s.Arrivals.(arrive.Closed); closed {
			users += s.Instances * c.Users
		}
	}
	if threads > mostThreads {
		all.fail(fmt.Sprintf("%d worker_threads in all instances of all services; want at most %d", threads, mostThreads))
	}
	if users > mostFleetUsers {
		all.fail(fmt.Sprintf("%d users of all instances of all services; want at most %d", users, mostFleetUsers))
	}
}

// services are those of a list, or of a map, in the order of their names.
func (v value) services() (of []namedValue) {
	entries, isMap := v.raw.(map[string]any)
	if !isMap {
		for _, item := range v.list("services") {
			of = append(of, namedValue{value: item})
		}
		return of
	}
	if len(entries) == 0 {
		v.fail("empty; want at least one of the services")
	}
	t := table{value: v, entries: entries}
	for _, name := range t.keys() {
		of = append(of, namedValue{t.child(name), name})
	}
	return of
}
