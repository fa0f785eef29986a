// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const scope = "service.name,span.name,span.kind"

// traffic sends one second of spans, and ticks.
func traffic(random *rand.Rand, windows *Windows, now time.Time) {
	for _, service := range []string{"orders", "stock"} {
		resource := windows.Resource(service)
		for range 50 {
			operation := strconv.Itoa(random.IntN(5))
			resource.Observe(operation, Kind(2+random.IntN(2)), int64(5e6*math.Exp(random.NormFloat64())))
		}
	}
	windows.Tick(now)
}

func restored(t *testing.T, settings Settings, snapshot []byte, now time.Time) *Windows {
	t.Helper()
	windows := New(settings, now)
	keys, err := windows.Restore(snapshot, scope, now)
	require.NoError(t, err)
	require.Equal(t, keys, windows.Keys())
	return windows
}

// Sliding windows go through any number of restarts as if they had never been down.
func TestRestartsLeaveNoTraceInSlidingWindows(t *testing.T) {
	settings := slidingSettings()
	now := time.Unix(1_000_000, 0)
	always, restarted := New(settings, now), New(settings, now)
	randomAlways, randomRestarted := rand.New(rand.NewPCG(35, 36)), rand.New(rand.NewPCG(35, 36))
	pauses := rand.New(rand.NewPCG(37, 38))
	for second := range 100 {
		now = now.Add(time.Second)
		traffic(randomAlways, always, now)
		traffic(randomRestarted, restarted, now)
		if second%10 == 9 {
			snapshot := restarted.Snapshot(scope)
			now = now.Add(time.Duration(pauses.Int64N(int64(50 * time.Second)))) // down
			always.Tick(now)
			restarted = restored(t, settings, snapshot, now)
		}
		for name, resource := range always.resources.all() {
			if second%5 != 4 {
				break // comparing takes the longest
			}
			for key, window := range resource.all() {
				other := restarted.Resource(name)
				require.Equal(t, window.filled(), other.window(key).filled(), "second %d", second)
				require.Equal(t, texts(window.settled), texts(other.window(key).settled), "second %d", second)
				require.Equal(t, window.baseline.Load(), other.window(key).baseline.Load(), "second %d", second)
			}
		}
		require.Equal(t, always.Keys(), restarted.Keys())
	}
}

// texts makes empty and nil slices equal.
func texts(settled []slice) (all []string) {
	for _, s := range settled {
		all = append(all, string(s.counts))
	}
	return all
}

// A fading window comes back faded by the time it was gone, and judges the very first span.
func TestRestartOfFadingWindows(t *testing.T) {
	random := rand.New(rand.NewPCG(39, 40))
	settings := testSettings()
	now := time.Unix(1_000_000, 0)
	windows := New(settings, now)
	for range 200 {
		now = now.Add(time.Second)
		traffic(random, windows, now)
	}
	snapshot := windows.Snapshot(scope)
	for _, down := range []time.Duration{-time.Hour, 0, time.Second, 30 * time.Second, 45 * time.Second} {
		back := restored(t, settings, snapshot, now.Add(down))
		require.Equal(t, 20, back.Keys())
		weight := math.Exp(-max(down, 0).Seconds() / 60)
		for name, resource := range windows.resources.all() {
			for key, window := range resource.all() {
				before := window.baseline.Load()
				other := back.Resource(name)
				verdict := other.Observe(key.name, key.kind, 5*ms)
				require.Equal(t, Judged, verdict.State, "%v", down)
				assert.InDelta(t, float64(before.Count)*weight, float64(verdict.Baseline.Count), 1.5, "%v", down)
				assert.InEpsilon(t, before.P50, verdict.Baseline.P50, 0.03, "%v", down)
				assert.InEpsilon(t, before.P90, verdict.Baseline.P90, 0.05, "%v", down)
			}
		}
	}

	// After longer it has faded no further than to MinCount.
	for _, down := range []time.Duration{3 * time.Minute, 50 * time.Minute} {
		held := restored(t, settings, snapshot, now.Add(down))
		verdict := observe(held, "orders", "0", 1)
		require.Equal(t, Judged, verdict.State, "%v", down)
		assert.Equal(t, int64(101), verdict.Baseline.Count)
	}

	assert.Zero(t, restored(t, settings, snapshot, now.Add(time.Hour)).Keys(), "nothing is left")
	assert.Zero(t, restored(t, settings, snapshot, now.AddDate(200, 0, 0)).Keys())
}

// A window of 280,000 spans a second has given up fractions; so has the one that comes back.
func TestRestartKeepsTheUnit(t *testing.T) {
	now := time.Unix(0, 0)
	windows := New(testSettings(), now)
	observe(windows, "orders", "GET", 100)
	resource := windows.Resource("orders")
	window := resource.window(spanKey{"GET", 2})
	window.unit.Store(4)
	for range 1_000 {
		resource.Observe("GET", 2, ms)
	}
	back := restored(t, testSettings(), windows.Snapshot(scope), now)
	assert.InDelta(t, 1_000+100.0*maxUnit/4, float64(backBaseline(back).Count), 1)
}

func backBaseline(windows *Windows) *Baseline {
	resource := windows.Resource("orders")
	return resource.Judge("GET", 2, ms).Baseline
}

