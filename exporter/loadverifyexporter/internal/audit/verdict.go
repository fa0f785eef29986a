package audit

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Verdict says whether expectations are met.
type Verdict string

// The verdicts.
const (
	// Running: some of it is not final.
	Running Verdict = "running"
	// Pass: all is final, and as expected.
	Pass Verdict = "pass"
	// Fail: all is final, and something is not as expected. Also: nothing ever came.
	Fail Verdict = "fail"
)

// Expectations are what a run must be like. Shares are of the items that the generator sent and did not give up, of each run and signal.
type Expectations struct {
	MaxLoss, MaxDuplicates, MaxCorrupt float64
	// AllowUnexpected items: without stamps, malformed or beyond.
	AllowUnexpected bool
	// LatencyP99 from the item's end to its arrival; 0: any.
	LatencyP99 time.Duration
	// Deadline from the first arrival to the last end marker; 0: any.
	Deadline time.Duration
	// Sources that each signal must have; 0: any.
	Sources int
	// Sampled replaces MaxLoss for some signals; nil: for none.
	Sampled *Sampled
}

// Sampled is for pipelines that drop a share on purpose, end markers perhaps included.
type Sampled struct {
	// Ratio of received to sent, +- Tolerance.
	Ratio, Tolerance float64
	Signals          []Signal
}

func (e *Expectations) sampled(s Signal) bool {
	return e.Sampled != nil && slices.Contains(e.Sampled.Signals, s)
}

// Finding is an expectation that is not met.
type Finding struct {
	// Expectation is the key of the setting, such as max_loss, or end_marker or limits, which nobody can set.
	Expectation string `json:"expectation"`
	// Signal that it is about; empty: all.
	Signal string `json:"signal,omitempty"`
	// Message says what was found and what was expected.
	Message string `json:"message"`
}

// judge gives the verdict over all runs, each of which has its own.
func (report *Report) judge(e *Expectations, closing bool) {
	find := func(expectation, format string, values ...any) {
		report.Findings = append(report.Findings, Finding{Expectation: expectation, Message: fmt.Sprintf(format, values...)})
	}
	u := report.Unexpected
	if n := u.Unstamped + u.Malformed; n > 0 && !e.AllowUnexpected {
		find("allow_unexpected", "%s unexpected: %d without a stamp, %d with a malformed one", items(n), u.Unstamped, u.Malformed)
	}
	if u.OverLimit > 0 {
		find("limits", "%s not audited: too many runs or sources", items(u.OverLimit))
	}
	if f := report.Forgotten; f.Failed > 0 {
		find("forgotten_runs", "%d of %d runs that are held no more were not as expected", f.Failed, f.Runs)
	}
	if len(report.Runs) == 0 && closing {
		find("runs", "no run has been seen")
	}
	running := len(report.Runs) == 0 && !closing
	failed := len(report.Findings) > 0
	for i := range report.Runs {
		running = running || report.Runs[i].Verdict == Running
		failed = failed || report.Runs[i].Verdict == Fail
	}
	switch {
	case running:
		report.Verdict = Running
	case failed:
		report.Verdict = Fail
	default:
		report.Verdict = Pass
	}
}

// judge finds what is not as expected. What can still turn out well is no finding before it is final: that something is missing, an
// end marker included.
func (r *RunReport) judge(e *Expectations, now time.Time) {
	for i := range r.Signals {
		r.judgeSignal(e, &r.Signals[i])
	}
	if r.Unclean > 0 && r.Final && len(r.Findings) > 0 {
		r.find("storage", nil, "the audit died %d times during the run: what arrived shortly before may be counted as missing", r.Unclean)
	}
	if e.Deadline > 0 {
		end := now
		if r.Final && r.EndedAt != nil {
			end = *r.EndedAt
		}
		if took := end.Sub(r.FirstArrival); took > e.Deadline {
			r.find("deadline", nil, "%v from the first arrival to the last end marker; want at most %v", took.Round(time.Millisecond), e.Deadline)
		}
	}
	switch {
	case !r.Final:
		r.Verdict = Running
	case len(r.Findings) > 0:
		r.Verdict = Fail
	default:
		r.Verdict = Pass
	}
}

func (r *RunReport) judgeSignal(e *Expectations, s *SignalReport) {
	sent := s.Sent - min(s.Sent, s.GivenUp)
	sampled := e.sampled(s.Signal)
	if s.Final {
		if sampled {
			ratio := share(s.Received, sent)
			if d := ratio - e.Sampled.Ratio; d > e.Sampled.Tolerance || d < -e.Sampled.Tolerance || sent == 0 {
				r.find("sampled", s, "%s of %d sent arrived; want %s +- %s", percent(ratio), sent, percent(e.Sampled.Ratio), percent(e.Sampled.Tolerance))
			}
		} else {
			r.most("max_loss", s, "lost", s.Lost, sent, e.MaxLoss)
			if open := s.Expected() - uint64(s.Ended); open > 0 { //nolint:gosec // G115: a number of sources
				r.find("end_marker", s, "%d of %d sources without an end marker: how much they sent is not known", open, s.Expected())
			}
		}
		if e.Sources > 0 && s.Sources != e.Sources {
			r.find("sources", s, "%d sources; want %d", s.Sources, e.Sources)
		}
	}
	r.most("max_duplicates", s, "duplicate", s.Duplicate, sent, e.MaxDuplicates)
	r.most("max_corrupt", s, "corrupt", s.Corrupt, sent, e.MaxCorrupt)
	if s.Beyond > 0 && !e.AllowUnexpected {
		r.find("allow_unexpected", s, "%s with a number that was never sent", items(s.Beyond))
	}
	if s.OverLimit > 0 {
		r.find("limits", s, "%s not audited: too many sources, or too much is missing", items(s.OverLimit))
	}
	if s.Disagreeing > 0 {
		r.find("end_marker", s, "%d end markers that disagree with an earlier one: was the generator restarted under the same run_id?", s.Disagreeing)
	}
	if e.LatencyP99 > 0 && s.Latency.P99 > e.LatencyP99 {
		r.find("latency_p99", s, "%v; want at most %v", s.Latency.P99.Round(time.Microsecond), e.LatencyP99)
	}
}

// most finds that a share is too large.
func (r *RunReport) most(expectation string, s *SignalReport, what string, n, of uint64, limit float64) {
	if n > 0 && float64(n) > limit*float64(of) {
		r.find(expectation, s, "%d %s, %d sent: %s; want at most %s", n, what, of, percent(share(n, of)), percent(limit))
	}
}

func (r *RunReport) find(expectation string, s *SignalReport, format string, values ...any) {
	f := Finding{Expectation: expectation, Message: fmt.Sprintf(format, values...)}
	if s != nil {
		f.Signal = s.Signal.String()
	}
	r.Findings = append(r.Findings, f)
}

func share(n, of uint64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

func percent(x float64) string { return strconv.FormatFloat(100*x, 'g', 4, 64) + " %" }

func items(n uint64) string {
	if n == 1 {
		return "1 item"
	}
	return strconv.FormatUint(n, 10) + " items"
}
