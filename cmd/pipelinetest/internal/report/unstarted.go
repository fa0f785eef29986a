// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/printable"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/run"
)

// Unstarted writes reports of tests that could not start, to the files that have a name: a job that shows its reports shows why.
func Unstarted(jsonFile, junitFile, markdownFile string, cause error) error {
	problems := strings.Split(cause.Error(), "\n")
	var errs []error
	put := func(path string, text []byte, err error) {
		if err == nil {
			err = write(path, text)
		}
		errs = append(errs, err)
	}
	if jsonFile != "" {
		text, err := json.MarshalIndent(document{
			Schema: Schema, WrittenAt: time.Now().UTC(), Outcome: run.Broken, Problems: problems, Tests: []testDocument{},
		}, "", "  ")
		put(jsonFile, append(text, '\n'), err)
	}
	if junitFile != "" {
		suite := junit.Testsuite{Name: "pipelinetest"}
		suite.AddTestcase(junit.Testcase{Name: "pipelinetest", Classname: "pipelinetest", Error: &junit.Result{
			Message: printable.Text(problems[0]), Data: printable.Text(cause.Error()),
		}})
		text, err := inXML(&suite)
		put(junitFile, text, err)
	}
	if markdownFile != "" {
		var b bytes.Buffer
		fmt.Fprintf(&b, "### pipelinetest: %s\n\nNo test has started.\n", words[run.Broken])
		markdownList(&b, "", problems)
		put(markdownFile, b.Bytes(), nil)
	}
	return errors.Join(errs...)
}
