// SPDX-License-Identifier: Apache-2.0

// Package scenario turns what a user asks for, by flags or by a YAML file, into a service of package workload.
//
//	--runtime --version --workers        service's keys as YAML gives them
//	--arrivals --service           ----> (map[string]any)  ----spec.Decode---->  workload.Service
//	--workload PRESET|FILE                                          |
//	                                   flags named in errors <-- mistakes with paths
//
// There is one parser: flags are only a shorter notation for the same tree, and it is workload that judges them. Its errors
// name paths; those that lead to a key which a flag has set are given the flag's name.
package scenario

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/runtimelab/otelcol-runtimelab/internal/program"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/cost"
	"github.com/runtimelab/otelcol-runtimelab/scheduler/models"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/arrive"
	"github.com/runtimelab/otelcol-runtimelab/workload/spec"
)

// Request is what a user asks for. Empty: not asked for.
type Request struct {
	// Workload is a preset or a YAML file; empty: a bare queueing system of Arrivals and Service.
	Workload string
	// Name of the service to play, for files with several.
	Name string
	// Arrivals and Service in the flags' notation, such as poisson:2800 and exp:1ms.
	Arrivals, Service string
	Cost              string
	// Seed replaces every seed of the file.
	Seed *uint64
}

// Variant is what differs between the runs of one command. Empty: as the source says.
type Variant struct {
	// Runtime is the name of a runtime, or of a flavor of one.
	Runtime, Version, Workers string
	// Executor is a setting of smol.
	Executor string
	// CPUs of the machine; the ideal runtime has none to share.
	CPUs string
	// CPULimit is how much of these CPUs the process may use, as limits.cpu of Kubernetes says it.
	CPULimit string
	// RuntimeFlag is the name of the flag that Runtime and Version come from, if it is not --runtime.
	RuntimeFlag string
	// Rate of arrivals per second replaces the source's; 0: it does not.
	Rate float64
}

// other is a service of the file that is not the one to play. It is played too if that one calls it.
type other struct {
	service map[string]any
	path    string
}

// DefaultSeed is the seed if nobody asks for another; the receiver's is the same.
const DefaultSeed = 1

// Source is a request whose files have been read.
type Source struct {
	request Request
	service map[string]any
	others  []other // of the file
	path    string  // where the service stands in its file
	file    string  // "": not from a file
	// presetHost: the service has the machine of a preset.
	presetHost bool
	fleetSeed  uint64
	costs      *cost.Set // nil: the models' own
}

// Open reads the files of a request.
func Open(r Request) (*Source, error) {
	s := &Source{request: r, fleetSeed: DefaultSeed}
	var err error
	if s.costs, err = openCosts(r.Cost); err != nil {
		return nil, err
	}
	switch {
	case r.Workload == "":
		err = s.bare()
	case slices.Contains(spec.Presets(), r.Workload):
		s.preset(r.Workload)
		if r.Arrivals == "" {
			err = errors.New("--arrivals: missing; a preset says what a request does, not when it arrives; want " + arrivalsNotations())
		}
	default:
		err = s.open(r.Workload)
	}
	switch {
	case err != nil:
		return nil, err
	case r.Workload != "" && r.Service != "":
		return nil, errors.New("--service and --workload: want one of them; a workload says itself what a request does")
	case r.Name != "" && s.file == "":
		return nil, errors.New("--name: picks a service of a --workload file; there is no file")
	}
	if r.Arrivals != "" {
		if s.service["arrivals"], err = parseArrivals(r.Arrivals); err != nil {
			return nil, err
		}
	}
	if r.Seed != nil {
		s.service["seed"] = *r.Seed
	}
	return s, nil
}

