// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

// draw gives the steps of a task with their durations, in the order in which the engine of the models draws them. Of steps that a
// timeout drops, the engine draws nothing: what comes after such steps has other durations in the models.
func (p *Plan) draw(of *program.Program, work *sim.Rand) ([]any, error) {
	steps, _, err := p.steps(of.Steps, work)
	return steps, err
}

// steps draws up to the end of the program, or of the timeout around the steps. It returns how many steps it has passed.
func (p *Plan) steps(steps []program.Step, work *sim.Rand) (drawn []any, passed int, err error) {
	drawn = []any{} // not null in JSON
	for i := 0; i < len(steps); i++ {
		st := &steps[i]
		switch st.Op {
		case program.Compute, program.Block, program.BlockInPlace:
			if d := st.Duration.Sample(work); d > 0 {
				drawn = append(drawn, []any{st.Op.String(), d})
			}
		case program.Sleep, program.IO, program.File, program.SpawnBlocking:
			drawn = append(drawn, []any{st.Op.String(), st.Duration.Sample(work)})
		case program.Yield, program.Join, program.Cancel:
			drawn = append(drawn, []any{st.Op.String()})
		case program.Lock, program.Unlock, program.Receive:
			drawn = append(drawn, []any{st.Op.String(), st.Object})
		case program.Send:
			p.Channels[st.Object] = max(p.Channels[st.Object], st.Count)
			drawn = append(drawn, []any{st.Op.String(), st.Object})
		case program.Spawn:
			children, err := p.spawns(st, work)
			if err != nil {
				return nil, 0, err
			}
			drawn = append(drawn, children...)
		case program.Timeout:
			after := st.Duration.Sample(work)
			inside, n, err := p.steps(steps[i+1:], work)
			if err != nil {
				return nil, 0, err
			}
			i += n
			drawn = append(drawn, []any{st.Op.String(), after, inside})
		case program.EndTimeout:
			return drawn, i + 1, nil
		case program.Span, program.EndSpan, program.Event: // take no time
		default:
			return nil, 0, fmt.Errorf("the rig has no step %s", st.Op)
		}
	}
	return drawn, len(steps), nil
}

// spawns draws the children of a step. Children that follow each other and do the same are one step of the plan.
func (p *Plan) spawns(st *program.Step, work *sim.Rand) (drawn []any, err error) {
	var before []byte
	count := 0
	for range st.Count {
		own := sim.Rand(work.Uint64())
		steps, err := p.draw(st.Child, &own)
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(steps)
		if err != nil {
			return nil, err
		}
		if count > 0 && bytes.Equal(before, text) {
			count++
			drawn[len(drawn)-1].([]any)[1] = count //nolint:forcetypeassert // appended below
			continue
		}
		before, count = text, 1
		drawn = append(drawn, []any{st.Op.String(), count, st.Detached, steps})
	}
	return drawn, nil
}