func TestSnapshotIsCompact(t *testing.T) {
	random := rand.New(rand.NewPCG(41, 42))
	windows := New(testSettings(), time.Unix(0, 0))
	resource := windows.Resource("orders")
	for i := range 100 * 3_000 {
		resource.Observe("GET /orders/"+strconv.Itoa(i%100), 2, int64(5e6*math.Exp(0.5*random.NormFloat64())))
	}
	size := len(windows.Snapshot(scope)) / 100
	assert.Less(t, size, 1_000, "bytes a key")
	t.Logf("%d bytes a key", size)
}

func TestMoreKeysThanAllowed(t *testing.T) {
	now := time.Unix(0, 0)
	windows := New(testSettings(), now)
	for i := range 10 {
		observe(windows, strconv.Itoa(i%3), strconv.Itoa(i), 120)
	}
	settings := testSettings()
	settings.MaxKeys = 4
	back := restored(t, settings, windows.Snapshot(scope), now)
	assert.Equal(t, 4, back.Keys())
	for name, resource := range back.resources.all() {
		assert.Positive(t, resource.byName.len(), name)
	}
}

// sealed gives bytes the checksum that they should have.
func sealed(body []byte) []byte {
	return binary.LittleEndian.AppendUint32(bytes.Clone(body), crc32.Checksum(body, castagnoli))
}

// What cannot be taken back is refused with a reason, and leaves the windows as they were: empty and in order.
func TestRefusedSnapshots(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	windows := New(testSettings(), now)
	observe(windows, "orders", "GET", 120)
	good := windows.Snapshot(scope)
	changed := func(at int, to byte) []byte {
		snapshot := bytes.Clone(good)
		snapshot[at] = to
		return snapshot
	}
	for name, tt := range map[string]struct {
		snapshot []byte
		settings func(*Settings)
		scope    string
		want     string
	}{
		"empty":           {snapshot: nil, want: "no windows, or cut off"},
		"something else":  {snapshot: []byte("SQLite format 3"), want: "no windows, or cut off"},
		"cut off":         {snapshot: good[:len(good)-1], want: "wrong checksum"},
		"half":            {snapshot: good[:len(good)/2], want: "wrong checksum"},
		"one bit":         {snapshot: changed(40, good[40]^1), want: "wrong checksum"},
		"newer":           {snapshot: changed(3, 3), want: "format version 3; want 2"},
		"more after it":   {snapshot: sealed(append(bytes.Clone(good[:len(good)-4]), 0)), want: "malformed"},
		"other keys":      {snapshot: good, scope: "span.name", want: `made for other keys: "service.name`},
		"another length":  {snapshot: good, settings: func(s *Settings) { s.Length = time.Hour }, want: "another window.mode or window.length (1m0s)"},
		"another mode":    {snapshot: good, settings: func(s *Settings) { s.Mode = Sliding }, want: "another window.mode or window.length"},
		"nothing inside":  {snapshot: sealed(good[:4]), want: "malformed"},
		"nobody's length": {snapshot: sealed(append(bytes.Clone(good[:4]), 0xff, 0xff, 0xff, 0x7f)), want: "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			settings, of := testSettings(), scope
			if tt.settings != nil {
				tt.settings(&settings)
			}
			if tt.scope != "" {
				of = tt.scope
			}
			fresh := New(settings, now)
			keys, err := fresh.Restore(tt.snapshot, of, now)
			require.ErrorContains(t, err, tt.want)
			assert.Zero(t, keys)
			assert.Equal(t, Warming, observe(fresh, "orders", "GET", 100).State)
			assert.Equal(t, Judged, observe(fresh, "orders", "GET", 1).State)
		})
	}

	// Every part of a snapshot may be missing.
	for end := range len(good) - 4 {
		_, err := New(testSettings(), now).Restore(sealed(good[:end]), scope, now)
		require.Error(t, err, "%d bytes", end)
	}
}

// Whatever is in a snapshot, restoring it is refused or gives windows that work, in no more memory than they may take.
func FuzzRestore(f *testing.F) {
	now := time.Unix(1_000_000, 0)
	settings := map[Mode]Settings{Decay: testSettings(), Sliding: slidingSettings()}
	for mode, s := range settings {
		s.MaxKeys, s.MinCount = 8, 5
		settings[mode] = s
		windows := New(s, now)
		for range 3 {
			f.Add(windows.Snapshot(scope))
			observe(windows, "orders", "GET", 30)
			observe(windows, "stock", "", 7)
			windows.Tick(now.Add(15 * time.Second))
		}
	}
	f.Fuzz(func(t *testing.T, snapshot []byte) {
		if len(snapshot) >= 4 {
			snapshot = sealed(snapshot[:len(snapshot)-4]) // else nothing would get past the checksum
		}
		for _, s := range settings {
			windows := New(s, now)
			keys, err := windows.Restore(snapshot, scope, now)
			require.Equal(t, keys, windows.Keys())
			require.LessOrEqual(t, keys, s.MaxKeys)
			if err != nil {
				require.Zero(t, keys)
			}
			again := New(s, now)
			after, err := again.Restore(windows.Snapshot(scope), scope, now)
			require.NoError(t, err)
			require.LessOrEqual(t, after, keys)

			observe(windows, "orders", "GET", 30)
			windows.Tick(now.Add(30 * time.Second))
			observe(windows, "orders", "GET", 30)
			windows.Tick(now.Add(100 * time.Hour))
			windows.Tick(now.Add(200 * time.Hour))
			require.Zero(t, windows.Keys())
		}
	})
}
