// SPDX-License-Identifier: Apache-2.0

package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/part"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/proxy"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/telemetry"
)

// asPart makes this test binary a part, which plays the role its arguments say.
const asPart = "RUN_TEST_AS_PART"

func TestMain(m *testing.M) {
	part.Main()
	if role := os.Getenv(asPart); role != "" && len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "play-") {
		play(os.Args[1], os.Args[2:])
	}
	// A part that is built with the race detector would wait a second before it ends, and so would its supervisor.
	if err := errors.Join(os.Setenv(asPart, "1"), os.Setenv("GORACE", "atexit_sleep_ms=0")); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// play is the life of a part.
//
//	play-generator N          says at the metrics port that it sent N spans and generated 5, and that its run has ended; then waits
//	play-refused-generator    says the same, and that it gave up 2 of the 7 that it generated
//	play-silent-generator     says nothing; waits
//	play-system [SAMPLE ...]  listens, and has a metrics port that tells of nothing, or of samples; then waits
//	play-unseen-system        listens; then waits
//	play-verifier VERDICT     listens, and reports a run of that verdict; running until it is stopped, if it is `running`. With more
//	                          arguments, those are what its metrics port says. `deaf 1`: it cannot be stopped;
//	                          `nothing 1`: nothing has arrived
//	play-mute                 does not listen
//	play-elsewhere            listens at a port of its own, and says so
//	play-http                 listens for OTLP/HTTP only; then waits
//	play-broken               ends with an error
func play(role string, args []string) {
	if role == "play-broken" {
		fmt.Println("it is broken")
		os.Exit(3)
	}
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	address, listens := scenario.EnvListen, role == "play-system" || role == "play-unseen-system" || role == "play-verifier" || role == "play-http"
	if role == "play-http" {
		address = scenario.EnvListenHTTP
	}
	if listens {
		if _, err := net.Listen("tcp", os.Getenv(address)); err != nil { // until the process ends
			panic(err)
		}
	}
	switch role {
	case "play-elsewhere":
		listener, err := net.Listen("tcp", net.JoinHostPort(loopback, "0"))
		if err != nil {
			panic(err)
		}
		fmt.Println("listening on " + listener.Addr().String() + strings.Repeat(" and so on", 20))
	case "play-system":
		serve(append(args, "up 1")...) // of a part that tells what it holds, nobody waits for more
	case "play-generator":
		serve(`otelcol_exporter_sent_spans{exporter="e"} `+args[0], `otelcol_receiver_synthetic_load_offered_items{signal="traces"} 5`)
		fmt.Println(endOfRun)
	case "play-refused-generator":
		serve(`otelcol_receiver_synthetic_load_offered_items{signal="traces"} 7`, `otelcol_receiver_synthetic_load_dropped_items{signal="traces"} `+args[0])
		fmt.Println(endOfRun)
	case "play-verifier":
		if len(args) > 1 {
			serve(args[1:]...)
		}
		report(args, false)
	}
	<-interrupted
	for role == "play-verifier" && slices.Contains(args, "deaf 1") {
		report(args, true)
		<-interrupted
	}
	if role == "play-verifier" {
		report(args, true)
	}
	os.Exit(0)
}

// serve serves samples of metrics.
func serve(samples ...string) {
	listener, err := net.Listen("tcp", net.JoinHostPort(loopback, os.Getenv(scenario.EnvMetricsPort)))
	if err != nil {
		panic(err)
	}
	go func() {
		_ = http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintln(w, strings.Join(samples, "\n"))
		}))
	}()
}

// report writes what load_verify would.
func report(args []string, final bool) {
	verdict, received := args[0], 5
	if slices.Contains(args, "nothing 1") {
		received = 0
	}
	over := final || verdict != "running"
	if final && verdict == "running" {
		verdict = "fail"
	}
	text, err := json.Marshal(map[string]any{
		"schema": "load_verify/2", "final": final, "verdict": verdict,
		"runs": []any{map[string]any{"run": "r", "final": over, "verdict": verdict, "signals": []any{map[string]any{"signal": "traces", "sent": 5, "received": received, "sent_known": true}}}},
	})
	if err != nil {
		panic(err)
	}
	path := os.Getenv(scenario.EnvReport)
	if err := errors.Join(os.WriteFile(path+".new", text, 0o600), os.Rename(path+".new", path)); err != nil {
		panic(err)
	}
}

