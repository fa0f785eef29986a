// SPDX-License-Identifier: Apache-2.0

// Package gate is the contract between components that generate telemetry and an extension that knows when the Collector's pipelines
// run. Without it a generator begins while other pipelines still start, and pipelines that are joined over loopback stop in any order:
// what is on the way is lost.
package gate

import (
	"context"
	"errors"
	"sync"
)

// Generator is a component that generates telemetry.
type Generator interface {
	// Begin starts to generate; it returns at once.
	Begin()
	// End ends the run and hands over what is on the way. It may come before Begin. The error says what was given up.
	End(context.Context) error
	// Ended is closed when a run that has begun is over, by itself or by End: nothing more is handed on.
	Ended() <-chan struct{}
}

// Keeper is an extension that begins and ends generators. Generators find it among the host's extensions.
type Keeper interface {
	// Enter leaves a generator to the keeper, which begins it when all pipelines run: at once if they do.
	Enter(Generator)
}

// Gate is a Keeper for an extension to embed. It is closed until Open.
type Gate struct {
	mu         sync.Mutex
	open       bool
	generators []Generator
}

var _ Keeper = (*Gate)(nil)

// Enter implements Keeper.
func (g *Gate) Enter(generator Generator) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.generators = append(g.generators, generator)
	if g.open {
		generator.Begin()
	}
}

// Open begins all generators.
func (g *Gate) Open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = true
	for _, generator := range g.generators {
		generator.Begin()
	}
}

// Wait waits until all generators that have entered are over, by themselves or by Close. It reports whether there are any. The gate must be open.
func (g *Gate) Wait() bool {
	g.mu.Lock()
	generators := g.generators
	g.mu.Unlock()
	for _, generator := range generators {
		<-generator.Ended()
	}
	return len(generators) > 0
}

// Close ends all generators, at the same time, and waits for them. Those that enter later are not begun.
func (g *Gate) Close(ctx context.Context) error {
	g.mu.Lock()
	generators := g.generators
	g.open, g.generators = false, nil
	g.mu.Unlock()
	errs := make([]error, len(generators))
	var ending sync.WaitGroup
	for i, generator := range generators {
		ending.Go(func() { errs[i] = generator.End(ctx) })
	}
	ending.Wait()
	return errors.Join(errs...)
}
