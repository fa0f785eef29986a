// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/runtimelab/otelcol-runtimelab/scheduler/sim"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// What OpenTelemetry's semantic conventions 1.44.0 ask of spans like ours
// (https://github.com/open-telemetry/semantic-conventions/tree/v1.44.0/docs: http/http-spans.md, rpc/rpc-spans.md,
// rpc/grpc.md, cli/cli-spans.md, messaging/messaging-spans.md, db/database-spans.md, general/recording-errors.md, resource/).

// conventionalTypes are the attributes in use, with their types. In a namespace of theirs there is no other.
var conventionalTypes = map[string]pcommon.ValueType{
	"client.address":                     pcommon.ValueTypeStr,
	"client.port":                        pcommon.ValueTypeInt,
	"code.file.path":                     pcommon.ValueTypeStr,
	"code.function.name":                 pcommon.ValueTypeStr,
	"code.line.number":                   pcommon.ValueTypeInt,
	"db.collection.name":                 pcommon.ValueTypeStr,
	"db.namespace":                       pcommon.ValueTypeStr,
	"db.operation.batch.size":            pcommon.ValueTypeInt,
	"db.operation.name":                  pcommon.ValueTypeStr,
	"db.query.summary":                   pcommon.ValueTypeStr,
	"db.query.text":                      pcommon.ValueTypeStr,
	"db.response.returned_rows":          pcommon.ValueTypeInt,
	"db.response.status_code":            pcommon.ValueTypeStr,
	"db.system.name":                     pcommon.ValueTypeStr,
	"error.type":                         pcommon.ValueTypeStr,
	"exception.message":                  pcommon.ValueTypeStr,
	"exception.stacktrace":               pcommon.ValueTypeStr,
	"exception.type":                     pcommon.ValueTypeStr,
	"host.name":                          pcommon.ValueTypeStr,
	"http.request.body.size":             pcommon.ValueTypeInt,
	"http.request.method":                pcommon.ValueTypeStr,
	"http.request.resend_count":          pcommon.ValueTypeInt,
	"http.response.body.size":            pcommon.ValueTypeInt,
	"http.response.status_code":          pcommon.ValueTypeInt,
	"http.route":                         pcommon.ValueTypeStr,
	"messaging.batch.message_count":      pcommon.ValueTypeInt,
	"messaging.client.id":                pcommon.ValueTypeStr,
	"messaging.consumer.group.name":      pcommon.ValueTypeStr,
	"messaging.destination.name":         pcommon.ValueTypeStr,
	"messaging.destination.partition.id": pcommon.ValueTypeStr,
	"messaging.kafka.message.key":        pcommon.ValueTypeStr,
	"messaging.kafka.offset":             pcommon.ValueTypeInt,
	"messaging.message.body.size":        pcommon.ValueTypeInt,
	"messaging.message.conversation_id":  pcommon.ValueTypeStr,
	"messaging.message.id":               pcommon.ValueTypeStr,
	"messaging.operation.name":           pcommon.ValueTypeStr,
	"messaging.operation.type":           pcommon.ValueTypeStr,
	"messaging.system":                   pcommon.ValueTypeStr,
	"network.peer.address":               pcommon.ValueTypeStr,
	"network.peer.port":                  pcommon.ValueTypeInt,
	"network.protocol.name":              pcommon.ValueTypeStr,
	"network.protocol.version":           pcommon.ValueTypeStr,
	"network.transport":                  pcommon.ValueTypeStr,
	"process.executable.name":            pcommon.ValueTypeStr,
	"process.exit.code":                  pcommon.ValueTypeInt,
	"process.pid":                        pcommon.ValueTypeInt,
	"process.runtime.name":               pcommon.ValueTypeStr,
	"process.runtime.version":            pcommon.ValueTypeStr,
	"rpc.method":                         pcommon.ValueTypeStr,
	"rpc.response.status_code":           pcommon.ValueTypeStr,
	"rpc.system.name":                    pcommon.ValueTypeStr,
	"server.address":                     pcommon.ValueTypeStr,
	"server.port":                        pcommon.ValueTypeInt,
	"service.instance.id":                pcommon.ValueTypeStr,
	"service.name":                       pcommon.ValueTypeStr,
	"service.namespace":                  pcommon.ValueTypeStr,
	"service.version":                    pcommon.ValueTypeStr,
	"telemetry.sdk.language":             pcommon.ValueTypeStr,
	"telemetry.sdk.name":                 pcommon.ValueTypeStr,
	"telemetry.sdk.version":              pcommon.ValueTypeStr,
	"thread.id":                          pcommon.ValueTypeInt,
	"thread.name":                        pcommon.ValueTypeStr,
	"url.full":                           pcommon.ValueTypeStr,
	"url.path":                           pcommon.ValueTypeStr,
	"url.query":                          pcommon.ValueTypeStr,
	"url.scheme":                         pcommon.ValueTypeStr,
	"url.template":                       pcommon.ValueTypeStr,
	"user_agent.original":                pcommon.ValueTypeStr,
	semconv.CodeModuleName:               pcommon.ValueTypeStr, // tracing-opentelemetry's own
}

