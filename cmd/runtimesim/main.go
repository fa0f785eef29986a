// SPDX-License-Identifier: Apache-2.0

// Command runtimesim answers what-if questions about Rust's async runtimes: it plays a workload on the models of Tokio,
// async-std and smol in virtual time and says what the requests met. See docs/runtimesim.md, and runtimesim --help.
package main

import (
	"os"

	"github.com/runtimelab/otelcol-runtimelab/cmd/runtimesim/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr))
}
