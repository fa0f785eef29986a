// SPDX-License-Identifier: Apache-2.0

package deploy

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// cluster is a load on this machine: each pod is a process with a loopback address of its own. What a cluster adds (scheduling, policies, volumes that move) is
// not here.
type cluster struct {
	t                                      *testing.T
	prefix                                 string
	generators, gateways, verifiers, judge []*pod
}

// scenarioOf is a load of some seconds through two gateways, which drop what a condition says.
func scenarioOf(t *testing.T, drop string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "play.yaml")
	require.NoError(t, os.WriteFile(path, []byte(`
timeout: 1m
generator: {config: [builtin, {receivers: {synthetic_load: {duration: 6s}}}]}
systems:
  - name: gateway
    replicas: 2
    config:
      - receivers: {otlp: {protocols: {grpc: {endpoint: "${env:PIPELINETEST_LISTEN}"}}}}
        processors: {filter: {traces: {span: ['`+drop+`']}}}
        exporters:
          otlp_grpc:
            endpoint: ${env:PIPELINETEST_TO_NEXT}
            tls: {insecure: true}
            sending_queue: {enabled: false}
            retry_on_failure: {initial_interval: 100ms, max_interval: 300ms, max_elapsed_time: 0s}
        service:
          pipelines:
            traces: {receivers: [otlp], processors: [filter], exporters: [otlp_grpc]}
            metrics: {receivers: [otlp], exporters: [otlp_grpc]}
            logs: {receivers: [otlp], exporters: [otlp_grpc]}
verifier: {config: [builtin, {exporters: {load_verify: {grace: 2s, expect: {max_duplicates: 1}}}}]}
`), 0o600))
	return path
}

// play starts all pods of a scenario but the generators, and waits for the judge.
func play(t *testing.T, scenario, wait string) *cluster {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("only on Linux is all of 127.0.0.0/8 loopback")
	}
	pipelinetest := filepath.Join(t.TempDir(), "pipelinetest")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", pipelinetest, "./cmd/pipelinetest")
	build.Dir = ".."
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	folder := t.TempDir()
	out, err = exec.CommandContext(t.Context(), pipelinetest, "kubernetes", "--generators", "2", "--verifiers", "2", "-o", folder, scenario).CombinedOutput()
	require.NoError(t, err, "%s", out)
	m := kustomized(t, folder)
	c := &cluster{t: t, prefix: m.prefix(t)}
	host := os.Getpid() % 60000
	ip := func(n int) string { return fmt.Sprintf("127.%d.%d.%d", 1+host/250, 1+host%250, n) }
	templates := m.pods()
	for i := range 2 {
		c.generators = append(c.generators, newPod(t, m, c.prefix+"-generator", templates[c.prefix+"-generator"], i, ip(10+i)))
		c.gateways = append(c.gateways, newPod(t, m, c.prefix+"-gateway", templates[c.prefix+"-gateway"], i, ip(20+i)))
		c.verifiers = append(c.verifiers, newPod(t, m, c.prefix+"-verifier", templates[c.prefix+"-verifier"], i, ip(30+i)))
	}
	c.judge = []*pod{newPod(t, m, c.prefix+"-judge", templates[c.prefix+"-judge"], 0, ip(40))}
	for _, pods := range [][]*pod{c.verifiers, c.gateways, c.judge, c.generators} {
		for i, p := range pods {
			p.programs.pipelinetest = pipelinetest
			p.names = c.resolver(i)
			if wait != "" && &pods[0] == &c.judge[0] {
				p.extraArguments = []string{"--wait=" + wait}
			}
		}
	}
	for _, p := range append(c.verifiers, c.gateways...) {
		p.start(t)
	}
	c.judge[0].start(t)
	return c
}

// verifierPort is where verifiers listen here. On one machine, a gateway that sends to the port at which it listens is taken for one that sends to itself.
const verifierPort = ":5317"