func namespace(name string) string {
	first, _, _ := strings.Cut(name, ".")
	return first
}

// conventionalNamespaces are the first words of conventionalTypes.
var conventionalNamespaces = func() map[string]bool {
	all := map[string]bool{}
	for name := range conventionalTypes {
		all[namespace(name)] = true
	}
	return all
}()

// breaches says in which ways attributes have other types than the conventions give them, or names that those do not know.
func breaches(attributes pcommon.Map) (all []string) {
	for name, v := range attributes.All() {
		switch want, known := conventionalTypes[name]; {
		case known && v.Type() != want:
			all = append(all, fmt.Sprintf("%s is %v; want %v", name, v.Type(), want))
		case !known && strings.Contains(name, ".") && conventionalNamespaces[namespace(name)]:
			all = append(all, name+" is unknown")
		}
	}
	return all
}

// spanView reads a span and collects its breaches.
type spanView struct {
	ptrace.Span
	breaches []string
}

func (s *spanView) breach(format string, arguments ...any) {
	s.breaches = append(s.breaches, fmt.Sprintf(format, arguments...))
}

// text is an attribute's value, empty if there is none.
func (s *spanView) text(name string) string {
	if v, found := s.Attributes().Get(name); found {
		return v.AsString()
	}
	return ""
}

func (s *spanView) has(name string) bool {
	_, found := s.Attributes().Get(name)
	return found
}

// speaks reports whether an attribute is in a namespace.
func (s *spanView) speaks(of string) bool {
	for name := range s.Attributes().All() {
		if namespace(name) == of {
			return true
		}
	}
	return false
}

func (s *spanView) want(names ...string) {
	for _, name := range names {
		if !s.has(name) {
			s.breach("%s is missing", name)
		}
	}
}

func (s *spanView) wantKind(kinds ...ptrace.SpanKind) {
	for _, k := range kinds {
		if s.Kind() == k {
			return
		}
	}
	s.breach("kind %v; want %v", s.Kind(), kinds)
}

// wantName wants the words as the span's name, separated by blanks; those that are empty do not count.
func (s *spanView) wantName(words ...string) {
	if want := strings.Join(strings.Fields(strings.Join(words, " ")), " "); s.Name() != want {
		s.breach("name %q; want %q", s.Name(), want)
	}
}

func (s *spanView) failed() bool { return s.Status().Code() == ptrace.StatusCodeError }

// spanBreaches says in which ways a span is not what the conventions ask for.
func spanBreaches(span ptrace.Span) []string {
	s := spanView{span, breaches(span.Attributes())}
	for _, e := range span.Events().All() {
		s.breaches = append(s.breaches, breaches(e.Attributes())...)
	}
	if s.failed() != s.has("error.type") { // general/recording-errors.md
		s.breach("status %v, error.type %q; want both or none", s.Status().Code(), s.text("error.type"))
	}
	if s.Status().Code() == ptrace.StatusCodeOk {
		s.breach("status Ok is for the application to set")
	}
	// No response has a status code if the request was given up.
	responds := s.text("error.type") != semconv.ErrorTypeTimeout && s.text("error.type") != semconv.ErrorTypeCancelled
	if s.speaks("http") {
		s.checkHTTP(responds)
	}
	if s.speaks("rpc") {
		s.checkRPC(responds)
	}
	if s.speaks("messaging") {
		s.checkMessaging()
	}
	if s.speaks("db") {
		s.checkDatabase()
	}
	return s.breaches
}

func (s *spanView) checkHTTP(responds bool) {
	s.want("http.request.method")
	method := s.text("http.request.method")
	firstError := int64(500) // of a server; 4xx are the client's
	switch s.Kind() {
	case ptrace.SpanKindServer:
		s.want("url.path", "url.scheme")
		s.wantName(method, s.text("http.route"))
	case ptrace.SpanKindClient:
		s.want("server.address", "server.port", "url.full")
		s.wantName(method, s.text("url.template"))
		firstError = 400
	default:
		s.wantKind(ptrace.SpanKindServer, ptrace.SpanKindClient)
	}
	if responds && !s.failed() {
		s.want("http.response.status_code")
	}
	if code, found := s.Attributes().Get("http.response.status_code"); found && s.failed() != (code.Int() >= firstError) {
		s.breach("status %v for http.response.status_code %d", s.Status().Code(), code.Int())
	}
}

