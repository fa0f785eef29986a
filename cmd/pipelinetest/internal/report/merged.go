// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"time"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/printable"
	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
	"github.com/runtimelab/otelcol-runtimelab/internal/audit/table"
)

// Write writes a file so that who reads it finds the old text or the new one.
func Write(path string, text []byte) error { return write(path, text) }

// MergedJUnit writes a merged report as JUnit XML to a file: a test case for each run, and one for what belongs to no run, with a failure, or an error if nobody
// knows.
func MergedJUnit(path string, merged *audit.Report, now time.Time) error {
	suite := junit.Testsuite{Name: "load_verify"}
	suite.SetTimestamp(now)
	add := func(name string, verdict audit.Verdict, findings []audit.Finding, text string) {
		test := junit.Testcase{Name: printable.Text(name), Classname: "load_verify", SystemOut: &junit.Output{Data: printable.Text(text)}}
		if verdict != audit.Pass {
			message := string(verdict)
			if len(findings) > 0 {
				message = findings[0].Expectation + ": " + findings[0].Message
			}
			result := &junit.Result{Message: printable.Text(message), Data: printable.Text(table.Findings(findings))}
			if verdict == audit.Fail {
				test.Failure = result
			} else {
				test.Error = result
			}
		}
		suite.AddTestcase(test)
	}
	for i := range merged.Runs {
		r := &merged.Runs[i]
		add("run "+r.Run, r.Verdict, r.Findings, table.Run("merged", r))
	}
	if len(merged.Findings) > 0 || len(merged.Runs) == 0 {
		verdict := audit.Unknown
		for _, f := range merged.Findings {
			if !f.Unknown {
				verdict = audit.Fail
			}
		}
		if len(merged.Findings) == 0 {
			verdict = merged.Verdict
		}
		add("whole time", verdict, merged.Findings, strings.TrimSpace(table.Whole("merged", merged)))
	}
	text, err := inXML(&suite)
	if err != nil {
		return err
	}
	return write(path, text)
}
