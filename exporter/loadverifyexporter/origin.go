// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"os"
	"time"

	"go.opentelemetry.io/collector/component"

	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
)

// newOrigin says of whom a state is: of a new incarnation of a verifier.
func newOrigin(name string, id component.ID, now time.Time) audit.Origin {
	return audit.Origin{
		Verifier: cmp.Or(name, defaultVerifier(id)), Incarnation: randomID(), Started: now.UTC(), Processes: []audit.Process{{ID: randomID(), Started: now.UTC()}},
	}
}

func randomID() string {
	var random [8]byte
	_, _ = rand.Read(random[:]) // it never fails
	return hex.EncodeToString(random[:])
}

func defaultVerifier(id component.ID) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	name := host + "/" + id.String()
	return name[:min(len(name), audit.LongestName)]
}
