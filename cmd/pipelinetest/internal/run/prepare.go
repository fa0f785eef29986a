// SPDX-License-Identifier: Apache-2.0

package run

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/authority"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/part"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/proxy"
	"github.com/runtimelab/otelcol-runtimelab/cmd/pipelinetest/internal/scenario"
)

// prepare finds ports, and makes folders, proxies and environments.
func (c *course) prepare() error {
	var err error
	if c.trust, err = authority.New(); err != nil {
		return err
	}
	for i, p := range c.Parts() {
		m := &member{Part: p, generates: i < len(c.Generators), tested: i >= len(c.Generators) && p.Name != scenario.VerifierName}
		if m.tested {
			m.elsewhere = c.Elsewhere(&p)
		}
		if m.generates {
			m.naming = newNaming(m.Name, c.Runs(&p))
			c.sayNaming(m)
		}
		m.units = c.QueueUnits(&p)
		m.unplayed = c.Unplayed(&p)
		if unplayed := c.SayUnplayed(&p); unplayed != "" {
			c.result.Unchecked = append(c.result.Unchecked, unplayed)
			c.Say("%s", unplayed)
		}
		if unread := c.Unread(&p); unread != "" {
			c.result.Unchecked = append(c.result.Unchecked, unread)
		}
		for _, address := range []*string{&m.grpc, &m.http, &m.metrics} {
			if *address, err = c.takePort(); err != nil {
				return err
			}
		}
		if m.Group != "" {
			if err := c.placeReplica(m); err != nil {
				return err
			}
		}
		c.members = append(c.members, m)
	}
	if c.names, err = c.newNames(); err != nil {
		return err
	}
	if err := c.prepareLinks(); err != nil {
		return err
	}
	for _, m := range c.members {
		if err := c.prepareMember(m); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	return nil
}

// placeReplica finds where a replica listens: at an address of its own, and the port of all of its group.
func (c *course) placeReplica(m *member) error {
	if len(c.members) > 0 {
		if before := c.members[len(c.members)-1]; before.Group == m.Group {
			m.grpc, m.http = at(address(&m.Part), before.grpc), at(address(&m.Part), before.http)
			return nil
		}
	}
	var hosts []string
	for _, p := range c.Replicas(m.Group) {
		hosts = append(hosts, address(&p))
	}
	for _, place := range []*string{&m.grpc, &m.http} {
		taken, err := c.Ports.takeFor(hosts...)
		if err != nil {
			return err
		}
		*place, c.taken = taken, append(c.taken, taken)
	}
	return nil
}

// at is the port of an address at another host.
func at(host, address string) string {
	_, port, _ := net.SplitHostPort(address) // it is one of this package's
	return net.JoinHostPort(host, port)
}

// prepareLinks puts proxies on the links that have faults. A proxy reads requests over HTTP, and inside TLS, only if a fault is to meet requests:
// otherwise the link carries what it carries.
func (c *course) prepareLinks() error {
	for i := range c.Faults {
		of := c.Faults[i].Link
		if of == (scenario.Link{}) || c.link(of) != nil {
			continue
		}
		to := c.member(of.To)
		reads := slices.ContainsFunc(c.Faults, func(f scenario.Fault) bool { return f.Link == of && f.Disturbance.OfRequests() })
		config := proxy.Config{Target: to.grpc, Protocol: proxy.GRPC}
		if reads {
			certificate, err := c.trust.Issue(of.To, loopback)
			if err != nil {
				return err
			}
			config.TLS = &proxy.TLS{Certificate: certificate, Authority: c.trust.Pool()}
		}
		grpc, err := c.newProxy(config)
		if err != nil {
			return err
		}
		config.Target, config.Protocol = to.http, proxy.TCP
		if reads {
			config.Protocol = proxy.HTTP
		}
		http, err := c.newProxy(config)
		if err != nil {
			return errors.Join(err, grpc.Close())
		}
		c.links = append(c.links, &link{Link: of, grpc: grpc, http: http, readsTLS: reads})
	}
	return nil
}

// newProxy makes a proxy at a free port. Another program may take a port between its choice and its use: then another is tried.
func (c *course) newProxy(config proxy.Config) (p *proxy.Proxy, err error) {
	const tries = 10
	config.Seed = 1
	for range tries {
		if config.Listen, err = c.takePort(); err != nil {
			return nil, err
		}
		if p, err = proxy.New(config); err == nil {
			return p, nil
		}
	}
	return nil, err
}

// takePort takes a port for as long as the test runs.
func (c *course) takePort() (string, error) {
	address, err := c.Ports.take()
	if err == nil {
		c.taken = append(c.taken, address)
	}
	return address, err
}

// prepareMember makes a part's folder, with its configurations, and what it is started with.
func (c *course) prepareMember(m *member) error {
	dir := filepath.Join(c.Options.Dir, m.Name)
	own := filepath.Join(dir, "dir")
	if err := os.MkdirAll(own, 0o700); err != nil {
		return err
	}
	if err := c.trust.Write(dir, m.Name, address(&m.Part)); err != nil {
		return err
	}
	environment := c.environment(m, own, dir)
	if m.Name == scenario.VerifierName {
		m.report = filepath.Join(dir, "report.json")
		environment = append(environment, scenario.EnvReport+"="+m.report)
	}
	args := m.Command
	if len(args) == 0 {
		var err error
		if args, err = c.collectorArgs(m, dir); err != nil {
			return err
		}
	}
	args = expanded(args, environment)
	environment = append(environment, "TMPDIR="+dir) // what a part that is killed leaves there goes with the test
	m.spec = part.Spec{
		Name: m.Name, Args: args, Env: append(foreign(os.Environ()), environment...), Dir: c.Scenario.Dir,
		Log: filepath.Join(dir, "log"), Watch: endOfRun, Output: &m.refusals, Disk: m.Disk, DiskDir: own,
	}
	if c.names != nil && slices.ContainsFunc(c.Groups(), func(group string) bool { return m.Group != group && c.Resolves(&m.Part, group) }) {
		m.spec.Hosts = c.names.path
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "environment"), []byte(strings.Join(environment, "\n")+"\n"), 0o600),
		os.WriteFile(filepath.Join(dir, "command"), []byte(strings.Join(args, "\n")+"\n"), 0o600),
	)
}

