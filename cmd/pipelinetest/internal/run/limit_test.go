// SPDX-License-Identifier: Apache-2.0

package run

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/verdict"
)

// TestLimit: a load that was late is the system's fault only if nobody else can have been it.
func TestLimit(t *testing.T) {
	idle := &MachineLoad{CPUs: 8, Busy: 0.3}
	for name, tc := range map[string]struct {
		change func(*symptoms)
		want   Limit
	}{
		"all is well":                                  {func(*symptoms) {}, ""},
		"busy, and well all the same":                  {func(s *symptoms) { s.machine = &MachineLoad{CPUs: 8, Busy: 1} }, ""},
		"late, and well all the same":                  {func(s *symptoms) { s.late = true }, ""},
		"took longer":                                  {func(s *symptoms) { s.took = 20 * time.Second }, LimitBackpressure},
		"was cut short":                                {func(s *symptoms) { s.cut = true }, LimitBackpressure},
		"took no longer than may be":                   {func(s *symptoms) { s.took = 11 * time.Second }, ""},
		"slow":                                         {func(s *symptoms) { s.slow = true }, LimitLatency},
		"slow, and not taken":                          {func(s *symptoms) { s.slow, s.pushed, s.late = true, true, true }, LimitLatency},
		"slow on a busy machine":                       {func(s *symptoms) { s.slow, s.machine = true, &MachineLoad{CPUs: 8, Busy: 0.95} }, LimitMachine},
		"took longer on a busy machine":                {func(s *symptoms) { s.took, s.machine = time.Minute, &MachineLoad{CPUs: 8, Busy: 0.95} }, LimitMachine},
		"a container's share of the machine is used":   {func(s *symptoms) { s.slow, s.all, s.machine = true, 1.9, &MachineLoad{CPUs: 2, Busy: 0.3} }, LimitMachine},
		"a container's quota is used up":               {func(s *symptoms) { s.slow, s.machine = true, &MachineLoad{CPUs: 2, Busy: 0.3, Throttled: 0.2} }, LimitMachine},
		"the generator was behind":                     {func(s *symptoms) { s.took, s.late = time.Minute, true }, LimitGenerator},
		"the generator was behind, for it was held up": {func(s *symptoms) { s.took, s.late, s.pushed = time.Minute, true, true }, LimitBackpressure},
		"the verifier took no more":                    {func(s *symptoms) { s.took, s.pushed, s.verifier = time.Minute, true, 0.97 }, LimitVerifier},
		"nothing is tested":                            {func(s *symptoms) { s.slow, s.systems = true, false }, LimitVerifier},
		"of the machine nothing is known":              {func(s *symptoms) { s.slow, s.machine = true, nil }, LimitLatency},
	} {
		s := &symptoms{took: 10 * time.Second, duration: 10 * time.Second, systems: true, machine: idle}
		tc.change(s)
		assert.Equal(t, tc.want, s.limit(), name)
	}
	for limit, of := range map[Limit]bool{LimitLoss: true, LimitBackpressure: true, LimitLatency: true, LimitMachine: false, LimitGenerator: false, LimitVerifier: false, "": false} {
		assert.Equal(t, of, limit.OfSystem(), limit)
	}
}

// TestWindow: what is measured is between the first arrival and the load's end.
func TestWindow(t *testing.T) {
	at := func(begun, ended, n int) []int {
		s := samples{list: make([]sample, n), begun: begun, ended: ended}
		from, to := s.window()
		return []int{from, to}
	}
	assert.Equal(t, []int{1, 4}, at(1, 4, 6))
	assert.Equal(t, []int{1, 5}, at(1, 0, 6), "its end was not seen")
	assert.Equal(t, []int{3, 4}, at(4, 4, 6), "it was short")
	assert.Equal(t, []int{0, 1}, at(0, 0, 2))
	assert.InDelta(t, 0.5, cores(time.Second, 2*time.Second), 1e-9)
	assert.Zero(t, cores(time.Second, 0))
	assert.Zero(t, cores(-time.Second, time.Second), "a part that ended took its account with it")
}

// TestUntimed: of items without a latency nobody knows whether they were in time.
func TestUntimed(t *testing.T) {
	of := func(count uint64) *Load {
		return &Load{Signals: []SignalLoad{{Signal: "traces"}, {Signal: "logs", Items: 1000, Latency: verdict.Latency{Count: count, P99: time.Second}}}}
	}
	assert.Nil(t, of(990).untimed())
	assert.Equal(t, "logs", of(989).untimed().Signal)
	most, signal := of(1).Worst("p99")
	assert.Equal(t, []any{time.Second, "logs"}, []any{most, signal})
	_, signal = of(0).Worst("p99")
	assert.Empty(t, signal)
}