// plays is a part that plays a role.
func plays(t *testing.T, name string, role ...string) scenario.Part {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	return scenario.Part{Name: name, Command: append([]string{self}, role...)}
}

// said collects what a test says.
type said struct {
	mu    sync.Mutex
	lines []string
}

func (s *said) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, fmt.Sprintf(format, args...))
}

func (s *said) has(line string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(strings.Join(s.lines, "\n"), line)
}

// test is a scenario of a generator, a system and a verifier, as a case changes it.
func test(t *testing.T, change func(*scenario.Scenario)) (*scenario.Scenario, Options, *said) {
	t.Helper()
	s := scenario.New()
	s.Timeout = time.Minute
	s.Generators = []scenario.Part{plays(t, "generator", "play-generator", "7")}
	s.Systems = []scenario.Part{plays(t, "gateway", "play-system")}
	s.Verifier = plays(t, "verifier", "play-verifier", "pass")
	change(s)
	require.NoError(t, s.Check())
	lines := &said{}
	return s, Options{Dir: t.TempDir(), Ports: &Ports{}, Say: lines.say}, lines
}

func TestPass(t *testing.T) {
	t.Parallel()
	s, o, lines := test(t, func(s *scenario.Scenario) { s.Systems[0] = plays(t, "gateway", "play-unseen-system") })
	r := Run(t.Context(), s, o)
	assert.Equal(t, Passed, r.Outcome)
	assert.Empty(t, r.Problems)
	require.Len(t, r.Parts, 3)
	assert.Equal(t, uint64(7), telemetry.Sum(r.Parts[0].Components, "traces").Sent)
	assert.False(t, r.Parts[1].Read)
	assert.True(t, r.Report.Final)
	assert.True(t, lines.has("generator has ended its run"))
	environment, err := os.ReadFile(filepath.Join(o.Dir, "generator", "environment"))
	require.NoError(t, err)
	assert.Regexp(t, `PIPELINETEST_TO_GATEWAY=127\.0\.0\.1:\d+\n`, string(environment))
	assert.NotContains(t, string(environment), "PIPELINETEST_REPORT")
	assert.Contains(t, string(environment), "TMPDIR="+filepath.Join(o.Dir, "generator")+"\n")
}

func TestNotAsWanted(t *testing.T) {
	t.Parallel()
	s, o, _ := test(t, func(s *scenario.Scenario) {
		s.Verifier = plays(t, "verifier", "play-verifier", "fail")
		s.Want.Parts = map[string]scenario.CountsBySignal{"generator": {"traces": {"sent": {Min: 8, Max: 9}}}}
	})
	r := Run(t.Context(), s, o)
	assert.Equal(t, Failed, r.Outcome)
	assert.Equal(t, []string{"verdict: fail; want pass", "generator traces sent: 7; want {min: 8, max: 9}"}, r.Problems)
}

// TestSettle: a run that does not end is given up when nothing arrives any more.
func TestSettle(t *testing.T) {
	t.Parallel()
	s, o, lines := test(t, func(s *scenario.Scenario) {
		s.Verifier = plays(t, "verifier", "play-verifier", "running")
		s.Settle = 300 * time.Millisecond
	})
	r := Run(t.Context(), s, o)
	assert.Equal(t, Failed, r.Outcome)
	assert.Equal(t, []string{"verdict: fail; want pass"}, r.Problems)
	assert.True(t, lines.has("nothing has arrived for 300ms"))
	assert.Contains(t, r.Notes, "the test was ended because nothing had arrived for 300ms (settle), although a run was not final for load_verify")
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	s, o, _ := test(t, func(s *scenario.Scenario) {
		s.Verifier = plays(t, "verifier", "play-verifier", "running")
		s.Timeout = 10 * time.Second // on a machine that has much else to do, the start takes some of it
	})
	r := Run(t.Context(), s, o)
	assert.Equal(t, Failed, r.Outcome)
	assert.Equal(t, []string{"timeout: the test was not over after 10s", "verdict: fail; want pass"}, r.Problems)
}

