// SPDX-License-Identifier: Apache-2.0

package scheduler_test

import (
	"fmt"
	"log"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/tokio"
)

// request computes, asks a database, and computes again.
func request() *program.Program {
	return &program.Program{Name: "request", Steps: []program.Step{
		{Op: program.Compute, Duration: program.Constant(200 * time.Microsecond)},
		{Op: program.IO, Duration: program.Constant(time.Millisecond)},
		{Op: program.Compute, Duration: program.Constant(100 * time.Microsecond)},
	}}
}

// Eight requests come at once to a Tokio with four workers, on which scheduling costs nothing.
func Example() {
	var s sim.Simulation
	rt, err := tokio.New(&s, tokio.Config{Workers: 4, Seed: 1}, scheduler.Observer{
		Finished: func(f *scheduler.Finished) {
			fmt.Printf("request %d took %v, of which it was queued for %v\n", f.Task, (f.End - f.Spawned).Duration(), f.QueueWait.Duration())
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	p := request()
	for i := range uint64(8) {
		if _, err := rt.Spawn(p, i, sim.Stream(1, i)); err != nil {
			log.Fatal(err)
		}
	}
	s.Run(sim.Time(time.Second))
	fmt.Println(rt.Live(), "requests are in flight")
	// Output:
	// request 7 took 1.3ms, of which it was queued for 0s
	// request 4 took 1.3ms, of which it was queued for 0s
	// request 1 took 1.3ms, of which it was queued for 0s
	// request 6 took 1.3ms, of which it was queued for 0s
	// request 3 took 1.5ms, of which it was queued for 200µs
	// request 5 took 1.5ms, of which it was queued for 200µs
	// request 2 took 1.5ms, of which it was queued for 200µs
	// request 8 took 1.5ms, of which it was queued for 200µs
	// 0 requests are in flight
}

// The same requests on each runtime, with what scheduling costs.
func Example_models() {
	for _, m := range models.All() {
		c := m.Config()
		c.Costs, c.Seed = new(cost.Default()), 1
		var s sim.Simulation
		var slowest sim.Time
		rt, err := m.New(&s, c, scheduler.Observer{Finished: func(f *scheduler.Finished) { slowest = max(slowest, f.End-f.Spawned) }})
		if err != nil {
			log.Fatal(err)
		}
		p := request()
		for i := range uint64(8) {
			if _, err := rt.Spawn(p, i, sim.Stream(1, i)); err != nil {
				log.Fatal(err)
			}
		}
		s.Run(sim.Time(time.Second))
		fmt.Println(m.Name, rt.Workers(), slowest.Duration().Round(10*time.Microsecond))
	}
	// Output:
	// tokio 4 1.56ms
	// async_std 4 1.55ms
	// smol 1 2.71ms
	// ideal 4 1.5ms
}

// What is wrong with a program or a Config is an error that says what is allowed.
func Example_mistakes() {
	var s sim.Simulation
	_, err := tokio.New(&s, tokio.Config{Workers: 40_000}, scheduler.Observer{})
	fmt.Println(err)
	fmt.Println(program.Check(&program.Program{Steps: []program.Step{{Op: program.Compute}, {Op: program.EndSpan}}}))
	// Output:
	// tokio: Workers: 40000 is not allowed; want 1 to 1024, or 0 for 1
	// steps[0]: compute: Duration: missing; want a Sampler
	// steps[1]: end of span: no span was opened last; want one that it ends
}
