// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// ways are the addresses at which a part can listen, and to which it can send. known: nothing else can be; of a command, and of a
// configuration that cannot be read from here, that is not known.
type ways struct {
	known bool
	used  map[string]bool
	// byName are the replicas that it looks up, and groups their groups.
	byName map[string]bool
	groups map[string]string
	// closed: nothing comes to it but by the ways that are looked at here.
	closed bool
	// follows: it is the generator that is built in, which speaks what the next part listens for.
	follows bool
}

func (s *Scenario) ways(p *Part) ways {
	r := s.resolve(p)
	if r == nil {
		return ways{}
	}
	w := ways{known: true, used: r.used, closed: r.isClosed(), follows: s.isGenerator(p.Name) && p.Follows(), byName: map[string]bool{}, groups: map[string]string{}}
	for _, system := range s.Systems {
		if system.Group != "" {
			w.groups[system.Name], w.byName[system.Name] = system.Group, r.used[EnvHost(system.Group)]
		}
	}
	return w
}

func (s *Scenario) isGenerator(name string) bool {
	return slices.ContainsFunc(s.Generators, func(p Part) bool { return p.Name == name })
}

// listens are the protocols that the part may listen for.
func (w ways) listens() (grpc, http bool) {
	return !w.known || w.used[EnvListen], !w.known || w.used[EnvListenHTTP]
}

// sends are the protocols in which the part may send to another. next: that one comes next.
func (w ways) sends(to string, next bool) (grpc, http bool) {
	grpc = !w.known || w.used[EnvTo(to)] || next && w.used[EnvToNext()] || w.byName[to] && !w.used[EnvPortHTTP(w.groups[to])]
	http = !w.known || w.used[EnvToHTTP(to)] || next && w.used[EnvToNextHTTP()] || w.byName[to] && w.used[EnvPortHTTP(w.groups[to])]
	return grpc, http || next && w.follows
}

// checkWays finds parts that nobody can reach, and tests in which nothing can arrive, as far as the configurations tell. Each would
// otherwise cost a minute of waiting.
func (s *Scenario) checkWays() error {
	var errs []error
	all := map[string]ways{}
	for _, p := range s.Parts() {
		all[p.Name] = s.ways(&p)
		errs = append(errs, s.checkVariables(&p), s.checkListens(&p, all[p.Name]))
	}
	if errors.Join(errs...) == nil && s.Want.Verdict == Pass {
		errs = append(errs, s.checkArrives(all))
	}
	return errors.Join(errs...)
}

// checkListens finds a part that listens nowhere.
func (s *Scenario) checkListens(p *Part, w ways) error {
	if grpc, http := w.listens(); grpc || http || s.isGenerator(p.Name) {
		return nil
	}
	return fmt.Errorf("%s: %s uses neither %s nor %s, so nothing can reach %s; want a receiver at ${env:%s} (OTLP/gRPC) or ${env:%s} (OTLP/HTTP)%s",
		p.Name, s.Sources(p, ""), EnvListen, EnvListenHTTP, p.Name, EnvListen, EnvListenHTTP, s.orElse(p))
}

// checkArrives finds a test that wants to pass, and in which no way leads from any generator to the verifier. A part that is not closed may
// have what the generators sent, whoever brought it.
func (s *Scenario) checkArrives(all map[string]ways) error {
	var queue []string
	reached := map[string]bool{}
	for _, p := range s.Parts() {
		if s.isGenerator(p.Name) || !all[p.Name].closed {
			queue, reached[p.Name] = append(queue, p.Name), true
		}
	}
	var ends []error
	for ; len(queue) > 0; queue = queue[1:] {
		from := queue[0]
		goesOn := false
		for _, to := range s.Targets(from) {
			if grpc, http := s.between(all, from, to); !grpc && !http {
				continue
			}
			goesOn = true
			if !reached[to] {
				queue, reached[to] = append(queue, to), true
			}
		}
		if !goesOn && from != VerifierName {
			ends = append(ends, s.endsAt(all, from))
		}
	}
	if reached[VerifierName] {
		return nil
	}
	return errors.Join(ends...)
}

// between are the protocols that a part may send to another, and that the other may listen for.
func (s *Scenario) between(all map[string]ways, from, to string) (grpc, http bool) {
	sendGRPC, sendHTTP := all[from].sends(to, s.Next(from) == to)
	listenGRPC, listenHTTP := all[to].listens()
	return sendGRPC && listenGRPC, sendHTTP && listenHTTP
}

