// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// Target is where the telemetry goes.
type Target struct {
	// Endpoint as the exporter takes it: host:port for gRPC, a URL for HTTP.
	Endpoint string
	// Address is host:port, for messages.
	Address   string
	Protocol  string
	Plaintext bool
}

func (t Target) String() string {
	name := map[string]string{GRPC: "OTLP/gRPC", HTTP: "OTLP/HTTP"}[t.Protocol]
	if t.Plaintext {
		return fmt.Sprintf("%s (%s, plaintext)", t.Address, name)
	}
	return fmt.Sprintf("%s (%s, TLS)", t.Address, name)
}

// defaultPorts are OTLP's own.
var defaultPorts = map[string]string{GRPC: "4317", HTTP: "4318"}

// DefaultPort is the usual port of a protocol.
func DefaultPort(protocol string) string { return defaultPorts[protocol] }

// parseTarget reads host, host:port, or a URL. The scheme of a URL says whether the backend speaks TLS, as in the environment variables
// of OpenTelemetry's SDKs; without one, --insecure does. A URL without a port has that of its scheme, a host alone has OTLP's. A URL may end
// with the path of one of the wanted signals, such as /v1/traces, which is what backends' documentation often shows.
func parseTarget(endpoint, protocol string, insecure bool, wanted []Signal) (Target, error) {
	refuse := func(want string) (Target, error) {
		return Target{}, fmt.Errorf("--endpoint: %q is not allowed; want %s", endpoint, want)
	}
	text := endpoint
	if text == "" {
		text = "localhost"
	}
	scheme := "https"
	if insecure {
		scheme = "http"
	}
	port := map[string]string{"http": "80", "https": "443"}
	if !strings.Contains(text, "://") {
		port = map[string]string{"http": defaultPorts[protocol], "https": defaultPorts[protocol]}
		text = scheme + "://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return refuse("host:port, or a URL such as https://otlp.example.com")
	case u.Scheme != "http" && u.Scheme != "https":
		return refuse("the scheme http or https, or host:port alone")
	case u.Scheme == "https" && insecure:
		return refuse("http:// with --insecure, or no --insecure: https means TLS")
	}
	base, signal, ofSignal := cutSignal(u.Path)
	switch {
	case protocol == GRPC && ofSignal:
		return refuse("--protocol http with it: gRPC has no path")
	case protocol == GRPC && base != "":
		return refuse("no path with --protocol grpc")
	case ofSignal && !slices.Contains(wanted, signal):
		return refuse(fmt.Sprintf("--signals %s with it, or a URL without %s", signal, signalPath(signal)))
	}
	u.Path = base
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), port[u.Scheme])
	} else if n, err := strconv.ParseUint(u.Port(), 10, 16); err != nil || n == 0 {
		return refuse("a port of 1 to 65535")
	}
	t := Target{Address: u.Host, Protocol: protocol, Plaintext: u.Scheme == "http"}
	if protocol == GRPC {
		t.Endpoint = u.Host
	} else {
		t.Endpoint = u.String()
	}
	return t, nil
}

// signalPath is where OTLP/HTTP sends a signal. The exporter adds it to the endpoint.
func signalPath(s Signal) string { return "/v1/" + s.String() }

// cutSignal takes the path of a signal off the end of a URL's path, and slashes.
func cutSignal(path string) (base string, of Signal, found bool) {
	path = strings.TrimRight(path, "/")
	for s := range semconv.NumSignals {
		if base, found = strings.CutSuffix(path, signalPath(s)); found {
			return strings.TrimRight(base, "/"), s, true
		}
	}
	return path, 0, false
}

// parseHeaders reads headers. The error does not quote a value that may be a secret.
func parseHeaders(texts []string) (headers []Header, errs []error) {
	for i, text := range texts {
		name, value, found := strings.Cut(text, "=")
		switch {
		case !found:
			errs = append(errs, fmt.Errorf("--header: number %d has no \"=\"; want NAME=VALUE, such as 'authorization=Bearer abc'", i+1))
		case !httpguts.ValidHeaderFieldName(name):
			errs = append(errs, fmt.Errorf("--header: the name %q is not allowed; want letters, digits and hyphens", name))
		case !httpguts.ValidHeaderFieldValue(value):
			errs = append(errs, fmt.Errorf("--header: the value of %s is not allowed; want text without control characters", name))
		case slices.ContainsFunc(headers, func(h Header) bool { return strings.EqualFold(h.Name, name) }):
			errs = append(errs, fmt.Errorf("--header: %s is there twice; want each name once", name))
		default:
			headers = append(headers, Header{name, value})
		}
	}
	return headers, errs
}

// checkTLS checks the files of a connection with TLS.
func (p *Plan) checkTLS() (errs []error) {
	if p.Target.Plaintext {
		for _, f := range []struct{ flag, file string }{{"ca-cert", p.Request.CACert}, {"client-cert", p.Request.ClientCert}, {"client-key", p.Request.ClientKey}} {
			if f.file != "" {
				errs = append(errs, fmt.Errorf("--%s: %q is not allowed with plaintext; want TLS: no --insecure and no http://", f.flag, f.file))
			}
		}
		return errs
	}
	if p.Request.CACert != "" {
		if err := checkCA(p.Request.CACert); err != nil {
			errs = append(errs, fmt.Errorf("--ca-cert: %w; want a file of certificates in PEM", err))
		}
	}
	switch {
	case p.Request.ClientCert != "" && p.Request.ClientKey == "":
		errs = append(errs, errors.New("--client-cert: goes with --client-key; want both or none"))
	case p.Request.ClientKey != "" && p.Request.ClientCert == "":
		errs = append(errs, errors.New("--client-key: goes with --client-cert; want both or none"))
	case p.Request.ClientCert != "":
		if err := checkClient(p.Request.ClientCert, p.Request.ClientKey); err != nil {
			errs = append(errs, fmt.Errorf("--client-cert, --client-key: %w; want a certificate and its key in PEM", err))
		}
	}
	return errs
}
