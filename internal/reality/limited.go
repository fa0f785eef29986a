// SPDX-License-Identifier: Apache-2.0

package reality

// Limited is a service that lacks a CPU: it runs under a quota, or beside programs that use its CPU up. Another of its kind runs at the same
// time beside the same sidecar: one without offenders, and without a limit.
type Limited struct {
	Service
	CPUs     float64 // of its quota in each period of 100 ms; 0: it has none
	Hogs     int     // programs that never wait, on the one CPU that the service is bound to
	Clients  int
	Captured bool // part of what it sends is in reference/captures/limited/
	Pause    int  // milliseconds between an answer and the client's next request, on average
}

// LimitedServices are all that are run with a limit. docs/real.md has the list, too.
var LimitedServices = []Limited{
	{Service: Service{Name: "axum, quota 0.5", Binary: "axum-svc", Seconds: 20, Named: tokio}, CPUs: 0.5, Clients: 8, Pause: 30, Captured: true},
	{Service: Service{Name: "axum, one thread, quota 0.3", Binary: "axum-svc", Args: []string{"--current-thread"}, HTTP: true, Seconds: 20, Named: tokio}, CPUs: 0.3, Clients: 8, Pause: 60, Captured: true},
	{Service: Service{Name: "actix-web, quota 1.0", Binary: "actix-svc", Seconds: 20, Named: tokio}, CPUs: 1, Clients: 24, Pause: 20, Captured: true},

	// Held out at first. They are no more: rules were made that saw them.
	{Service: Service{Name: "smol, quota 0.5", Binary: "smol-svc", Args: []string{"--task-fields"}, HTTP: true, Seconds: 20, Named: smol}, CPUs: 0.5, Clients: 8, Pause: 30},
	{Service: Service{Name: "async-std, quota 0.75", Binary: "async-std-svc", HTTP: true, Seconds: 20, Named: asyncStd}, CPUs: 0.75, Clients: 10, Pause: 30},
	{Service: Service{Name: "tonic, quota 0.5", Binary: "tonic-svc", HTTP: true, Seconds: 20, Named: tokio}, CPUs: 0.5, Clients: 8, Pause: 30},
	{Service: Service{Name: "axum, task fields, quota 1.0", Binary: "axum-svc", Args: []string{"--task-fields"}, HTTP: true, Seconds: 20, Named: tokio}, CPUs: 1, Clients: 24, Pause: 20},
	{Service: Service{Name: "axum-tracing-opentelemetry, quota 0.4", Binary: "ato-svc", Args: []string{"--task-fields"}, Seconds: 20, Named: tokio}, CPUs: 0.4, Clients: 8, Pause: 40},
	{Service: Service{Name: "axum, quota 1.8", Binary: "axum-svc", Seconds: 20, Named: tokio}, CPUs: 1.8, Clients: 4, Pause: 60},
	{Service: Service{Name: "axum, beside hogs", Binary: "axum-svc", Seconds: 20, Named: tokio}, Hogs: 2, Clients: 4, Pause: 100, Captured: true},

	{Service: Service{Name: "smol, quota 1.5", HeldOut: true, Binary: "smol-svc", HTTP: true, Seconds: 20, Named: smol}, CPUs: 1.5, Clients: 20, Pause: 20},
	{Service: Service{Name: "async-std, beside hogs", HeldOut: true, Binary: "async-std-svc", HTTP: true, Seconds: 20, Named: asyncStd}, Hogs: 1, Clients: 4, Pause: 60},
	{Service: Service{Name: "tonic, quota 0.9", HeldOut: true, Binary: "tonic-svc", HTTP: true, Seconds: 20, Named: tokio}, CPUs: 0.9, Clients: 14, Pause: 30},
	{Service: Service{Name: "actix-web, quota 0.4", HeldOut: true, Binary: "actix-svc", Seconds: 20, Named: tokio}, CPUs: 0.4, Clients: 8, Pause: 40},
	{Service: Service{Name: "axum, one thread, beside hogs", HeldOut: true, Binary: "axum-svc", Args: []string{"--current-thread"}, Seconds: 20, Named: tokio}, Hogs: 2, Clients: 4, Pause: 100},
	{Service: Service{Name: "axum-tracing-opentelemetry, quota 1.2", HeldOut: true, Binary: "ato-svc", Args: []string{"--task-fields"}, Seconds: 20, Named: tokio}, CPUs: 1.2, Clients: 20, Pause: 20},
	{Service: Service{Name: "axum, task fields, quota 0.3", HeldOut: true, Binary: "axum-svc", Args: []string{"--task-fields"}, HTTP: true, Seconds: 20, Named: tokio}, CPUs: 0.3, Clients: 6, Pause: 60},
}