// ownTelemetry is the configuration by which a Collector serves its telemetry at a port.
const ownTelemetry = "yaml:service::telemetry::metrics: {level: normal, readers: [{pull: {exporter: {prometheus: " +
	"{host: %s, port: %s, without_units: true, without_type_suffix: true, without_scope_info: true}}}}]}"

func (c *course) collectorArgs(m *member, dir string) ([]string, error) {
	return c.withConfigs(m, func(i int, text string) (string, error) {
		location := filepath.Join(dir, fmt.Sprintf("config-%d.yaml", i))
		return location, os.WriteFile(location, []byte(text), 0o600)
	})
}

// withConfigs are a Collector's arguments that say its configurations. place says where one is that is no file.
func (c *course) withConfigs(m *member, place func(i int, text string) (location string, err error)) ([]string, error) {
	args := []string{c.Collector}
	for i, config := range m.Config {
		config = config.Without(m.unplayed)
		location := config.Location
		if location == "" {
			var err error
			if location, err = place(i, config.Text); err != nil {
				return nil, err
			}
		}
		args = append(args, "--config", location)
	}
	if c.Options.Dir != "" {
		if naming := m.naming.writesTo(filepath.Join(c.Options.Dir, m.Name)); naming != "" {
			args = append(args, "--config", naming)
		}
	}
	if c.reloads(m.Name) {
		m.reload = filepath.Join(c.Options.Dir, m.Name, "reload.yaml")
		if err := os.MkdirAll(filepath.Dir(m.reload), 0o700); err != nil {
			return nil, err
		}
		if err := os.WriteFile(m.reload, []byte(nothingElse), 0o600); err != nil {
			return nil, err
		}
		args = append(args, "--config", m.reload)
	}
	host, port, err := net.SplitHostPort(m.metrics)
	return append(args, "--config", fmt.Sprintf(ownTelemetry, host, port)), err
}

// nothingElse is a configuration that adds nothing.
const nothingElse = "{}\n"

// reloads tells whether a fault gives a part another configuration.
func (c *course) reloads(part string) bool {
	return c.Options.Dir != "" && slices.ContainsFunc(c.Faults, func(f scenario.Fault) bool { return f.Reload == part && f.With != "" })
}

// environment is what a part finds its way by. Its folder is its own; its certificates are elsewhere.
func (c *course) environment(m *member, own, certificates string) []string {
	_, port, _ := strings.Cut(m.metrics, ":") // of an IPv4 address
	environment := []string{
		scenario.EnvListen + "=" + m.grpc,
		scenario.EnvListenHTTP + "=" + m.http,
		scenario.EnvMetricsPort + "=" + port,
		scenario.EnvDir + "=" + own,
	}
	files := authority.FilesIn(certificates)
	environment = append(environment, scenario.EnvCA+"="+files.CA, scenario.EnvCert+"="+files.Cert, scenario.EnvKey+"="+files.Key)
	if m.naming != nil {
		environment = append(environment, scenario.EnvRun+"="+m.naming.base)
	}
	for _, group := range c.Groups() {
		if m.Group != group {
			first := c.member(c.Replicas(group)[0].Name)
			_, port, _ := net.SplitHostPort(first.grpc)     // it is one of this package's
			_, httpPort, _ := net.SplitHostPort(first.http) // so is this
			environment = append(environment, scenario.EnvHost(group)+"="+scenario.Domain(group),
				scenario.EnvPort(group)+"="+port, scenario.EnvPortHTTP(group)+"="+httpPort)
		}
	}
	for _, name := range c.Targets(m.Name) {
		to := c.member(name)
		grpc, http := to.grpc, to.http
		if l := c.link(scenario.Link{From: m.Name, To: name}); l != nil {
			grpc, http = l.grpc.Endpoint(), l.http.Endpoint()
		}
		environment = append(environment, scenario.EnvTo(name)+"="+grpc, scenario.EnvToHTTP(name)+"="+http)
		if name == c.Next(m.Name) {
			environment = append(environment, scenario.EnvToNext()+"="+grpc, scenario.EnvToNextHTTP()+"="+http)
		}
	}
	return environment
}

// foreign leaves out of an environment what is set here; this program may itself be part of a test.
func foreign(environment []string) []string {
	var rest []string
	for _, variable := range environment {
		if !strings.HasPrefix(variable, scenario.EnvPrefix) {
			rest = append(rest, variable)
		}
	}
	return rest
}

// expanded replaces references to the variables set here, which the scenario has checked.
func expanded(args, environment []string) []string {
	values := map[string]string{}
	for _, variable := range environment {
		name, value, _ := strings.Cut(variable, "=")
		values[name] = value
	}
	result := make([]string, len(args))
	for i, arg := range args {
		result[i] = scenario.Expand(arg, func(name string) string { return values[name] })
	}
	return result
}
