// SPDX-License-Identifier: Apache-2.0

package loopcheck

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"go.yaml.in/yaml/v3"
)

// TestWarnings: a loop without a gate gets one warning, which names both ends; everything else none.
func TestWarnings(t *testing.T) {
	const (
		load      = "receivers: {synthetic_load: , otlp: {protocols: {grpc: {endpoint: 'localhost:14317'}}}}\n"
		pipelines = "pipelines: {traces/a: {receivers: [synthetic_load], exporters: [otlp_grpc]}, traces/b: {receivers: [otlp], exporters: [nop]}}"
		here      = "exporters: {otlp_grpc: {endpoint: 'localhost:14317'}}\n"
	)
	for _, tc := range []struct {
		name, config string
		warns        bool
	}{
		{"loop", load + here + "service: {" + pipelines + "}", true},
		{"another name of this machine", load + "exporters: {otlp_grpc: {endpoint: 'http://127.0.0.1:14317'}}\nservice: {" + pipelines + "}", true},
		{"default port", "receivers: {synthetic_load/x: , otlp: {protocols: {grpc: }}}\nexporters: {otlp_grpc: {endpoint: ':4317'}}\n" +
			"service: {pipelines: {traces/a: {receivers: [synthetic_load/x], exporters: [otlp_grpc]}, traces/b: {receivers: [otlp], exporters: [nop]}}}", true},
		{"gate", load + here + "extensions: {load_gate: }\nservice: {extensions: [load_gate], " + pipelines + "}", false},
		{"gate that is not used", load + here + "extensions: {load_gate: }\nservice: {extensions: [], " + pipelines + "}", true},
		{"another port", load + "exporters: {otlp_grpc: {endpoint: 'localhost:14318'}}\nservice: {" + pipelines + "}", false},
		{"another machine", load + "exporters: {otlp_grpc: {endpoint: 'backend:14317'}}\nservice: {" + pipelines + "}", false},
		{"receiver of no pipeline", load + here + "service: {pipelines: {traces/a: {receivers: [synthetic_load], exporters: [otlp_grpc]}}}", false},
		{"no load", load + here + "service: {pipelines: {traces/b: {receivers: [otlp], exporters: [otlp_grpc]}}}", false},
		{"nothing", "{}", false},
		{"not as it should be", "receivers: 1\nexporters: [a]\nservice: {pipelines: {traces: x, logs: {receivers: {a: b}, exporters: [1]}}}", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var raw map[string]any
			require.NoError(t, yaml.Unmarshal([]byte(tc.config), &raw))
			core, logs := observer.New(zap.DebugLevel)
			conf := confmap.NewFromStringMap(raw)
			before := conf.ToStringMap()
			require.NoError(t, NewFactory().Create(confmap.ConverterSettings{Logger: zap.New(core)}).Convert(t.Context(), conf))
			assert.Equal(t, before, conf.ToStringMap())
			if !tc.warns {
				assert.Empty(t, logs.All())
				return
			}
			require.Len(t, logs.All(), 1)
			fields := logs.All()[0].ContextMap()
			assert.Equal(t, "otlp_grpc", fields["exporter"])
			assert.Equal(t, "otlp", fields["receiver"])
		})
	}
}