func (s *spanView) checkRPC(responds bool) {
	s.want("rpc.system.name", "rpc.method")
	s.wantKind(ptrace.SpanKindServer, ptrace.SpanKindClient)
	s.wantName(s.text("rpc.method"))
	if s.Kind() == ptrace.SpanKindClient {
		s.want("server.address")
	}
	if s.text("rpc.system.name") == "grpc" && responds {
		s.want("rpc.response.status_code")
	}
	code := s.text("rpc.response.status_code")
	if code == "OK" && s.failed() || code != "OK" && code != "" && s.Kind() == ptrace.SpanKindClient && !s.failed() {
		s.breach("status %v for rpc.response.status_code %s", s.Status().Code(), code)
	}
}

func (s *spanView) checkMessaging() {
	s.want("messaging.system", "messaging.operation.name", "messaging.operation.type", "messaging.destination.name")
	s.wantName(s.text("messaging.operation.name"), s.text("messaging.destination.name"))
	switch s.text("messaging.operation.type") {
	case "create":
		s.wantKind(ptrace.SpanKindProducer)
	case "send":
		s.wantKind(ptrace.SpanKindProducer, ptrace.SpanKindClient)
	case "receive", "settle":
		s.wantKind(ptrace.SpanKindClient)
	case "process":
		s.wantKind(ptrace.SpanKindConsumer)
	default:
		s.breach("messaging.operation.type %q", s.text("messaging.operation.type"))
	}
}

func (s *spanView) checkDatabase() {
	s.want("db.system.name")
	s.wantKind(ptrace.SpanKindClient, ptrace.SpanKindInternal)
	switch target := s.databaseTarget(); {
	case s.has("db.query.summary"):
		s.wantName(s.text("db.query.summary"))
	case s.has("db.operation.name") || target != "":
		s.wantName(s.text("db.operation.name"), target)
	default:
		s.wantName(s.text("db.system.name"))
	}
}

func (s *spanView) databaseTarget() string {
	for _, name := range []string{"db.collection.name", "db.namespace", "server.address"} {
		if target := s.text(name); target != "" {
			if name == "server.address" && s.has("server.port") {
				target += ":" + s.text("server.port")
			}
			return target
		}
	}
	return ""
}

func resourceBreaches(resource pcommon.Map) []string {
	all := breaches(resource)
	for _, name := range []string{
		"service.name", "service.instance.id", "telemetry.sdk.language", "telemetry.sdk.name", "telemetry.sdk.version", "process.pid",
	} {
		if _, found := resource.Get(name); !found {
			all = append(all, name+" is missing")
		}
	}
	return all
}

// TestPresetsKeepConventions plays every preset.
func TestPresetsKeepConventions(t *testing.T) {
	for _, preset := range spec.Presets() {
		t.Run(preset, func(t *testing.T) {
			checkFleet(t, `
- name: a
  runtime: {model: tokio}
  arrivals: {process: poisson, rate: 100}
  workload: `+preset)
		})
	}
}

func checkFleet(t *testing.T, services string) {
	t.Helper()
	f := New(mustParse(t, services), 1, sendSpans)
	f.Advance(sim.Time(5 * time.Second))
	found := map[string]int{}
	spans := 0
	each(exported(f), func(resource pcommon.Map, _ string, span ptrace.Span) {
		spans++
		for _, b := range append(resourceBreaches(resource), spanBreaches(span)...) {
			found[span.Name()+": "+b]++
		}
	})
	assert.Empty(t, found)
	require.Positive(t, spans)
}

// TestServicesKeepConventions plays a service that fails, gives up, calls, publishes and asks a database.
func TestServicesKeepConventions(t *testing.T) {
	checkFleet(t, `
- name: shop
  runtime: {model: tokio}
  arrivals: {process: poisson, rate: 100}
  operations:
    - name: POST /orders
      timeout: 5ms
      attributes: {http.request.method: POST, http.route: /orders, url.path: /orders, url.scheme: https, http.response.status_code: 201}
      errors: {rate: 0.1, attributes: {http.response.status_code: 503}}
      steps:
        - call:
            service: stock
            operation: stock.Stock/Reserve
            attributes: {rpc.system.name: grpc, rpc.method: stock.Stock/Reserve, server.port: 50051, rpc.response.status_code: OK}
            errors: {rate: 0.1, attributes: {rpc.response.status_code: UNAVAILABLE}}
        - span:
            name: SELECT orders
            kind: client
            attributes: {db.system.name: postgresql, db.operation.name: SELECT, db.collection.name: orders}
            errors: {rate: 0.1, attributes: {db.response.status_code: "40001"}}
            steps: [{io: {exponential: {mean: 2ms}}}]
        - span:
            name: send orders
            kind: producer
            attributes: {messaging.system: kafka, messaging.operation.name: send, messaging.operation.type: send, messaging.destination.name: orders}
            steps: [{io: 100us}]
    - name: process orders
      kind: consumer
      attributes: {messaging.system: kafka, messaging.operation.name: process, messaging.operation.type: process, messaging.destination.name: orders}
      links: {operation: send orders, count: 10}
      steps: [{compute: 100us}]
- name: stock
  runtime: {model: smol}
  operations:
    - name: stock.Stock/Reserve
      attributes: {rpc.system.name: grpc, rpc.method: stock.Stock/Reserve, rpc.response.status_code: OK}
      steps: [{io: {exponential: {mean: 2ms}}}]
`)
}

