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
		{"no load", load + here + "service: {pipelines: {traces/a: {receivers: [otlp/x], exporters: [otlp_grpc]}, traces/b: {receivers: [otlp], exporters: [nop]}}}", false},
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

// A pipeline that sends to its own receiver sends the same telemetry for ever.
func TestRoundAndRound(t *testing.T) {
	const receivers = "receivers: {otlp: {protocols: {grpc: {endpoint: 'localhost:5317'}}}, otlp/other: {protocols: {http: }}}\n"
	for config, want := range map[string]string{
		"exporters: {otlp_grpc: {endpoint: 'localhost:5317'}}\nservice: {pipelines: {traces: {receivers: [otlp], exporters: [otlp_grpc]}}}":                               `service::pipelines::traces: exporter "otlp_grpc" sends to "localhost:5317", where receiver "otlp" of the same pipeline listens`,
		"exporters: {otlp_http: {traces_endpoint: 'http://127.0.0.1:4318/v1/traces'}}\nservice: {pipelines: {traces: {receivers: [otlp/other], exporters: [otlp_http]}}}": `receiver "otlp/other" of the same pipeline`,
		"exporters: {otlp_grpc: {endpoint: 'localhost:6317'}}\nservice: {pipelines: {traces: {receivers: [otlp], exporters: [otlp_grpc]}}}":                               "",
		"exporters: {otlp_grpc: {endpoint: 'localhost:5317'}}\nservice: {pipelines: {traces: {receivers: [otlp/other], exporters: [otlp_grpc]}}}":                         "",
	} {
		var raw map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(receivers+config), &raw))
		err := (&converter{zap.NewNop()}).Convert(t.Context(), confmap.NewFromStringMap(raw))
		if want == "" {
			assert.NoError(t, err, config)
		} else {
			assert.ErrorContains(t, err, want, config)
		}
	}
}
