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
	var random [8]byte
	_, _ = rand.Read(random[:]) // it never fails
	return audit.Origin{Verifier: cmp.Or(name, defaultVerifier(id)), Incarnation: hex.EncodeToString(random[:]), Started: now.UTC()}
}

func defaultVerifier(id component.ID) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	name := host + "/" + id.String()
	return name[:min(len(name), audit.LongestName)]
}
