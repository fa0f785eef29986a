// SPDX-License-Identifier: Apache-2.0

package latency

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"math"
	"math/bits"
	"time"
)

// A snapshot is all windows as bytes, to be restored by another process. Numbers are uvarints, strings and histograms
// (see sparse) come after their length:
//
//	"rsw" version | scope | mode, length in ns | time of the last tick in Unix ns, age of the slice being filled in ns
//	number of resources, each:  name | number of keys, each:  name, kind | unit | number of settled slices, each:  age in ns, histogram | histogram
//	CRC-32C of all before, 4 bytes, little-endian
//
// Settled slices come oldest first; the last histogram is that of the slice being filled. The version stands for everything not
// written: a change of this format or of the histogram's buckets needs a new one.
const (
	snapshotMagic   = "rsw"
	snapshotVersion = 2
)

// century is as good as any longer time, and its sum does not overflow.
const century = 100 * 365 * 24 * time.Hour

// maxSnapshotName bounds a name in a snapshot, in bytes.
const maxSnapshotName = 1 << 16

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Snapshot returns all windows as bytes. Scope says what makes the keys; only windows of the same scope, mode and length can
// take them back. It may be called when [Windows.Tick] may.
func (w *Windows) Snapshot(scope string) []byte {
	to := append([]byte(snapshotMagic), snapshotVersion)
	to = appendString(to, scope)
	to = append(to, byte(w.settings.Mode))
	to = binary.AppendUvarint(to, uint64(w.settings.Length)) //nolint:gosec // positive
	to = binary.AppendUvarint(to, uint64(max(w.last.UnixNano(), 0)))
	to = binary.AppendUvarint(to, uint64(max(w.clock-w.rotated, 0)))
	resources := maps.Collect(w.resources.all()) // keys may be added meanwhile
	to = binary.AppendUvarint(to, uint64(len(resources)))
	for name, resource := range resources {
		windows := maps.Collect(resource.all())
		to = appendString(to, name)
		to = binary.AppendUvarint(to, uint64(len(windows)))
		for key, window := range windows {
			to = appendString(to, key.name)
			to = binary.AppendUvarint(to, uint64(key.kind))
			to = window.appendTo(to, w.clock)
		}
	}
	return binary.LittleEndian.AppendUint32(to, crc32.Checksum(to, castagnoli))
}

func appendString[T ~string | ~[]byte](to []byte, s T) []byte {
	to = binary.AppendUvarint(to, uint64(len(s)))
	return append(to, s...)
}

// appendTo appends the window's unit and slices.
func (w *window) appendTo(to []byte, now time.Duration) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	to = binary.AppendUvarint(to, uint64(w.unit.Load()))
	to = binary.AppendUvarint(to, uint64(len(w.settled)))
	for _, settled := range w.settled {
		to = binary.AppendUvarint(to, uint64(max(now-settled.began, 0)))
		to = appendString(to, settled.counts)
	}
	filled := w.filled()
	return appendString(to, newSparse(&filled))
}

// Restore takes the windows of a snapshot over, faded or slid on by the time that has passed since, so that they judge at
// once. It must be called before any other method. Of more than MaxKeys keys it takes any MaxKeys. It returns how many it
// took; after an error, none.
func (w *Windows) Restore(snapshot []byte, scope string, now time.Time) (int, error) {
	body, err := openSnapshot(snapshot)
	if err != nil {
		return 0, err
	}
	r := reader{rest: body}
	if of := r.bytes(maxSnapshotName); r.err == nil && string(of) != scope {
		return 0, fmt.Errorf("made for other keys: %q instead of %q", of, scope)
	}
	mode, length := Mode(r.byte()), r.uvarint(math.MaxInt64)
	if r.err == nil && (mode != w.settings.Mode || length != uint64(w.settings.Length)) { //nolint:gosec // positive
		return 0, fmt.Errorf("made with another window.mode or window.length (%v)", time.Duration(length)) //nolint:gosec // at most MaxInt64
	}
	// A clock that was set back counts as no time passed.
	saved := time.Unix(0, int64(r.uvarint(math.MaxInt64))) //nolint:gosec // at most MaxInt64
	elapsed := min(max(now.Sub(saved), 0), century)
	age := time.Duration(r.uvarint(uint64(century))) //nolint:gosec // at most a century

	w.last, w.rotated = now, -age // the clock is that of the snapshot
	resources, keys := r.resources(w.step(elapsed), &w.settings)
	if r.err == nil && len(r.rest) > 0 && keys < w.settings.MaxKeys {
		r.fail()
	}
	if r.err != nil {
		w.clock, w.rotated = 0, 0
		return 0, r.err
	}
	for name, resource := range resources {
		w.resources.add(name, resource)
	}
	w.keys.Store(int64(keys))
	return keys, nil
}

