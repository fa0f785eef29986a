// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"regexp"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Service is one of reference/, and how it is run.
type Service struct {
	Name    string // of the run
	Binary  string
	Args    []string
	HeldOut bool // written down before the rules stood, and looked at by nobody who made them
	HTTP    bool // else gRPC
	Simple  bool // the exporter; else batch
	Seconds int
	Healthy int // seconds of its control, the same service without the offenders; 0: the service is healthy itself
	Runtime func(*Span) string
}

// Services are all that are run. docs/real.md has the list, too.
var Services = []Service{
	{Name: "axum", Binary: "axum-svc", Seconds: 12, Healthy: 8, Runtime: tokio},
	{Name: "axum, task fields", Binary: "axum-svc", Args: []string{"--task-fields"}, HTTP: true, Seconds: 12, Healthy: 8, Runtime: tokio},
	{Name: "axum, one thread", Binary: "axum-svc", Args: []string{"--current-thread"}, HTTP: true, Seconds: 12, Healthy: 8, Runtime: tokio},
	{Name: "axum, one thread, task fields", Binary: "axum-svc", Args: []string{"--current-thread", "--task-fields"}, Seconds: 12, Healthy: 8, Runtime: tokio},
	{Name: "actix-web", Binary: "actix-svc", Seconds: 12, Healthy: 8, Runtime: tokio},

	{Name: "axum-tracing-opentelemetry", HeldOut: true, Binary: "ato-svc", Args: []string{"--task-fields"}, Seconds: 10, Healthy: 6, Runtime: tokio},
	{Name: "tonic", HeldOut: true, Binary: "tonic-svc", HTTP: true, Seconds: 10, Healthy: 6, Runtime: tokio},
	{Name: "reqwest and sqlx", HeldOut: true, Binary: "client-svc", Seconds: 10, Healthy: 6, Runtime: tokio},
	{Name: "axum, OpenTelemetry 0.31", HeldOut: true, Binary: "old-svc", Args: []string{"--task-fields"}, HTTP: true, Seconds: 10, Healthy: 6, Runtime: tokio},
	{Name: "async-std", HeldOut: true, Binary: "async-std-svc", HTTP: true, Seconds: 10, Healthy: 6, Runtime: asyncStd},
	{Name: "smol", HeldOut: true, Binary: "smol-svc", Args: []string{"--task-fields"}, HTTP: true, Seconds: 10, Healthy: 6, Runtime: smol},
	{Name: "document, tokio", HeldOut: true, Binary: "seed-tokio", Seconds: 4, Runtime: tokio},
	{Name: "document, async-std", HeldOut: true, Binary: "seed-async-std", HTTP: true, Seconds: 4, Runtime: asyncStd},
	{Name: "document, smol", HeldOut: true, Binary: "seed-smol", HTTP: true, Simple: true, Seconds: 4, Runtime: smol},
	{Name: "document, mixed", HeldOut: true, Binary: "seed-mixed", Seconds: 4, Runtime: mixed},
}

func tokio(*Span) string    { return semconv.RuntimeTokio }
func asyncStd(*Span) string { return semconv.RuntimeAsyncStd }
func smol(*Span) string     { return semconv.RuntimeSmol }

// mixed has two executors in one process; the thread tells them apart.
func mixed(s *Span) string {
	if s.Thread == "smol-light" {
		return semconv.RuntimeSmol
	}
	return semconv.RuntimeTokio
}

var notInFiles = regexp.MustCompile(`[^a-z0-9.]+`)

// File is the service's name as the name of a file.
func (s *Service) File() string { return notInFiles.ReplaceAllString(strings.ToLower(s.Name), "-") }
