// SPDX-License-Identifier: Apache-2.0

// Command otlpload sends the telemetry of a simulated Rust service to any OTLP backend, without a configuration file: the receiver
// synthetic_load behind the Collector's own OTLP exporter. See docs/otlpload.md, and otlpload --help.
package main

import (
	"io"
	"log"
	"os"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/cli"
)

func main() {
	log.SetOutput(io.Discard) // net/http writes there what the exporter's error says better
	os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr))
}
