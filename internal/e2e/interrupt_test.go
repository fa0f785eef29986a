// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// alarming is a log line that a clean stop must not have: an error, or a frame of a stack trace.
var alarming = regexp.MustCompile(`(?m)^\S+\t(error|dpanic|panic|fatal)\t.*|^\t/\S+\.go:\d+|^goroutine \d+|^panic: .*`)

// hog takes a CPU until the test ends.
func hog(t *testing.T) {
	t.Helper()
	cmd := exec.Command("sh", "-c", "while :; do :; done")
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed
	})
}

// TestInterrupts: Ctrl-C at any moment, also while the Collector still starts and beside programs that take all CPUs: nothing that was
// emitted is lost, no error is printed, and no verdict is wrong.
func TestInterrupts(t *testing.T) {
	for _, of := range []struct {
		config string
		runs   int // with -slow
	}{{"quickstart", 40}, {"runtimes", 20}, {"verify", 20}} {
		t.Run(of.config, func(t *testing.T) {
			runs := of.runs
			if !*slow {
				runs = 2
			}
			for i := range runs {
				after := 300*time.Millisecond + time.Duration(rand.Int64N(int64(11700*time.Millisecond)))
				if !*slow {
					after = []time.Duration{500 * time.Millisecond, 3 * time.Second}[i]
				}
				busy := *slow && i%2 == 1
				t.Run(fmt.Sprintf("%v, busy %v", after, busy), func(t *testing.T) { interruptOnce(t, of.config, after, busy) })
			}
		})
	}
}

func interruptOnce(t *testing.T, config string, after time.Duration, busy bool) {
	t.Helper()
	if busy {
		hog(t)
		hog(t)
	}
	endpoint := fmt.Sprintf("localhost:%d", freePort(t))
	overrides := []string{
		"receivers::otlp::protocols::http::endpoint: " + endpoint, "exporters::otlp_http::endpoint: http://" + endpoint, "service::telemetry::logs::level: info",
	}
	if config == "quickstart" {
		overrides = append(overrides, "exporters::runtime_view::page::endpoint: localhost:0")
	}
	c := start(t, configFile(config+".yaml"), overrides...)
	time.Sleep(after)
	interrupted := time.Now()
	err := c.interrupt(t)
	took := time.Since(interrupted)
	log, console := c.stderr.String(), c.stdout.String()
	assert.Empty(t, alarming.FindString(log))
	if err != nil { // the Collector listens to signals only when it has started; the load's first items are due 100 ms later
		assert.NotContains(t, log, "Received signal")
		assert.Empty(t, console)
		t.Logf("after %v, busy %v: ended at once, before it listened to signals", after, busy)
		return
	}
	emitted := 0
	if ended := regexp.MustCompile(`The run ended.*`).FindString(log); ended != "" {
		for words := range itemsOf {
			if strings.Contains(ended, words+"_emitted") {
				assert.Zero(t, logged(t, ended, words+"_dropped"), words)
				emitted += logged(t, ended, words+"_emitted")
			}
		}
	} else {
		assert.NotContains(t, log, "Playing the fleet")
	}
	if config == "verify" {
		assert.NotContains(t, console, "FAIL")
		if strings.Contains(console, "PASS") {
			assert.Positive(t, emitted)
			assert.NotContains(t, console, " of 0\n", "an end marker of each source")
		}
	} else if emitted > 0 {
		assert.Equal(t, emitted, shown(t, console), "spans in the tables of the whole run")
	}
	t.Logf("after %v, busy %v: %d items emitted, stopped in %v", after, busy, emitted, took.Round(time.Millisecond))
}

// shown is how many spans the tables of the whole run count.
func shown(t *testing.T, console string) (spans int) {
	t.Helper()
	for _, match := range regexp.MustCompile(`whole run +\S+ +([\d,]+) spans`).FindAllStringSubmatch(console, -1) {
		n, err := strconv.Atoi(strings.ReplaceAll(match[1], ",", ""))
		require.NoError(t, err)
		spans += n
	}
	return spans
}