// TestDies: what dies before it was ready could not be tested.
func TestDies(t *testing.T) {
	for name, want := range map[string]Outcome{"generator": Broken, "gateway": Broken, "verifier": Broken} {
		t.Run(name, func(t *testing.T) {
			s, o, _ := test(t, func(s *scenario.Scenario) {
				for _, p := range []*scenario.Part{&s.Generators[0], &s.Systems[0], &s.Verifier} {
					if p.Name == name {
						*p = plays(t, name, "play-broken")
					}
				}
			})
			r := Run(t.Context(), s, o)
			assert.Equal(t, want, r.Outcome)
			require.GreaterOrEqual(t, len(r.Problems), 2)
			assert.Equal(t, []string{name + " has ended by itself: exit status 3; its last words:", "  it is broken"}, r.Problems[:2])
		})
	}
}

// TestFaults: parts are killed and stopped by the clock, and come back at the same address.
func TestFaults(t *testing.T) {
	s, o, lines := test(t, func(s *scenario.Scenario) {
		s.Faults = []scenario.Fault{
			{At: 100 * time.Millisecond, For: 200 * time.Millisecond, Kill: "gateway"},
			{At: 150 * time.Millisecond, For: 100 * time.Millisecond, Stop: "verifier"},
			{At: 400 * time.Millisecond, Kill: "generator"},
		}
		s.Want.Verdict, s.Want.Runs = scenario.Unknown, &scenario.Amount{Min: 1, Max: 1} // the verifier says the same all the time
	})
	r := Run(t.Context(), s, o)
	assert.Equal(t, Passed, r.Outcome, "%v", r.Problems)
	require.Len(t, r.Faults, 3)
	assert.GreaterOrEqual(t, *r.Faults[0].Began, 0.1)
	for _, f := range r.Faults {
		assert.Equal(t, []any{"processes", uint64(1), uint64(0)}, []any{f.Met.Unit, f.Met.Came, f.Met.Idle}, "nobody knows that nothing was to pass")
	}
	assert.Greater(t, *r.Faults[0].Ended, *r.Faults[0].Began)
	assert.Nil(t, r.Faults[2].Ended, "it lasts to the end")
	assert.True(t, lines.has("fault ends: kill: gateway"))
	assert.Contains(t, r.Notes, "verifier: it has begun anew in the middle of the test; unless it keeps its state (storage), load_verify's account is of the time since then only")
}

// TestFaultMetNothing: load_verify passes, and the test fails, because what it was to survive never happened. A scenario can want that.
func TestFaultMetNothing(t *testing.T) {
	idle := scenario.Fault{Key: "faults[0]", Link: scenario.Link{From: "gateway", To: "verifier"}, Disturbance: proxy.Fault{GRPC: "unavailable"}}
	s, o, _ := test(t, func(s *scenario.Scenario) { s.Faults = []scenario.Fault{idle} })
	r := Run(t.Context(), s, o)
	assert.Equal(t, Failed, r.Outcome)
	require.Len(t, r.Problems, 2)
	assert.Equal(t, "verdict: fail; want pass", r.Problems[0])
	assert.Regexp(t, `^faults: link: gateway->verifier, grpc: unavailable, from 0.\ds on, did nothing: nobody has ever sent anything over gateway->verifier$`, r.Problems[1])
	assert.Equal(t, &proxy.Met{Unit: "requests"}, r.Faults[0].Met)

	s, o, _ = test(t, func(s *scenario.Scenario) {
		s.Faults = []scenario.Fault{idle}
		s.Want = scenario.Want{Verdict: scenario.Fail, Findings: []string{"faults"}}
	})
	assert.Equal(t, Passed, Run(t.Context(), s, o).Outcome)
}

// TestUnknown is neither passed nor failed, unless it is wanted.
func TestUnknown(t *testing.T) {
	t.Parallel()
	for want, outcome := range map[string]Outcome{scenario.Pass: Unknown, scenario.Fail: Unknown, scenario.Unknown: Passed} {
		s, o, _ := test(t, func(s *scenario.Scenario) {
			s.Verifier = plays(t, "verifier", "play-verifier", "unknown")
			s.Want = scenario.Want{Verdict: want}
		})
		assert.Equal(t, outcome, Run(t.Context(), s, o).Outcome, want)
	}
}

// TestMute: a part that does not listen is not waited for longer than the test may take.
func TestMute(t *testing.T) {
	t.Parallel()
	s, o, _ := test(t, func(s *scenario.Scenario) {
		s.Systems[0] = plays(t, "gateway", "play-mute")
		s.Timeout = 5 * time.Second
	})
	r := Run(t.Context(), s, o)
	assert.Equal(t, Broken, r.Outcome)
	assert.Equal(t, "timeout: the test was not over after 5s", r.Problems[0])
}