// endsAt is why nothing gets any further than a part.
func (s *Scenario) endsAt(all map[string]ways, from string) error {
	p := s.part(from)
	for _, to := range s.Targets(from) {
		grpc, http := all[from].sends(to, s.Next(from) == to)
		if grpc || http {
			sent, wanted, listens := "gRPC", EnvToHTTP(to), EnvListenHTTP
			if http {
				sent, wanted, listens = "HTTP", EnvTo(to), EnvListen
			}
			return fmt.Errorf("%s: %s sends to %s over OTLP/%s only, and %s listens at %s only; want an exporter to ${env:%s}, or %s to listen for OTLP/%s, too",
				from, s.Sources(p, ""), to, sent, s.Sources(s.part(to), ""), listens, wanted, to, sent)
		}
	}
	return fmt.Errorf("%s: %s uses none of %s, so nothing gets from %s to the verifier; want an exporter to ${env:%s} (OTLP/gRPC) or ${env:%s} (OTLP/HTTP)%s",
		from, s.Sources(p, ""), strings.Join(s.addresses(from), ", "), from, EnvToNext(), EnvToNextHTTP(), s.orElse(p))
}

// orElse is what else may be wanted: where a configuration takes the place of one that is built in, that one; where somebody has given the configuration
// that he runs elsewhere, a second file.
func (s *Scenario) orElse(p *Part) string {
	if p.Name == VerifierName || s.isGenerator(p.Name) {
		return ", or " + Builtin + " before it, which it then adds to"
	}
	if len(p.Config) != 1 || p.Config[0].Location == "" || uri.MatchString(p.Config[0].Location) {
		return ""
	}
	file := s.Sources(p, "")
	how := fmt.Sprintf("config: [%s, test.yaml]", file)
	if s.Dir == "" { // made of flags
		how = fmt.Sprintf("--system '%s=%s test.yaml'", p.Name, file)
	}
	return fmt.Sprintf("; to leave %s as it is, write what is different in a test into a second file: %s (docs/ci.md shows one)", file, how)
}

// reference is one to a variable set here, in an argument of a command. All others are the command's own affair.
var reference = regexp.MustCompile(`\$\{(` + EnvPrefix + `[A-Z0-9_]+)\}`)

// Expand replaces the references to variables in an argument of a command.
func Expand(argument string, value func(name string) string) string {
	return reference.ReplaceAllStringFunc(argument, func(match string) string { return value(reference.FindStringSubmatch(match)[1]) })
}

// checkVariables finds references to variables that are not set for a part.
func (s *Scenario) checkVariables(p *Part) error {
	variables := s.Variables(p.Name)
	var errs []error
	wrong := func(where, form, name string) {
		near := nearest(name, variables)
		if near == "" && !strings.HasPrefix(name, EnvPrefix) {
			return // it may be empty on purpose
		}
		if near != "" {
			near = " (did you mean " + near + "?)"
		}
		errs = append(errs, fmt.Errorf("%s: %s uses "+form+", which is not set for it%s; want one of %s", p.Name, where, name, near, strings.Join(variables, ", ")))
	}
	for _, argument := range p.Command {
		Expand(argument, func(name string) string {
			if !slices.Contains(variables, name) {
				wrong("command", "${%s}", name)
			}
			return ""
		})
	}
	if r := s.resolve(p); r != nil {
		for _, name := range slices.Sorted(maps.Keys(r.unset)) {
			wrong(s.Sources(p, name), "${env:%s}", name)
		}
	}
	return errors.Join(errs...)
}

// nearest is the name that another is probably a slip of; none: nothing is near.
func nearest(name string, names []string) (near string) {
	const most = 2 // letters that differ
	least := most + 1
	for _, candidate := range names {
		if n := levenshtein.Distance(name, candidate, nil); n < least {
			near, least = candidate, n
		}
	}
	return near
}

// Variables are the names of the environment variables that are set for a part.
func (s *Scenario) Variables(part string) []string {
	names := []string{EnvListen, EnvListenHTTP}
	names = append(names, s.addresses(part)...)
	names = append(names, EnvMetricsPort, EnvDir, EnvCA, EnvCert, EnvKey)
	if part == VerifierName {
		names = append(names, EnvReport)
	}
	if s.isGenerator(part) {
		names = append(names, EnvRun)
	}
	return names
}

// addresses are the variables by which a part finds those that it can send to.
func (s *Scenario) addresses(part string) (names []string) {
	for _, group := range s.Groups() {
		if p := s.part(part); p != nil && p.Group != group {
			names = append(names, EnvHost(group), EnvPort(group), EnvPortHTTP(group))
		}
	}
	for i, to := range append([]string{next}, s.Targets(part)...) {
		if i == 0 && part == VerifierName {
			continue
		}
		names = append(names, EnvTo(to), EnvToHTTP(to))
	}
	return names
}

// Sources says where a part's configuration is: in those of its files that mention a text, or in any if none does.
func (s *Scenario) Sources(p *Part, mentioned string) string {
	var all, some []string
	for _, config := range p.Config {
		if config.Location == "" || uri.MatchString(config.Location) {
			continue
		}
		name := filepath.Base(config.Location)
		all = append(all, name)
		if text, err := os.ReadFile(config.Location); err == nil && strings.Contains(string(text), mentioned) {
			some = append(some, name)
		}
	}
	switch {
	case mentioned != "" && len(some) > 0:
		return strings.Join(some, " and ")
	case len(all) > 0 && len(all) == len(p.Config):
		return strings.Join(all, " with ")
	}
	return "its configuration"
}
