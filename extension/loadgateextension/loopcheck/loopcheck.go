// SPDX-License-Identifier: Apache-2.0

// Package loopcheck looks for configurations of a Collector that sends to itself. If synthetic_load does, and no load_gate extension keeps the
// order, what is on the way may be lost at a stop: that is a warning. A pipeline that sends to a receiver of its own sends the same
// telemetry round and round: that is an error.
//
// It is a confmap converter because only converters see the whole configuration, and it changes nothing.
package loopcheck

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/confmap"
	"go.uber.org/zap"
)

// NewFactory makes the factory of the converter.
func NewFactory() confmap.ConverterFactory {
	return confmap.NewConverterFactory(func(set confmap.ConverterSettings) confmap.Converter { return &converter{set.Logger} })
}

type converter struct{ logger *zap.Logger }

// Convert implements confmap.Converter.
func (c *converter) Convert(_ context.Context, conf *confmap.Conf) error {
	if err := roundAndRound(conf.ToStringMap()); err != nil {
		return err
	}
	if exporter, receiver, endpoint, found := loop(conf.ToStringMap()); found {
		c.logger.Warn("synthetic_load sends to a receiver of this Collector: when it stops, telemetry on the way may be lost. "+
			"Add the extension load_gate: `extensions: {load_gate: }` and `service: {extensions: [load_gate]}`.",
			zap.String("exporter", exporter), zap.String("receiver", receiver), zap.String("endpoint", endpoint))
	}
	return nil
}

const (
	loadType = "synthetic_load"
	gateType = "load_gate"
)

// loop finds an exporter and a receiver of pipelines that meet at a port of this machine, in a configuration that generates a load without
// a gate.
func loop(conf map[string]any) (exporter, receiver, endpoint string, found bool) {
	service, _ := conf["service"].(map[string]any)
	used := usedIn(service)
	if !slices.ContainsFunc(used["receivers"], func(id string) bool { return typeOf(id) == loadType }) ||
		slices.ContainsFunc(texts(service["extensions"]), func(id string) bool { return typeOf(id) == gateType }) {
		return "", "", "", false
	}
	return meeting(conf, used["receivers"], used["exporters"])
}

// meeting finds an exporter and a receiver among some that meet at a port of this machine.
func meeting(conf map[string]any, receivers, exporters []string) (exporter, receiver, endpoint string, found bool) {
	listening := map[string]string{} // receiver by port
	for _, id := range receivers {
		for _, at := range endpoints(conf, "receivers", id) {
			if port, local := localPort(at); local {
				listening[port] = id
			}
		}
	}
	for _, id := range exporters {
		for _, at := range endpoints(conf, "exporters", id) {
			if port, local := localPort(at); local && listening[port] != "" {
				return id, listening[port], at, true
			}
		}
	}
	return "", "", "", false
}

// roundAndRound looks for a pipeline that sends to one of its own receivers.
func roundAndRound(conf map[string]any) error {
	service, _ := conf["service"].(map[string]any)
	pipelines, _ := service["pipelines"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(pipelines)) {
		of, _ := pipelines[name].(map[string]any)
		if exporter, receiver, endpoint, found := meeting(conf, texts(of["receivers"]), texts(of["exporters"])); found {
			return fmt.Errorf("service::pipelines::%s: exporter %q sends to %q, where receiver %q of the same pipeline listens: telemetry would go "+
				"round for ever; want another endpoint for one of them", name, exporter, endpoint, receiver)
		}
	}
	return nil
}

// usedIn are the ids of the components in all pipelines, by kind, sorted.
func usedIn(service map[string]any) map[string][]string {
	used := map[string][]string{}
	pipelines, _ := service["pipelines"].(map[string]any)
	for _, pipeline := range pipelines {
		of, _ := pipeline.(map[string]any)
		for _, kind := range []string{"receivers", "exporters"} {
			used[kind] = append(used[kind], texts(of[kind])...)
		}
	}
	for kind := range used {
		slices.Sort(used[kind])
		used[kind] = slices.Compact(used[kind])
	}
	return used
}

func texts(list any) (all []string) {
	items, _ := list.([]any)
	for _, item := range items {
		if text, ok := item.(string); ok {
			all = append(all, text)
		}
	}
	return all
}

func typeOf(id string) string {
	kind, _, _ := strings.Cut(id, "/")
	return kind
}

// endpoints are the values of all keys `endpoint` of a component, and those that OTLP's protocols have if they are named without one.
func endpoints(conf map[string]any, kind, id string) (found []string) {
	components, _ := conf[kind].(map[string]any)
	config, _ := components[id].(map[string]any)
	if protocols, _ := config["protocols"].(map[string]any); typeOf(id) == "otlp" {
		for protocol, port := range map[string]string{"grpc": "4317", "http": "4318"} {
			of, named := protocols[protocol]
			settings, _ := of.(map[string]any)
			if _, set := settings["endpoint"]; named && !set {
				found = append(found, net.JoinHostPort("localhost", port))
			}
		}
	}
	collect(config, &found)
	slices.Sort(found)
	return found
}

func collect(config map[string]any, found *[]string) {
	for _, key := range slices.Sorted(maps.Keys(config)) {
		switch value := config[key].(type) {
		case map[string]any:
			collect(value, found)
		case string:
			if key == "endpoint" || strings.HasSuffix(key, "_endpoint") {
				*found = append(*found, value)
			}
		}
	}
}

// localPort is the port of an endpoint, with or without a scheme, that is on this machine by its name.
func localPort(endpoint string) (port string, local bool) {
	if u, err := url.Parse(endpoint); err == nil && u.Host != "" {
		endpoint = u.Host
	}
	host, port, err := net.SplitHostPort(endpoint)
	if err != nil {
		return "", false
	}
	ip := net.ParseIP(host)
	return port, host == "" || host == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsUnspecified())
}
