// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/shlex"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumererror"

	"github.com/runtimelab/otelcol-runtimelab/cmd/otlpload/internal/backendtest"
)

// command runs a command line in this process.
func command(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = Main(args, &out, &err)
	return code, out.String(), err.String()
}

// TestExitCodes: what a script learns.
func TestExitCodes(t *testing.T) {
	takes := backendtest.Start(t, backendtest.Settings{})
	refuses := backendtest.Start(t, backendtest.Settings{Answer: func(int) error { return consumererror.NewPermanent(errors.New("never")) }})
	for _, tc := range []struct {
		name           string
		args           []string
		code           int
		stdout, stderr string
	}{
		{"all accepted", []string{"--endpoint", takes.GRPC, "--insecure", "--rate", "1000", "--duration", "200ms"}, exitAccepted, "The backend accepted all of it.\n", "for 200ms"},
		{"HTTP", []string{"--endpoint", takes.HTTP, "--protocol=http", "--insecure", "--rate=1000", "--duration=200ms"}, exitAccepted, "OTLP/HTTP, plaintext", "for 200ms"},
		{"refused for good", []string{"--endpoint", refuses.GRPC, "--insecure", "--rate", "1000", "--duration", "200ms"}, exitMissing, "dropped (refused for good)", "What it refuses is lost."},
		{"nothing emitted", []string{"--endpoint", takes.GRPC, "--insecure", "--rate", "0.0001", "--duration", "1ms"}, exitMissing, "NOTHING was emitted", "for 1ms"},
		{"no TLS there", []string{"--endpoint", takes.GRPC}, exitBroken, "", "add --insecure"},
		{"wrong value", []string{"--rate", "much"}, exitBroken, "", `otlpload: --rate: "much" is not allowed; want a number more than 0`},
		{"wrong preset", []string{"--preset", "api_getaway"}, exitBroken, "", "did you mean api_gateway?"},
		{"telemetrygen's name", []string{"--otlp-insecure"}, exitBroken, "", "--otlp-insecure: unknown flag; here it is --insecure"},
		{"unknown flag", []string{"--frobnicate"}, exitBroken, "", "unknown flag: --frobnicate; see otlpload --help"},
		{"mistyped flag", []string{"--endpont", "localhost"}, exitBroken, "", "unknown flag: --endpont (did you mean --endpoint?); see otlpload --help"},
		{"argument", []string{"localhost:4317"}, exitBroken, "", `unexpected argument "localhost:4317"; want flags only`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := command(tc.args...)
			assert.Equal(t, tc.code, code, stderr)
			assert.Contains(t, stdout, tc.stdout)
			assert.Contains(t, stderr, tc.stderr)
			if tc.code == exitBroken {
				assert.Empty(t, stdout)
			}
		})
	}
}

// TestPrintConfig: it prints the configuration and sends nothing.
func TestPrintConfig(t *testing.T) {
	b := backendtest.Start(t, backendtest.Settings{})
	code, stdout, stderr := command("--endpoint", b.GRPC, "--insecure", "--print-config", "--rate", "12345")
	assert.Zero(t, code)
	assert.Contains(t, stdout, "rate: 12345")
	assert.Empty(t, stderr)
	assert.Zero(t, b.Asked())
}

// TestValues: each flag whose value the flag library reads says what it wants.
func TestValues(t *testing.T) {
	newRoot().Flags().VisitAll(func(f *pflag.Flag) {
		switch f.Value.Type() {
		case "string", "stringArray", "stringSlice":
			return // package plan reads those
		}
		code, _, stderr := command("--" + f.Name + "=?")
		assert.Equal(t, exitBroken, code, f.Name)
		assert.Contains(t, stderr, "otlpload: --"+f.Name+`: "?" is not allowed; want `)
	})
}

func TestHelp(t *testing.T) {
	code, stdout, stderr := command("--help")
	assert.Zero(t, code)
	assert.Empty(t, stderr)
	for line := range strings.SplitSeq(stdout, "\n") {
		assert.LessOrEqual(t, utf8.RuneCountInString(line), 80, line)
	}
	assert.Contains(t, stdout, "source <(otlpload completion bash)")
}

// TestExamples: what the help shows works. What sends is given a backend that is here, and a duration.
func TestExamples(t *testing.T) {
	t.Setenv("TOKEN", "abc")
	b := backendtest.Start(t, backendtest.Settings{})
	played := 0
	for line := range strings.SplitSeq(strings.ReplaceAll(newRoot().Example, "\\\n", ""), "\n") {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " > ")
		words, err := shlex.Split(os.ExpandEnv(line))
		require.NoError(t, err)
		if len(words) == 0 || words[0] != name { // a comment, or another program, which TestPrintConfig runs
			continue
		}
		code, _, stderr := command(append(words[1:], "--print-config")...)
		assert.Zero(t, code, "%s: %s", line, stderr)
		if slices.Contains(words, "--print-config") {
			continue
		}
		endpoint := b.GRPC
		if slices.Contains(words, "http") {
			endpoint = b.HTTP
		}
		code, stdout, stderr := command(append(words[1:], "--endpoint", "http://"+endpoint, "--duration", "1500ms")...)
		assert.Zero(t, code, "%s: %s", line, stderr)
		assert.Contains(t, stdout, "The backend accepted all of it.")
		played++
	}
	assert.Equal(t, 2, played)
}

// TestDocument: docs/otlpload.md has a row for each flag, and names the flags of other programs that the command line answers to.
func TestDocument(t *testing.T) {
	text, err := os.ReadFile("../../../../docs/otlpload.md")
	require.NoError(t, err)
	_, section, _ := strings.Cut(string(text), "\n## Flags\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var rows []string
	for _, m := range regexp.MustCompile("(?m)^\\| `--([a-z-]+)").FindAllStringSubmatch(section, -1) {
		rows = append(rows, m[1])
	}
	var flags []string
	newRoot().Flags().VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" && f.Name != "version" {
			flags = append(flags, f.Name)
		}
	})
	assert.Equal(t, flags, rows)
	for other, own := range elsewhere {
		assert.Contains(t, string(text), "`--"+other+"`")
		for flag := range strings.SplitSeq(own, " and ") {
			assert.Contains(t, string(text), "`"+flag+"`")
		}
	}
}

// TestConsole: on a terminal progress is replaced by the next line, whatever that is; elsewhere each is a line.
func TestConsole(t *testing.T) {
	for terminal, want := range map[bool]string{
		true:  "1 s" + clearLine + "2 s" + clearLine + "otlpload: message\n3 s",
		false: "otlpload: 1 s\notlpload: 2 s\notlpload: message\notlpload: 3 s\n",
	} {
		var out bytes.Buffer
		c := &console{w: &out, terminal: terminal}
		c.progress("1 s")
		c.progress("2 s")
		c.say("message")
		c.progress("3 s")
		assert.Equal(t, want, out.String())
	}
}
