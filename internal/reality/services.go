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
	Healthy int              // seconds of its control, the same service without the offenders; 0: the service is healthy itself
	Named   func(*Span) bool // whether a span names the runtime rightly
}

// Services are all that are run. docs/real.md has the list, too.
var Services = []Service{
	{Name: "axum", Binary: "axum-svc", Seconds: 12, Healthy: 8, Named: tokio},
	{Name: "axum, task fields", Binary: "axum-svc", Args: []string{"--task-fields"}, HTTP: true, Seconds: 12, Healthy: 8, Named: tokio},
	{Name: "axum, one thread", Binary: "axum-svc", Args: []string{"--current-thread"}, HTTP: true, Seconds: 12, Healthy: 8, Named: tokio},
	{Name: "axum, one thread, task fields", Binary: "axum-svc", Args: []string{"--current-thread", "--task-fields"}, Seconds: 12, Healthy: 8, Named: tokio},
	{Name: "actix-web", Binary: "actix-svc", Seconds: 12, Healthy: 8, Named: tokio},

	{Name: "axum-tracing-opentelemetry", HeldOut: true, Binary: "ato-svc", Args: []string{"--task-fields"}, Seconds: 10, Healthy: 6, Named: tokio},
	{Name: "tonic", Binary: "tonic-svc", HTTP: true, Seconds: 10, Healthy: 6, Named: tokio},
	{Name: "reqwest and sqlx", Binary: "client-svc", Seconds: 10, Healthy: 6, Named: tokio},
	{Name: "axum, OpenTelemetry 0.31", HeldOut: true, Binary: "old-svc", Args: []string{"--task-fields"}, HTTP: true, Seconds: 10, Healthy: 6, Named: tokio},
	{Name: "async-std", HeldOut: true, Binary: "async-std-svc", HTTP: true, Seconds: 10, Healthy: 6, Named: asyncStd},
	{Name: "smol", Binary: "smol-svc", Args: []string{"--task-fields"}, HTTP: true, Seconds: 10, Healthy: 6, Named: smol},
	{Name: "document, tokio", HeldOut: true, Binary: "seed-tokio", Seconds: 4, Named: tokioOrSilent},
	{Name: "document, async-std", HeldOut: true, Binary: "seed-async-std", HTTP: true, Seconds: 4, Named: asyncStd},
	{Name: "document, smol", HeldOut: true, Binary: "seed-smol", HTTP: true, Simple: true, Seconds: 4, Named: smol},
	{Name: "document, mixed", Binary: "seed-mixed", Seconds: 4, Named: mixed},
}

func tokio(s *Span) bool    { return s.Runtime == semconv.RuntimeTokio }
func asyncStd(s *Span) bool { return s.Runtime == semconv.RuntimeAsyncStd }
func smol(s *Span) bool     { return s.Runtime == semconv.RuntimeSmol }

// tokioOrSilent: nothing that this service sends says it. Its threads have a name of its own, and so has its tracer.
func tokioOrSilent(s *Span) bool { return s.Runtime == "" || tokio(s) }

// mixed has two executors in one process. The threads of the second say nothing of smol, but they are not the first one's.
func mixed(s *Span) bool {
	if s.Thread == "smol-light" {
		return !tokio(s)
	}
	return tokio(s)
}

var notInFiles = regexp.MustCompile(`[^a-z0-9.]+`)

// File is the service's name as the name of a file.
func (s *Service) File() string { return notInFiles.ReplaceAllString(strings.ToLower(s.Name), "-") }