// TestElsewhere: of a part that listens elsewhere it is said where, and what it has printed is there to its end.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	s, o, _ := test(t, func(s *scenario.Scenario) {
		s.Systems[0] = plays(t, "gateway", "play-elsewhere")
		s.Timeout = 20 * time.Second // on a machine that has much else to do, the start takes some of it
	})
	r := Run(t.Context(), s, o)
	assert.Equal(t, Broken, r.Outcome)
	text := strings.Join(r.Problems, "\n")
	assert.Regexp(t, `\ngateway listens neither at 127\.0\.0\.1:\d+ \(PIPELINETEST_LISTEN\)\nnor at 127\.0\.0\.1:\d+ \(PIPELINETEST_LISTEN_HTTP\), after `, text)
	assert.Regexp(t, `its last words:\n  listening on 127\.0\.0\.1:\d+\s+(and\s+so\s+on\s*){20}$`, text)
	if runtime.GOOS == "linux" {
		assert.Regexp(t, `\nit listens at 127\.0\.0\.1:\d+\n`, text)
	}
	for _, line := range r.Problems {
		assert.LessOrEqual(t, len(line), 78, line)
	}
}

// TestOnlyHTTP: a part that takes OTLP/HTTP only is waited for, and who may have sent it something else is told if nothing arrives.
func TestOnlyHTTP(t *testing.T) {
	t.Parallel()
	s, o, lines := test(t, func(s *scenario.Scenario) {
		s.Systems[0] = plays(t, "gateway", "play-http")
		s.Verifier = plays(t, "verifier", "play-verifier", "pass", "nothing 1")
	})
	r := Run(t.Context(), s, o)
	require.NotNil(t, r.Report)
	assert.Regexp(t, `gateway is ready at 127\.0\.0\.1:\d+, for OTLP/HTTP only`, strings.Join(lines.lines, "\n"))
	assert.Contains(t, r.Notes, "gateway listens for OTLP/HTTP only, at PIPELINETEST_LISTEN_HTTP; want generator to send there, to the address in PIPELINETEST_TO_NEXT_HTTP")
}

// TestVariables: the variables that a scenario counts on are those that its parts get.
func TestVariables(t *testing.T) {
	s, o, _ := test(t, func(s *scenario.Scenario) { s.Systems = append(s.Systems, plays(t, "my-agent", "play-system")) })
	c := &course{Scenario: s, Options: o, result: &Result{}}
	require.NoError(t, c.prepare())
	for _, m := range c.members {
		text, err := os.ReadFile(filepath.Join(o.Dir, m.Name, "environment"))
		require.NoError(t, err)
		var names []string
		for line := range strings.Lines(string(text)) {
			if name, _, _ := strings.Cut(line, "="); name != "TMPDIR" {
				names = append(names, name)
			}
		}
		assert.ElementsMatch(t, s.Variables(m.Name), names, m.Name)
	}
}

// TestInterrupted: when the context ends, so does everything.
func TestInterrupted(t *testing.T) {
	s, o, lines := test(t, func(s *scenario.Scenario) { s.Verifier = plays(t, "verifier", "play-verifier", "running") })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	say := o.Say
	o.Say = func(format string, args ...any) {
		say(format, args...)
		if lines.has("generator has ended its run") {
			cancel()
		}
	}
	r := Run(ctx, s, o)
	assert.Equal(t, Broken, r.Outcome)
	assert.Equal(t, []string{"interrupted"}, r.Problems)
}

func TestExpanded(t *testing.T) {
	environment := []string{"PIPELINETEST_LISTEN=127.0.0.1:1", "PIPELINETEST_DIR=/d=e"}
	args := expanded([]string{"a", "x=${PIPELINETEST_LISTEN},${PIPELINETEST_DIR}", "$HOME", "${HOME}"}, environment)
	assert.Equal(t, []string{"a", "x=127.0.0.1:1,/d=e", "$HOME", "${HOME}"}, args)
}

func TestForeign(t *testing.T) {
	assert.Equal(t, []string{"HOME=/h"}, foreign([]string{"PIPELINETEST_LISTEN=x", "HOME=/h"}))
}