var errSnapshot = errors.New("malformed")

// openSnapshot checks the outermost layer of a snapshot and returns what is in it.
func openSnapshot(snapshot []byte) ([]byte, error) {
	const header, checksum = len(snapshotMagic) + 1, 4
	if len(snapshot) < header+checksum || string(snapshot[:len(snapshotMagic)]) != snapshotMagic {
		return nil, errors.New("no windows, or cut off")
	}
	if version := snapshot[header-1]; version != snapshotVersion {
		return nil, fmt.Errorf("format version %d; want %d", version, snapshotVersion)
	}
	body, sum := snapshot[:len(snapshot)-checksum], snapshot[len(snapshot)-checksum:]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(sum) {
		return nil, errors.New("wrong checksum: damaged or cut off")
	}
	return body[header:], nil
}

// reader takes a snapshot apart. After an error it yields zeros.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) fail() {
	r.rest, r.err = nil, errSnapshot
}

func (r *reader) uvarint(most uint64) uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || n > most {
		r.fail()
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		r.fail()
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *reader) bytes(most int) []byte {
	n := r.uvarint(uint64(min(most, len(r.rest)))) //nolint:gosec // not negative
	if n > uint64(len(r.rest)) {                   // the length's own bytes count, too
		r.fail()
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) string() string {
	return string(r.bytes(maxSnapshotName))
}

// resources reads windows, up to MaxKeys of them, and moves them on in time.
func (r *reader) resources(s step, settings *Settings) (map[string]*resourceWindows, int) {
	resources := map[string]*resourceWindows{}
	total := 0
	for n := r.uvarint(math.MaxUint64); n > 0 && r.err == nil && total < settings.MaxKeys; n-- {
		name := r.string()
		if resources[name] != nil {
			r.fail()
		}
		resource := &resourceWindows{}
		for keys := r.uvarint(math.MaxUint64); keys > 0 && r.err == nil && total < settings.MaxKeys; keys-- {
			key := spanKey{name: r.string(), kind: Kind(r.uvarint(uint64(numKinds - 1)))} //nolint:gosec // G115: uvarint returns at most its argument
			if resource.window(key) != nil {
				r.fail()
			}
			w := r.window(settings)
			if r.err == nil && w.tick(s, settings) {
				resource.add(key, w)
				total++
			}
		}
		if resource.byName.len() > 0 {
			resources[name] = resource
		}
	}
	return resources, total
}

// window reads one window, as it was.
func (r *reader) window(settings *Settings) *window {
	w := newWindow(settings)
	w.ticked = true
	unit := uint32(r.uvarint(uint64(w.unit.Load()))) //nolint:gosec // G115: uvarint returns at most its argument
	if bits.OnesCount32(unit) != 1 {
		r.fail()
	}
	w.unit.Store(unit)
	for n := r.uvarint(maxSettled); n > 0 && r.err == nil; n-- {
		age := time.Duration(r.uvarint(uint64(century))) //nolint:gosec // at most a century
		if counts := r.histogram(w); r.err == nil {
			w.settled = append(w.settled, newSlice(counts, -age))
		}
	}
	r.histogram(w)
	return w
}

// histogram reads one histogram into a window, and returns it.
func (r *reader) histogram(w *window) *bucketCounts {
	var counts bucketCounts
	encoded := sparse(r.bytes(math.MaxInt))
	if encoded.check() != nil {
		r.fail()
		return &counts
	}
	for i, count := range encoded.all() {
		sum := uint64(w.counts[i].Load()) + uint64(count)
		if sum > 2*fullBucket {
			r.fail()
			break
		}
		w.counts[i].Store(uint32(sum))
		counts[i] = count
	}
	return &counts
}
