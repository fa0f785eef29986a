// SPDX-License-Identifier: Apache-2.0

package tokio

import (
	"fmt"
	"slices"
	"strings"
)

// DefaultVersion is the version that an empty Config.Version means.
const DefaultVersion = "1.53"

// version is what differs between releases of Tokio: data, not code. The cliffs are those of Tokio's change log.
type version struct {
	name string
	// overflowOldest: a full run queue moves its oldest half to the inject queue. Since 1.52.0 it is the newest, so that a
	// task that came from the inject queue never goes back there.
	overflowOldest bool
	// lifoStealable: a thief that gets nothing from a victim's run queue takes the task in the victim's LIFO slot. Since any
	// local schedule then gives others something to steal, each of them tries to wake a worker. Undone in 1.51.2 and 1.52.2:
	// the additional wake-ups cost more than they brought.
	lifoStealable bool
}

// versions, oldest first.
var versions = []version{
	{name: "1.50", overflowOldest: true},
	{name: "1.51.0", overflowOldest: true, lifoStealable: true},
	{name: DefaultVersion},
}

// Versions are the values that Config.Version may have, oldest first.
func Versions() []string {
	names := make([]string, len(versions))
	for i := range versions {
		names[i] = versions[i].name
	}
	return names
}

// findVersion looks a version up.
func findVersion(name string) (version, error) {
	if name == "" {
		name = DefaultVersion
	}
	i := slices.IndexFunc(versions, func(v version) bool { return v.name == name })
	if i < 0 {
		return version{}, fmt.Errorf("tokio: Version: %q is not allowed; want one of %s", name, strings.Join(Versions(), ", "))
	}
	return versions[i], nil
}