// bare is a service of one operation with one step: a queueing system.
func (s *Source) bare() error {
	if s.request.Arrivals == "" {
		return errors.New("--arrivals: missing; want " + arrivalsNotations() + ", rates in requests a second; or a --workload file")
	}
	if s.request.Service == "" {
		return errors.New("--service: missing; want " + serviceNotations() + "; or a --workload")
	}
	service, err := parseDistribution("--service", s.request.Service)
	if err != nil {
		return err
	}
	s.service = map[string]any{
		"name": "requests", "seed": uint64(DefaultSeed),
		"operations": []any{map[string]any{"name": "request", "steps": []any{map[string]any{"compute": service}}}},
	}
	return nil
}

// preset is a service with the operations of a preset. One that is about a machine is played on that machine, with the worker threads of its
// example: without these there would be as many as the machine has CPUs for.
func (s *Source) preset(name string) {
	s.service = map[string]any{"name": name, "workload": name, "seed": uint64(DefaultSeed)}
	example := spec.PresetExample(name)
	if host, ok := example["host"]; ok {
		s.service["host"], s.presetHost = host, true
		runtime, _ := example["runtime"].(map[string]any)
		s.service["runtime"] = map[string]any{"worker_threads": runtime["worker_threads"]}
	}
}

// InUse is the runtime of the file's service; empty: there is no file, or it names none.
func (s *Source) InUse() string {
	if s.file == "" {
		return ""
	}
	runtime, _ := s.service["runtime"].(map[string]any)
	model, _ := runtime["model"].(string)
	return model
}

// FleetSeed is the seed of a service that has none of its own.
func (s *Source) FleetSeed() uint64 { return s.fleetSeed }

// Rate is the source's mean rate of arrivals per second; 0 if it says none. The error is that of arrivals that cannot be
// played at another rate.
func (s *Source) Rate() (float64, error) {
	tree := s.arrivals()
	arrivals, err := spec.DecodeArrivals(tree)
	if err != nil {
		return 0, nil //nolint:nilerr // no rate, or a mistake, which Service will name
	}
	if process, _ := tree["process"].(string); !spec.HasRate(process) {
		where := flagArrivals
		if s.request.Arrivals == "" {
			where = s.file + ": " + strings.TrimPrefix(s.path+".arrivals", ".")
		}
		return 0, fmt.Errorf("%s: process %s has no rate that could be raised; want another process", where, process)
	}
	return arrivals.PerSecond(), nil
}

// arrivals is the tree of `arrivals:`; empty if there is none.
func (s *Source) arrivals() map[string]any {
	tree, _ := s.service["arrivals"].(map[string]any)
	return tree
}

// arrivalsAt is the tree of `arrivals:` with another mean rate.
func (s *Source) arrivalsAt(rate float64) map[string]any {
	tree := maps.Clone(s.arrivals())
	if tree == nil {
		tree = map[string]any{}
	}
	arrivals, _ := spec.DecodeArrivals(tree)
	tree["rate"] = rate
	if a, ok := arrivals.(arrive.OnOff); ok { // whose rate is not the mean
		factor := rate / a.PerSecond()
		tree["rate"], tree["off_rate"] = a.Rate*factor, a.OffRate*factor
	}
	return tree
}

// Service is the service that a variant plays.
func (s *Source) Service(v Variant) (*workload.Service, error) {
	tree := maps.Clone(s.service)
	flags := s.applyRuntime(tree, v)
	switch {
	case v.Rate != 0:
		tree["arrivals"] = s.arrivalsAt(v.Rate)
	case lacksRate(s.request.Arrivals):
		return nil, fmt.Errorf("%s: %q lacks the rate; want %s:RATE, in requests a second", flagArrivals, s.request.Arrivals, s.request.Arrivals)
	}
	if s.request.Arrivals != "" {
		flags = append(flags, origin{".arrivals.process", flagArrivals}, origin{".arrivals.rate", flagArrivals}, origin{".arrivals", flagArrivals})
	}
	switch {
	case s.file == "" && s.request.Workload != "":
		flags = append(flags, origin{".workload", "--workload"})
	case s.file == "":
		flags = append(flags, origin{".operations[0].steps[0].compute", "--service"})
	}
	trees, paths := []any{withoutLinks(tree)}, []string{s.path}
	for _, o := range s.called(tree) {
		trees, paths = append(trees, withoutLinks(o.service)), append(paths, o.path)
	}
	services, err := spec.Decode(trees)
	if err != nil {
		return nil, s.relabel(err, flags, paths)
	}
	for _, service := range workload.Runtimes(services) {
		service.Runtime.Costs = s.costs
		if s.file == "" { // a queue without bound, as in theory
			service.MaxInFlight = 0
		}
	}
	return services[0], nil
}

