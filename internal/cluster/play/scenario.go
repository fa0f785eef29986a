// SPDX-License-Identifier: Apache-2.0

// Package play plays scenarios on a cluster: it applies the manifests that pipelinetest renders, disturbs the run, and holds the verdict against what is known
// without it.
//
// Three tellers of a verdict must agree: the judge's exit code, the condition of its Job, and its report. And two accounts must: the report's, and the
// spans themselves, which the verifiers also write to files.
package play

import (
	"context"
	"fmt"
	"time"
)

// Verdict is what a judge says.
type Verdict string

// The verdicts, which are those of load_verify's report.
const (
	Pass    Verdict = "pass"
	Fail    Verdict = "fail"
	Unknown Verdict = "unknown"
)

// Scenario is a run that is disturbed in one way.
type Scenario struct {
	Name string
	// About says in a line what it shows.
	About string
	// Load is the file of package loads that says what is played.
	Load string
	// Change changes the manifests before they are applied. May be nil.
	Change func(manifests string) string
	// Disturb does something to the run when it has gone on for a while. May be nil.
	Disturb func(ctx context.Context, run *Run) error
	// After does something when the generators have ended, and the judge has not. May be nil.
	After func(ctx context.Context, run *Run) error
	// Want are the verdicts that may be.
	Want []Verdict
	// Exact is true if the files of the verifiers have every span that arrived: no verifier is killed.
	Exact bool
}

// disturbAfter is how long the generators have sent when something happens. They send for 30 s.
const disturbAfter = 8 * time.Second

// cutFor is how long a node is cut off. It is longer than a request waits, and shorter than the control plane waits until it moves the pods.
const cutFor = 15 * time.Second

// All are the scenarios, in the order in which they are played.
var All = []Scenario{
	{
		Name: "healthy", About: "nothing happens", Load: "load",
		Want: []Verdict{Pass}, Exact: true,
	},
	{
		Name: "gateways-restart", About: "a rolling restart of the gateways, which hold nothing", Load: "load",
		Disturb: restartGateways,
		Want:    []Verdict{Pass}, Exact: true,
	},
	{
		Name: "service-restarts", About: "a rolling restart of gateways that one address of a Service stands for", Load: "load",
		Change:  oneAddress,
		Disturb: restartGateways,
		Want:    []Verdict{Pass}, Exact: true,
	},
	{
		Name: "gateways-lose", About: "all gateways are killed, and lose what they hold in memory", Load: "lossy",
		Disturb: killGateways,
		Want:    []Verdict{Fail}, Exact: true,
	},
	{
		Name: "verifier-restarts", About: "a verifier is deleted, and comes back with its memory", Load: "load",
		Disturb: deleteVerifier,
		Want:    []Verdict{Pass}, Exact: true,
	},
	{
		Name: "verifier-killed", About: "a verifier is killed, and knows when it is back that it may have forgotten something", Load: "load",
		Disturb: killVerifier,
		Want:    []Verdict{Unknown},
	},
	{
		Name: "verifier-forgets", About: "a verifier without a volume is killed with its pod, and knows nothing when it is back", Load: "load",
		Change:  withoutMemory,
		Disturb: replaceVerifier,
		Want:    []Verdict{Unknown},
	},
	{
		Name: "node-cut-off", About: "the node of a verifier is cut off for 15 s", Load: "load",
		Disturb: cutOff,
		Want:    []Verdict{Pass, Unknown}, Exact: true,
	},
	{
		Name: "state-missing", About: "the judge cannot reach one of the verifiers", Load: "load",
		Change: impatientJudge,
		After:  removeVerifier,
		Want:   []Verdict{Unknown},
	},
}

func restartGateways(ctx context.Context, run *Run) error {
	deployment := "deployment/" + run.object("gateway")
	if _, err := run.kubectl(ctx, "rollout", "restart", deployment); err != nil {
		return err
	}
	_, err := run.kubectl(ctx, "rollout", "status", deployment, "--timeout=50s")
	return err
}

func killGateways(ctx context.Context, run *Run) error {
	pods, err := run.pods(ctx, "gateway")
	if err != nil {
		return err
	}
	for _, pod := range pods {
		if err := run.cluster.Kill(pod.Metadata.Name); err != nil {
			return err
		}
	}
	return nil
}

func deleteVerifier(ctx context.Context, run *Run) error {
	_, err := run.kubectl(ctx, "delete", "pod", run.object("verifier-0"))
	return err
}

func killVerifier(_ context.Context, run *Run) error {
	return run.cluster.Kill(run.object("verifier-0"))
}

func replaceVerifier(ctx context.Context, run *Run) error {
	if err := killVerifier(ctx, run); err != nil {
		return err
	}
	_, err := run.kubectl(ctx, "delete", "pod", run.object("verifier-0"), "--grace-period=0", "--force")
	return err
}

func removeVerifier(ctx context.Context, run *Run) error {
	_, err := run.kubectl(ctx, "scale", "statefulset", run.object("verifier"), "--replicas=1")
	return err
}

func cutOff(ctx context.Context, run *Run) error {
	pods, err := run.pods(ctx, "verifier")
	if err != nil {
		return err
	}
	if len(pods) == 0 {
		return fmt.Errorf("there is no verifier in namespace %q", run.namespace)
	}
	node := pods[0].Spec.NodeName
	if err := run.cluster.Cut(ctx, node); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-time.After(cutFor):
	}
	return run.cluster.Mend(context.WithoutCancel(ctx), node)
}
