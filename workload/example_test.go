// SPDX-License-Identifier: Apache-2.0

package workload_test

import (
	"fmt"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/arrive"
	"github.com/runtimelab/otelcol-runtimelab/workload/dist"
	"github.com/runtimelab/otelcol-runtimelab/workload/play"
)

// A service of one operation, written in Go and played for ten seconds of virtual time.
func Example() {
	service := &workload.Service{
		Name: "orders", Instances: 1, MaxInFlight: 1000,
		Runtime:  workload.OnRuntime("tokio"),
		Arrivals: arrive.Constant{Rate: 100}, // one every 10 ms
		Export:   workload.BatchExport(),
		Operations: []workload.Operation{{Weight: 1, Program: &program.Program{
			Name: "GET /orders", Label: 0, // the first of Spans
			Steps: []program.Step{
				{Op: program.Compute, Duration: dist.Lognormal{Median: sim.Time(80 * time.Microsecond), Sigma: 0.6}},
				{Op: program.IO, Duration: dist.Exponential{Mean: sim.Time(2 * time.Millisecond)}},
			},
		}}},
		Spans: []workload.Span{{
			Name: "GET /orders", Kind: workload.Server,
			Attributes: []workload.Attribute{{Key: "tenant", Value: workload.NewCardinality("tenant", workload.NewNumbered("t", 50))}},
		}},
	}
	if err := workload.Check([]*workload.Service{service}); err != nil {
		fmt.Println(err)
		return
	}

	var clock sim.Simulation
	requests, total := 0, sim.Time(0)
	instance := play.NewNetwork(&clock).Play(service, 1, 0, play.Observer{Observer: scheduler.Observer{
		Finished: func(f *scheduler.Finished) {
			requests++
			total += f.End - f.Spawned
		},
	}})
	clock.Run(sim.Time(10 * time.Second))

	fmt.Println(instance.Arrivals(), "requests arrived,", instance.Arrivals()-uint64(requests), "of them runs still")
	fmt.Println("mean latency about", (total / sim.Time(requests)).Duration().Round(time.Millisecond))
	// Output:
	// 1000 requests arrived, 1 of them runs still
	// mean latency about 2ms
}
