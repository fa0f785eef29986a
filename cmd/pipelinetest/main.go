// SPDX-License-Identifier: Apache-2.0

// Command pipelinetest tests a telemetry pipeline: it starts a generating Collector, the pipeline under test and a verifying
// Collector, disturbs what is between them, and gives a verdict. See docs/pipelinetest.md, and pipelinetest --help.
package main

import (
	"os"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/cli"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/part"
)

func main() {
	part.Main() // of a part with a disk of its own, this program is the first thing that runs
	os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr))
}