// called are the other services that a service calls, directly or over others.
func (s *Source) called(service map[string]any) []other {
	var found []other
	names := map[string]bool{}
	var look func(node any)
	look = func(node any) {
		switch node := node.(type) {
		case map[string]any:
			if call, ok := node["call"].(map[string]any); ok {
				name, _ := call["service"].(string)
				for _, o := range s.others {
					if o.service["name"] == name && !names[name] {
						names[name] = true
						found = append(found, o)
						look(o.service)
					}
				}
			}
			for _, key := range slices.Sorted(maps.Keys(node)) {
				look(node[key])
			}
		case []any:
			for _, item := range node {
				look(item)
			}
		}
	}
	look(service)
	return found
}

// applyRuntime puts the variant's runtime into the tree. Of a runtime that is replaced by another, only the number of
// workers is kept: the other keys mean something to it alone.
func (s *Source) applyRuntime(tree map[string]any, v Variant) (flags []origin) {
	given, ok := tree["runtime"].(map[string]any)
	if !ok && tree["runtime"] != nil {
		return nil // a mistake, which workload will name
	}
	runtime := maps.Clone(given)
	if runtime == nil {
		runtime = map[string]any{}
	}
	model, flavor := v.Runtime, ""
	if m := models.ByFlavor(v.Runtime); m != nil {
		model, flavor = m.Name, v.Runtime
	}
	if _, named := runtime["model"]; !named && model == "" {
		model = semconv.RuntimeTokio
		runtime["model"] = model // with what else the file says of it
	}
	flag := v.RuntimeFlag
	if flag == "" {
		flag = "--runtime"
	}
	versionFlag := v.RuntimeFlag
	if versionFlag == "" {
		versionFlag = "--version"
	}
	if model != "" {
		if runtime["model"] != model || flavor != "" && runtime["flavor"] != flavor {
			workers, ok := runtime["worker_threads"]
			clear(runtime)
			if ok && hasWorkers(model, flavor) {
				runtime["worker_threads"] = workers
			}
		}
		runtime["model"] = model
		flags = append(flags, origin{".runtime.model", flag})
	}
	if flavor != "" {
		runtime["flavor"] = flavor
		flags = append(flags, origin{".runtime.flavor", flag})
	}
	if v.Version != "" {
		runtime["version"] = v.Version
		flags = append(flags, origin{".runtime.version", versionFlag})
	}
	if v.Workers != "" {
		runtime["worker_threads"] = scalar(v.Workers)
		flags = append(flags, origin{".runtime.worker_threads", "--workers"})
	}
	if v.Executor != "" {
		runtime["executor"] = v.Executor
	}
	if len(runtime) > 0 {
		tree["runtime"] = runtime
	}
	switch {
	case v.CPUs != "" || v.CPULimit != "":
		flags = append(flags, applyHost(tree, v)...)
	case s.presetHost && model == semconv.RuntimeIdeal: // nobody has asked for a machine, which it has no use for
		delete(tree, "host")
	}
	return flags
}

// DefaultCPUs are those of the machine if there is a limit and nobody says how many CPUs there are.
const DefaultCPUs = 4

// Limited reports whether the CPUs of a variant are.
func (s *Source) Limited(v Variant) bool {
	return v.CPUs != "" || v.CPULimit != "" || s.service["host"] != nil
}