// resolver has the addresses that the i-th pod of a component finds: of a Service one of its pods.
func (c *cluster) resolver(i int) *strings.Replacer {
	var names []string
	for n, p := range c.verifiers {
		names = append(names, fmt.Sprintf("http://%s-verifier-%d.%s-verifier:", c.prefix, n, c.prefix), "http://"+p.ip+":")
	}
	names = append(names, c.prefix+"-verifier:4317", c.verifiers[i%2].ip+verifierPort, c.prefix+"-gateway:", c.gateways[i%2].ip+":")
	for _, p := range c.verifiers {
		names = append(names, p.ip+":4317", p.ip+verifierPort)
	}
	return strings.NewReplacer(names...)
}

// ready waits for the judge's probe, and starts the generators.
func (c *cluster) begin() {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		request, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, "http://"+c.judge[0].ip+":4330/", http.NoBody)
		require.NoError(c.t, err)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		require.NoError(c.t, response.Body.Close())
		return response.StatusCode == http.StatusOK
	}, time.Minute, 50*time.Millisecond)
	for _, p := range c.generators {
		p.start(c.t)
	}
}

// arrived waits until a verifier has received something.
func (c *cluster) arrived(verifier *pod) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		text, err := os.ReadFile(filepath.Join(verifier.folder, "report.json"))
		return err == nil && strings.Contains(string(text), `"run":`)
	}, time.Minute, 50*time.Millisecond)
}

// TestPlayed: the judge's exit code is the verdict, and its report says the same.
func TestPlayed(t *testing.T) {
	for name, tc := range map[string]struct {
		drop  string
		code  int
		says  []string
		after func(*cluster) // the load has begun
	}{
		"all is well": {"false", 0, []string{"whole time, runs: 1  PASS", `"verdict": "pass"`, `"verifier": "play-verifier-1"`}, nil},
		"a loss":      {`name == "GET /health"`, 1, []string{"FAIL", "max_loss, traces:", `"verdict": "fail"`}, nil},
		"a verifier is stopped and comes back": {"false", 0, []string{"whole time, runs: 1  PASS"}, func(c *cluster) {
			c.verifiers[0].signal(t, syscall.SIGTERM)
			c.verifiers[0].start(t)
		}},
		"a verifier is killed and comes back": {"false", 2, []string{"the audit died 1 times during the run", `"verdict": "unknown"`}, func(c *cluster) {
			c.verifiers[0].signal(t, syscall.SIGKILL)
			c.verifiers[0].start(t)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c := play(t, scenarioOf(t, tc.drop), "")
			c.begin()
			if tc.after != nil {
				c.arrived(c.verifiers[0])
				tc.after(c)
			}
			for _, p := range c.generators {
				require.Zero(t, p.exit(t), "a Job completes when its load has been sent")
			}
			assert.Equal(t, tc.code, c.judge[0].exit(t))
			for _, says := range tc.says {
				assert.Contains(t, c.judge[0].stdout.String(), says)
			}
			if tc.code != 0 {
				return
			}
			c.judge[0].start(t) // as if somebody played again without new verifiers
			assert.Equal(t, 2, c.judge[0].exit(t))
			assert.Contains(t, c.judge[0].stderr.String(), "it may be of an earlier test")
		})
	}
}

// TestGeneratorFails: a generator that ends early fails its Job, and the judge does not pass.
func TestGeneratorFails(t *testing.T) {
	for name, signal := range map[string]syscall.Signal{"killed": syscall.SIGKILL, "evicted": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			c := play(t, scenarioOf(t, "false"), "20s")
			c.begin()
			c.arrived(c.verifiers[0])
			c.generators[0].signal(t, signal)
			assert.NotZero(t, c.generators[0].code)
			assert.Zero(t, c.generators[1].exit(t))
			if code := c.judge[0].exit(t); signal == syscall.SIGKILL {
				assert.NotZero(t, code, "nobody knows what it would have sent")
			}
		})
	}
}
