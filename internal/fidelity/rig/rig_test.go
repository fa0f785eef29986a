// SPDX-License-Identifier: Apache-2.0

package rig

import (
	"encoding/json"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
)

func TestResult(t *testing.T) {
	var r Result
	require.NoError(t, json.Unmarshal([]byte(`{"versions": {"tokio": "1.2.3"}, "requests": [[10, 20, 50, 15, 2]], "counters": {"parks": 4},
		"threads": [{"name": "w", "ran": 30, "waited": 5}], "wall": 100, "stolen": 0.5,
		"quota": {"periods": 9, "throttled": 3, "time": 70, "began": 8}, "lost_polls": 0, "recorded_polls": 2,
		"polls": [{"thread": "w", "polls": [[1, 10, 20, 30, 0], [1, 35, 40, 50, 1]]}]}`), &r))
	assert.Equal(t, []Request{{Spawned: 10, FirstPoll: 20, End: 50, Wait: 15, Polls: 2}}, r.Requests)
	assert.Equal(t, []Poll{{Task: 1, Queued: 10, Start: 20, End: 30}, {Task: 1, Queued: 35, Start: 40, End: 50, Ready: true}}, r.Polls[0].Polls)
	assert.EqualValues(t, 2, r.RecordedPolls)
	assert.EqualValues(t, 4, r.Counters["parks"])
	assert.Equal(t, &Quota{Periods: 9, Throttled: 3, Time: 70, Began: 8}, r.Quota)
}

func TestDisturbed(t *testing.T) {
	for _, tt := range []struct {
		name string
		r    Result
		want string
	}{
		{"quiet", Result{Wall: 1000, Stolen: 0.01, Threads: []Thread{{Name: "w", Waited: 30}}}, ""},
		{
			"waited",
			Result{Wall: 1000, Others: 31, Threads: []Thread{{Name: "v"}, {Name: "w", Waited: 50}}},
			"thread w waited for a CPU, up to 3.1 % of the time for other processes",
		},
		{"waited for each other", Result{Wall: 1000, Others: 30, Threads: []Thread{{Name: "v", Waited: 500}, {Name: "w", Waited: 400}}}, ""},
		{"waited for the quota", Result{Wall: 1000, Others: 10, Quota: &Quota{}, Threads: []Thread{{Name: "v", Waited: 900}}}, ""},
		{"others beside a quota", Result{Wall: 1000, Others: sim.Time(30 * runtime.NumCPU()), Quota: &Quota{}}, "other processes ran for 3.0 % of the CPUs' time"},
		{"stolen", Result{Wall: 1000, Stolen: 0.02}, "a hypervisor took 2.0 % of the CPUs' time"},
	} {
		assert.Equal(t, tt.want, tt.r.Disturbed(), tt.name)
	}
}
