// SPDX-License-Identifier: Apache-2.0

package play

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// outcome is what the tellers of a verdict say.
type outcome struct {
	exitCode int
	// condition is that of the Job: Complete or Failed.
	condition condition
	report    report
}

// report is what is read of the judge's report, and says more in docs/audit.md.
type report struct {
	Verdict Verdict `json:"verdict"`
	Runs    []struct {
		Run      string    `json:"run"`
		Findings []finding `json:"findings"`
		Signals  []signal  `json:"signals"`
	} `json:"runs"`
	Findings []finding `json:"findings"`
}

type finding struct {
	Expectation string `json:"expectation"`
	Message     string `json:"message"`
	Unknown     bool   `json:"unknown"`
}

type signal struct {
	Signal    string `json:"signal"`
	SentKnown bool   `json:"sent_known"`
	Sent      int    `json:"sent"`
	Received  int    `json:"received"`
	Missing   int    `json:"missing"`
	Duplicate int    `json:"duplicate"`
}

// errNoReport is of a judge that could not read the states.
var errNoReport = errors.New("the judge's log has no report")

// readReport finds the report in a judge's log, in which there are other lines, too.
func readReport(log []byte) (report, error) {
	start := 0
	if !bytes.HasPrefix(log, []byte("{\n")) {
		start = bytes.Index(log, []byte("\n{\n")) + 1
		if start == 0 {
			return report{}, errNoReport
		}
	}
	var out report
	if err := json.NewDecoder(bytes.NewReader(log[start:])).Decode(&out); err != nil {
		return report{}, fmt.Errorf("read the judge's report: %w", err)
	}
	return out, nil
}

// exitCodes are what pipelinetest merge ends with.
var exitCodes = map[Verdict]int{Pass: 0, Fail: 1, Unknown: 2}

// agree says where the tellers contradict each other.
func (o outcome) agree() error {
	var errs []error
	if want, known := exitCodes[o.report.Verdict]; !known || o.exitCode != want {
		errs = append(errs, fmt.Errorf("the report says %q, and the exit code is %d", o.report.Verdict, o.exitCode))
	}
	if (o.condition.Type == "Complete") != (o.exitCode == 0) {
		errs = append(errs, fmt.Errorf("the Job is %s, and the exit code is %d", o.condition.Type, o.exitCode))
	}
	if o.exitCode != 0 && o.condition.Type == "Failed" && o.condition.Reason != "PodFailurePolicy" {
		errs = append(errs, fmt.Errorf("the Job failed because of %q; want PodFailurePolicy, which tells the exit code", o.condition.Reason))
	}
	return errors.Join(errs...)
}

// check says what is not as the scenario wants, and where the report contradicts the spans.
func (o outcome) check(s Scenario, spans spans) error {
	errs := []error{o.agree()}
	if !slices.Contains(s.Want, o.report.Verdict) {
		errs = append(errs, fmt.Errorf("the verdict is %q; want one of %q", o.report.Verdict, s.Want))
	}
	if s.Exact && o.report.Verdict != Unknown {
		errs = append(errs, o.compare(spans))
	}
	return errors.Join(errs...)
}

// compare holds the report's account of traces against the spans that the verifiers have in their files.
func (o outcome) compare(spans spans) error {
	account, found := o.traces()
	if !found {
		return fmt.Errorf("the report has %d runs, and no traces of one alone", len(o.report.Runs))
	}
	if !account.SentKnown || account.Received != spans.different || account.Duplicate != spans.copies || account.Missing != account.Sent-spans.different {
		return fmt.Errorf("the report says %d sent, %d received, %d missing, %d duplicate; the files have %d different spans and %d copies",
			account.Sent, account.Received, account.Missing, account.Duplicate, spans.different, spans.copies)
	}
	return nil
}

// traces is the account of the traces of the only run.
func (o outcome) traces() (signal, bool) {
	if len(o.report.Runs) != 1 {
		return signal{}, false
	}
	for _, account := range o.report.Runs[0].Signals {
		if account.Signal == "traces" {
			return account, true
		}
	}
	return signal{}, false
}

// line says what a run was.
func (o outcome) line(scenario Scenario, s spans) string {
	texts := []string{fmt.Sprintf("%s, exit %d, Job %s %s", o.report.Verdict, o.exitCode, o.condition.Type, o.condition.Reason)}
	findings := o.report.Findings
	for _, run := range o.report.Runs {
		for _, account := range run.Signals {
			texts = append(texts, fmt.Sprintf("%s: %d sent, %d received, %d missing, %d duplicate",
				account.Signal, account.Sent, account.Received, account.Missing, account.Duplicate))
		}
		findings = append(findings, run.Findings...)
	}
	for _, finding := range findings {
		texts = append(texts, finding.Expectation+": "+finding.Message)
	}
	if scenario.Exact {
		texts = append(texts, fmt.Sprintf("files: %d spans, %d copies", s.different, s.copies))
	}
	return strings.Join(texts, "\n     ")
}
