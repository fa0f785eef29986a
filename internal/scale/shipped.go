// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"
)

// parts are the configurations of each role, in the order in which the Collector merges them.
type parts [roles][]string

// manifestOf are the files that hold them.
var manifestOf = [roles]string{"generator.yaml", "system.yaml", "verifier.yaml"}

// readParts reads the ConfigMap of each role from its manifest.
func readParts(folder string) (all parts, err error) {
	for r, name := range manifestOf {
		text, err := os.ReadFile(filepath.Join(folder, name)) //nolint:gosec // the command line says which folder
		if err != nil {
			return all, err
		}
		if all[r], err = configsIn(text); err != nil {
			return all, fmt.Errorf("%s: %w", name, err)
		}
	}
	return all, nil
}

// configsIn are the files of the ConfigMap that is among some manifests. The parts name them so that their order is that of their names.
func configsIn(manifests []byte) (configs []string, err error) {
	for documents := yaml.NewDecoder(bytes.NewReader(manifests)); ; {
		var object struct {
			Kind string            `yaml:"kind"`
			Data map[string]string `yaml:"data"`
		}
		switch err := documents.Decode(&object); {
		case errors.Is(err, io.EOF):
			return nil, errors.New("there is no ConfigMap")
		case err != nil:
			return nil, err
		case object.Kind == "ConfigMap":
			for _, name := range slices.Sorted(maps.Keys(object.Data)) {
				configs = append(configs, object.Data[name])
			}
			return configs, nil
		}
	}
}

// tracesOnly takes the other signals' pipelines out of a configuration: what is measured is the cost of a span.
func tracesOnly(config string) (string, error) {
	var keys map[string]any
	if err := yaml.Unmarshal([]byte(config), &keys); err != nil {
		return "", err
	}
	service, _ := keys["service"].(map[string]any)
	pipelines, _ := service["pipelines"].(map[string]any)
	maps.DeleteFunc(pipelines, func(name string, _ any) bool { return name != "traces" })
	text, err := yaml.Marshal(keys)
	return string(text), err
}

// overlay is what a trial changes in what is shipped: the numbers of the parts, what a role has no place for outside a cluster, and the load.
func overlay(r role, p plan, rate float64, folder string) (string, error) {
	keys := map[string]any{}
	if exporter := sending(r, p.Load); len(exporter) > 0 {
		keys["exporters"] = map[string]any{"otlp_grpc": exporter}
	}
	switch r {
	case generator:
		keys["receivers"] = map[string]any{"synthetic_load": playing(p, rate)}
		keys["extensions"] = map[string]any{"load_gate": map[string]any{"stop_collector": false}}
	case verifier:
		keys["exporters"] = map[string]any{"load_verify": map[string]any{
			"expect": map[string]any{"verifiers": p.Shape[verifier]},
			"state":  map[string]any{"verifiers": []string{}}, // nobody scales these
			"grace":  "2s",                                    // on one machine nothing is late
		}}
		keys["extensions"] = map[string]any{"file_storage/pod": map[string]any{"directory": folder}}
	}
	text, err := yaml.Marshal(keys)
	return string(text), err
}

// sending is what a load changes in how a role sends.
func sending(r role, l load) map[string]any {
	exporter := map[string]any{}
	if r != verifier && !l.Compressed {
		exporter["compression"] = "none"
	}
	if r == generator && l.Queued {
		exporter["sending_queue"] = map[string]any{"wait_for_result": false, "num_consumers": 10}
	}
	return exporter
}

// playing is what the generators play, until they are stopped.
func playing(p plan, rate float64) map[string]any {
	clock, slice := "realtime", "100ms" // the defaults
	if p.Load.Unpaced {
		clock, rate = "unpaced", fullRequests
	}
	if p.Load.Short {
		slice = "1ms"
	}
	return map[string]any{
		"clock": clock, "slice": slice, "duration": "0s",
		"shard":    map[string]any{"total": p.Shape[generator]},
		"services": []any{service(rate)},
	}
}

// fullRequests is a rate of virtual time at which what is exported in a slice fills requests of the largest size.
const fullRequests = 80_000

// instances is how many processes the fleet has, as it is shipped.
const instances = 12

// spansPerRequest is the mean of api_gateway.
const spansPerRequest = 1.286

// service is the one that is shipped, at a rate of spans a second of all its instances together.
func service(rate float64) map[string]any {
	return map[string]any{
		"name": "gateway", "instances": instances, "workload": "api_gateway",
		"runtime":  map[string]any{"model": "tokio"},
		"arrivals": map[string]any{"process": "poisson", "rate": rate / instances / spansPerRequest},
	}
}