// TestBreaches: what the conventions do not allow is found.
func TestBreaches(t *testing.T) {
	const (
		get  = "http.request.method: GET, http.route: /a, http.response.status_code: 200, url.path: /a, url.scheme: http"
		send = "messaging.system: kafka, messaging.operation.name: send, messaging.operation.type: send, messaging.destination.name: a"
	)
	for _, tc := range []struct {
		name       string
		kind       ptrace.SpanKind
		status     ptrace.StatusCode
		attributes string
		want       []string
	}{
		{"GET /a", ptrace.SpanKindServer, ptrace.StatusCodeUnset, get, nil},
		{"anything", ptrace.SpanKindInternal, ptrace.StatusCodeUnset, "tenant: 5, shop.id: 7", nil},
		{"a", ptrace.SpanKindInternal, ptrace.StatusCodeUnset, "http.method: GET, server.port: '80', url.scheme: http", []string{
			"http.method is unknown", "server.port is Str; want Int", "http.request.method is missing",
			"kind Internal; want [Server Client]", "http.response.status_code is missing",
		}},
		{"GET /b", ptrace.SpanKindServer, ptrace.StatusCodeError, get, []string{
			`status Error, error.type ""; want both or none`, `name "GET /b"; want "GET /a"`, "status Error for http.response.status_code 200",
		}},
		{"GET /a", ptrace.SpanKindServer, ptrace.StatusCodeUnset, get + ", error.type: '500'", []string{
			`status Unset, error.type "500"; want both or none`,
		}},
		{"GET", ptrace.SpanKindClient, ptrace.StatusCodeOk, "http.request.method: GET, http.response.status_code: 404", []string{
			"status Ok is for the application to set",
			"server.address is missing", "server.port is missing", "url.full is missing", "status Ok for http.response.status_code 404",
		}},
		{"GET", ptrace.SpanKindServer, ptrace.StatusCodeError, "http.request.method: GET, error.type: timeout, url.path: /, url.scheme: http", nil},
		{"s/m", ptrace.SpanKindClient, ptrace.StatusCodeUnset, "rpc.system.name: grpc, rpc.method: s/n", []string{
			`name "s/m"; want "s/n"`, "server.address is missing", "rpc.response.status_code is missing",
		}},
		{"s/m", ptrace.SpanKindClient, ptrace.StatusCodeUnset, "rpc.system.name: grpc, rpc.method: s/m, server.address: a, rpc.response.status_code: INTERNAL", []string{
			"status Unset for rpc.response.status_code INTERNAL",
		}},
		{"send a", ptrace.SpanKindProducer, ptrace.StatusCodeUnset, send, nil},
		{"a send", ptrace.SpanKindConsumer, ptrace.StatusCodeUnset, send, []string{
			`name "a send"; want "send a"`, "kind Consumer; want [Producer Client]",
		}},
		{"orders", ptrace.SpanKindServer, ptrace.StatusCodeUnset, "db.operation.name: SELECT, server.address: a, server.port: 5432", []string{
			"db.system.name is missing", "kind Server; want [Client Internal]", `name "orders"; want "SELECT a:5432"`,
		}},
	} {
		span := ptrace.NewSpan()
		span.SetName(tc.name)
		span.SetKind(tc.kind)
		span.Status().SetCode(tc.status)
		require.NoError(t, span.Attributes().FromRaw(yamlMap(t, "{"+tc.attributes+"}")))
		assert.ElementsMatch(t, tc.want, spanBreaches(span), tc.name)
	}
	resource := pcommon.NewMap()
	resource.PutInt("service.name", 1)
	assert.Contains(t, resourceBreaches(resource), "service.name is Int; want Str")
	assert.Contains(t, resourceBreaches(resource), "process.pid is missing")
}