// applyHost puts the variant's CPUs into the tree. What the file says of them besides stays.
func applyHost(tree map[string]any, v Variant) (flags []origin) {
	given, _ := tree["host"].(map[string]any)
	host := maps.Clone(given)
	if host == nil {
		host = map[string]any{}
	}
	if v.CPUs != "" {
		host["cpus"] = scalar(v.CPUs)
		flags = append(flags, origin{".host.cpus", "--cpus"})
	}
	if v.CPULimit != "" {
		given, _ := host["quota"].(map[string]any)
		quota := maps.Clone(given)
		if quota == nil {
			quota = map[string]any{}
		}
		quota["cpus"] = scalar(cores(v.CPULimit))
		host["quota"] = quota
		if host["cpus"] == nil {
			host["cpus"] = DefaultCPUs
		}
		flags = append(flags, origin{".host.quota.cpus", flagCPULimit})
	}
	tree["host"] = host
	if v.CPUs != "" {
		return append(flags, origin{".host", "--cpus"})
	}
	return append(flags, origin{".host", flagCPULimit})
}

const flagCPULimit = "--cpu-limit"

// cores returns a number of CPUs that is written as Kubernetes does, in thousandths: 500m are 0.5.
func cores(text string) string {
	thousandths, ok := strings.CutSuffix(text, "m")
	n, err := strconv.ParseFloat(thousandths, 64)
	if !ok || err != nil {
		return text
	}
	return strconv.FormatFloat(n/1000, 'g', -1, 64)
}

// hasWorkers reports whether the number of workers is a setting of a flavor.
func hasWorkers(model, flavor string) bool {
	m := models.ByName(model)
	if m == nil || flavor == "" {
		return true
	}
	c := m.Config()
	c.Flavor = flavor
	return len(m.Settle(&c, func(key string) bool { return key == "worker_threads" })) == 0
}

// origin is the flag that a key of the service comes from.
type origin struct{ path, flag string }

// relabel gives the mistakes that workload found in a service the names under which the user knows its keys.
func (s *Source) relabel(err error, flags []origin, paths []string) error {
	var mistakes []error
	for line := range strings.SplitSeq(err.Error(), "\n") {
		for i := 1; i < len(paths); i++ {
			if rest, ok := strings.CutPrefix(line, fmt.Sprintf("services[%d]", i)); ok {
				line = s.file + ": " + strings.TrimPrefix(paths[i]+rest, ".")
			}
		}
		mistakes = append(mistakes, errors.New(s.relabelled(line, flags)))
	}
	return errors.Join(mistakes...)
}

const parsedPath = "services[0]"

func (s *Source) relabelled(mistake string, flags []origin) string {
	rest, ok := strings.CutPrefix(mistake, parsedPath)
	if !ok {
		return mistake
	}
	for _, o := range flags {
		if detail, ok := strings.CutPrefix(rest, o.path); ok {
			key, message, _ := strings.Cut(detail, ": ")
			if key = strings.TrimPrefix(key, "."); key != "" {
				key = " (" + key + ")"
			}
			return o.flag + key + ": " + message
		}
	}
	if s.file == "" {
		return strings.TrimPrefix(rest, ".")
	}
	return s.file + ": " + strings.TrimPrefix(s.path+rest, ".")
}

// Describe says in a few words what the source plays, for headings.
func (s *Source) Describe() string {
	switch {
	case s.file != "":
		name, _ := s.service["name"].(string)
		return fmt.Sprintf("%s of %s", name, s.file)
	case s.request.Workload != "":
		return s.request.Workload + ", " + s.request.Arrivals
	}
	return s.request.Arrivals + ", " + s.request.Service
}

// readFile is os.ReadFile with an error that says which flag named the file, and which names it could have had instead.
func readFile(flag, path, names string, known []string) ([]byte, error) {
	text, err := os.ReadFile(path) //nolint:gosec // G304: the user names the file
	if err != nil {
		return nil, noFile(flag, path, names, known, err)
	}
	return text, nil
}

// noFile says that a flag's value is neither a known name nor a file.
func noFile(flag, path, names string, known []string, err error) error {
	return fmt.Errorf("%s: %q%s is not %s, and no file: %w", flag, path, program.DidYouMean(path, known), names, err)
}
