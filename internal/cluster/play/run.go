// SPDX-License-Identifier: Apache-2.0

package play

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/control"
	"github.com/runtimelab/otelcol-runtimelab/internal/cluster/kubernetes"
)

// What a run consists of.
const (
	generators = 2
	verifiers  = 2
)

// What the steps of a run may take, on a machine that does something else, too.
const (
	readyLimit   = 170 * time.Second
	startLimit   = time.Minute
	disturbLimit = 90 * time.Second
	loadLimit    = 3 * time.Minute
	judgeLimit   = 3 * time.Minute
	goneLimit    = 2 * time.Minute
)

// Run is a scenario that is played once, in a namespace of its own.
type Run struct {
	cluster   *kubernetes.Cluster
	scenario  Scenario
	namespace string
	// volumes is the folder of the verifiers' volumes.
	volumes string
}

// Player plays scenarios on a cluster.
type Player struct {
	Cluster *kubernetes.Cluster
	// PipelineTest is the command that renders the manifests, and Loads the folder of what is played.
	PipelineTest, Loads string
	// Logs is the folder with the logs of the nodes' pods, where a run that was wrong also leaves what there is to look at.
	Logs string

	// sent is how many spans the first run sent. The load has a seed, so each run sends as many.
	sent int
}

// Play plays a scenario for the nth time and returns what it was, in a line, and what was wrong.
func (p *Player) Play(ctx context.Context, scenario Scenario, nth int) (line string, err error) {
	run := &Run{cluster: p.Cluster, scenario: scenario, namespace: fmt.Sprintf("%s-%d", scenario.Name, nth)}
	run.volumes = "/run/volumes/" + run.namespace
	defer func() {
		if ctx.Err() != nil {
			return // the cluster stops, and takes everything along
		}
		if err != nil {
			err = errors.Join(err, run.keep(ctx, filepath.Join(p.Logs, run.namespace)))
		}
		err = errors.Join(err, run.remove(ctx))
	}()
	outcome, err := run.play(ctx, p)
	if err != nil {
		return "", err
	}
	var spans spans
	if scenario.Exact {
		if spans, err = readSpans(run.volumes); err != nil {
			return "", err
		}
	}
	return outcome.line(scenario, spans), errors.Join(outcome.check(scenario, spans), p.checkSent(outcome))
}

// checkSent holds what a run has sent, by its report, against the run before.
func (p *Player) checkSent(o outcome) error {
	account, found := o.traces()
	if !found || !account.SentKnown {
		return nil // the verdict is unknown
	}
	before := p.sent
	if p.sent = account.Sent; before != 0 && before != account.Sent {
		return fmt.Errorf("the report says %d spans sent, and that of the run before said %d of the same load", account.Sent, before)
	}
	return nil
}

func (r *Run) play(ctx context.Context, p *Player) (outcome, error) {
	if err := r.apply(ctx, p); err != nil {
		return outcome{}, err
	}
	// These are the commands of docs/kubernetes.md.
	if _, err := r.kubectl(ctx, "wait", "--for=jsonpath={.status.ready}=1", "--timeout="+readyLimit.String(), "job/"+r.object("judge")); err != nil {
		return outcome{}, err
	}
	if _, err := r.kubectl(ctx, "patch", "job", r.object("generator"), `--patch={"spec":{"suspend":false}}`); err != nil {
		return outcome{}, err
	}
	if err := r.disturb(ctx); err != nil {
		return outcome{}, err
	}
	if _, err := r.ended(ctx, "generator", loadLimit); err != nil {
		return outcome{}, err
	}
	if r.scenario.After != nil {
		if err := r.scenario.After(ctx, r); err != nil {
			return outcome{}, err
		}
	}
	return r.judge(ctx)
}

// disturb waits until all generators send, and some seconds more.
func (r *Run) disturb(ctx context.Context) error {
	if r.scenario.Disturb == nil {
		return nil
	}
	err := control.Until(ctx, "all generators to run", startLimit, func(ctx context.Context) (bool, error) {
		running, err := r.running(ctx, "generator")
		return running == generators, err
	})
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(disturbAfter):
	}
	ctx, cancel := context.WithTimeout(ctx, disturbLimit)
	defer cancel()
	if running, err := r.running(ctx, "generator"); err != nil || running != generators {
		return errors.Join(err, fmt.Errorf("%d of %d generators run when the fault is to come: it would meet nothing", running, generators))
	}
	return r.scenario.Disturb(ctx, r)
}

// judge waits for the end of the judge and asks all who tell its verdict.
func (r *Run) judge(ctx context.Context) (outcome, error) {
	end, err := r.ended(ctx, "judge", judgeLimit)
	if err != nil {
		return outcome{}, err
	}
	pods, err := r.pods(ctx, "judge")
	if err != nil {
		return outcome{}, err
	}
	if len(pods) != 1 || len(pods[0].Status.ContainerStatuses) != 1 || pods[0].Status.ContainerStatuses[0].State.Terminated == nil {
		return outcome{}, fmt.Errorf("the judge's Job is %s (%s: %s), and there is no judge that has ended", end.Type, end.Reason, end.Message)
	}
	log, err := r.kubectl(ctx, "logs", "pod/"+pods[0].Metadata.Name)
	if err != nil {
		return outcome{}, err
	}
	out := outcome{condition: end, exitCode: pods[0].Status.ContainerStatuses[0].State.Terminated.ExitCode}
	out.report, err = readReport(log)
	if errors.Is(err, errNoReport) && out.exitCode == exitCodes[Unknown] {
		out.report.Verdict, err = Unknown, nil // there was not even enough for a report, and the log says why
	}
	return out, err
}

// ended waits until a Job has ended, and returns how.
func (r *Run) ended(ctx context.Context, component string, limit time.Duration) (condition, error) {
	var end condition
	err := control.Until(ctx, "the end of the "+component, limit, func(ctx context.Context) (bool, error) {
		var found job
		if err := r.cluster.Get(ctx, &found, "job", r.object(component), "--namespace="+r.namespace); err != nil {
			return false, err
		}
		for _, kind := range []string{"Complete", "Failed"} {
			if c, done := holds(found.Status.Conditions, kind); done {
				end = c
				return true, nil
			}
		}
		return false, nil
	})
	return end, err
}

// running is how many pods of a component are ready.
func (r *Run) running(ctx context.Context, component string) (int, error) {
	pods, err := r.pods(ctx, component)
	running := 0
	for _, pod := range pods {
		if ready(pod) {
			running++
		}
	}
	return running, err
}

func ready(p pod) bool {
	_, is := holds(p.Status.Conditions, "Ready")
	return is
}

// object is the name of an object of the run.
func (r *Run) object(component string) string {
	return r.scenario.Load + "-" + component
}

// pods are those of a component, those that are about to end included.
func (r *Run) pods(ctx context.Context, component string) ([]pod, error) {
	var found list[pod]
	err := r.cluster.Get(ctx, &found, "pods", "--namespace="+r.namespace, "--selector=app.kubernetes.io/component="+component)
	return found.Items, err
}

func (r *Run) kubectl(ctx context.Context, args ...string) ([]byte, error) {
	return r.cluster.Run(ctx, nil, append([]string{"--namespace=" + r.namespace}, args...)...)
}
