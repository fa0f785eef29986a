// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/printable"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/run"
)

// JUnit writes JUnit XML to a file: a test case for each test, with a failure, or an error if it could not run or nobody knows, and what the
// console shows.
func JUnit(path string, tests []Test) error {
	suite := junit.Testsuite{Name: "pipelinetest"}
	var took time.Duration
	for i := range tests {
		t := &tests[i]
		took += t.Result.Took
		var out bytes.Buffer
		if err := Text(&out, t); err != nil {
			return err
		}
		test := junit.Testcase{
			Name: t.name(), Classname: "pipelinetest." + t.Scenario.Name, Time: seconds(t.Result.Took),
			SystemOut: &junit.Output{Data: printable.Text(out.String())},
		}
		if problems := t.Result.Problems; len(problems) > 0 {
			result := &junit.Result{Message: printable.Text(problems[0]), Data: printable.Text(strings.Join(append(slices.Clone(problems), t.why()...), "\n"))}
			if t.Result.Outcome != run.Failed {
				test.Error = result
			} else {
				test.Failure = result
			}
		}
		suite.AddTestcase(test)
	}
	suite.Time = seconds(took)
	if len(tests) > 0 {
		suite.SetTimestamp(tests[0].Result.Began)
	}
	text, err := inXML(&suite)
	if err != nil {
		return err
	}
	return write(path, text)
}

// inXML is a document of one suite.
func inXML(suite *junit.Testsuite) ([]byte, error) {
	suites := junit.Testsuites{Name: suite.Name, Time: suite.Time}
	suites.AddSuite(*suite)
	var text bytes.Buffer
	text.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	err := suites.WriteXML(&text)
	return text.Bytes(), err
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
