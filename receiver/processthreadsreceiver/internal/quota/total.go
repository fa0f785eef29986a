// SPDX-License-Identifier: Apache-2.0

package quota

// Total adds up what a cpu.stat has grown by since it was first read. It never falls, also when the process moves to another cgroup, or
// the cgroup is made anew.
type Total struct {
	Stat
	path string
	last Stat
}

// Add reads the file and adds what is new in it. The first numbers of a file count for nothing.
func (t *Total) Add(path string) error {
	now, err := Read(path)
	if err != nil {
		return err
	}
	if path == t.path && now.Periods >= t.last.Periods && now.Throttled >= t.last.Throttled && now.Time >= t.last.Time {
		t.Periods += now.Periods - t.last.Periods
		t.Throttled += now.Throttled - t.last.Throttled
		t.Time += now.Time - t.last.Time
	}
	t.path, t.last = path, now
	return nil
}
