// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/runtimelab/otelcol-runtimelab/histogram"
)

// The state is a line that says what it is, with a checksum of what follows: JSON.
const (
	stateName    = "load_verify state"
	stateVersion = 4
)

// state is all that an auditor knows.
type state struct {
	// Clean: the auditor took nothing more after this.
	Clean bool `json:"clean"`
	// ResumedAt is when the audit went on after it had died.
	ResumedAt int64           `json:"resumed_at,omitempty"`
	Unstamped [Signals]uint64 `json:"unstamped"`
	Malformed [Signals]uint64 `json:"malformed"`
	OverLimit [Signals]uint64 `json:"over_limit"`
	Strays    [Signals]uint64 `json:"strays"`
	Forgotten Forgotten       `json:"forgotten"`
	Runs      []runState      `json:"runs"`
	// Young and Older are the spans that arrived of late, 8 bytes each. Only a clean state has them.
	Young []byte `json:"young,omitempty"`
	Older []byte `json:"older,omitempty"`
}

type runState struct {
	Name     string                 `json:"name"`
	First    int64                  `json:"first"`
	Last     int64                  `json:"last"`
	MarkedAt int64                  `json:"marked_at"`
	Unclean  uint64                 `json:"unclean"`
	Intact   uint64                 `json:"intact"`
	IntactAt int64                  `json:"intact_at"`
	Accounts [Signals]*accountState `json:"accounts"`
	Awaited  []awaitedState         `json:"awaited"`
	Unknown  uint64                 `json:"unknown"`
	Told     toldState              `json:"told"`
	Evidence []*exhibit             `json:"evidence,omitempty"`
	Random   *randomState           `json:"random,omitempty"`
	Numbered bool                   `json:"numbered,omitempty"` // its traces are not stored
}

type accountState struct {
	Streams   map[string]streamState `json:"streams"`
	Latency   [][2]uint64            `json:"latency"` // bucket and count
	Slowest   int64                  `json:"slowest"`
	Skewed    uint64                 `json:"skewed"`
	Past      uint64                 `json:"past,omitempty"`
	OverLimit uint64                 `json:"over_limit"`
	Strays    uint64                 `json:"strays,omitempty"`
	Arrived   []byte                 `json:"arrived,omitempty"` // a timeline
	Unplaced  uint64                 `json:"unplaced"`
	Faults    *faultsState           `json:"faults,omitempty"`
	Classes   []uint64               `json:"classes,omitempty"`
	Odd       *oddState              `json:"odd,omitempty"`
}

type streamState struct {
	Next       uint64 `json:"next"`
	Gaps       []byte `json:"gaps,omitempty"` // a roaring bitmap
	Duplicate  uint64 `json:"duplicate"`
	OutOfOrder uint64 `json:"out_of_order"`
	Corrupt    uint64 `json:"corrupt"`
	Beyond     uint64 `json:"beyond"`
	AfterGrace uint64 `json:"after_grace"`
	Last       int64  `json:"last"`
	Ended      bool   `json:"ended"`
	Total      uint64 `json:"total"`
	GivenUp    uint64 `json:"given_up"`
	MarkedAt   int64  `json:"marked_at"`
	Disagrees  uint64 `json:"disagrees"`

	Content ContentCounts `json:"content"`
}

type awaitedState struct {
	Parent   uint64 `json:"parent"`
	Trace    uint64 `json:"trace"`
	Children uint64 `json:"children"`
}

// Export returns all that the auditor knows. A clean export is the last: nothing is taken after it. Others are for the case that
// the process dies, and leave out the spans that arrived of late.
func (a *Auditor) Export(clean bool) ([]byte, error) {
	s := state{Clean: clean, ResumedAt: a.resumedAt, Unstamped: a.unstamped, Malformed: a.malformed, OverLimit: a.overLimit, Strays: a.strays, Forgotten: a.forgotten}
	if clean {
		s.Young, s.Older = exportKeys(a.lineage.young), exportKeys(a.lineage.older)
	}
	for _, r := range a.runs {
		rs := runState{
			Name: r.name, First: r.first, Last: r.last, MarkedAt: r.markedAt, Unclean: r.unclean, Unknown: r.awaiting.unknown,
			Intact: r.intact, IntactAt: r.intactAt, Told: r.told.export(), Evidence: r.evidence.exhibits,
			Numbered: r.numbered, Random: r.random.export(),
		}
		for parent, w := range r.awaiting.parents {
			rs.Awaited = append(rs.Awaited, awaitedState{parent, w.trace, w.children})
		}
		for i := range r.accounts {
			account, err := r.accounts[i].export()
			if err != nil {
				return nil, err
			}
			rs.Accounts[i] = account
		}
		s.Runs = append(s.Runs, rs)
	}
	body, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	return append(stateHeader(body), body...), nil
}

func stateHeader(body []byte) []byte {
	return fmt.Appendf(nil, "%s %d %016x\n", stateName, stateVersion, xxhash.Sum64(body))
}

func (a *account) export() (*accountState, error) {
	if a.streams == nil && a.overLimit == 0 && a.strays == 0 {
		return nil, nil //nolint:nilnil // nothing to export is no error
	}
	as := &accountState{Streams: map[string]streamState{}, Slowest: a.slowest, Skewed: a.skewed, Past: a.past, OverLimit: a.overLimit, Strays: a.strays, Unplaced: a.unplaced}
	as.Arrived, as.Faults, as.Classes = exportTimeline(&a.arrived), a.faults.export(), slices.Clone(a.classes[:])
	var err error
	if as.Odd, err = a.odd.export(); err != nil {
		return nil, err
	}
	if a.latency != nil {
		for bucket := range histogram.Buckets {
			if n := a.latency.Bucket(bucket); n > 0 {
				as.Latency = append(as.Latency, [2]uint64{uint64(bucket), n})
			}
		}
	}
	for name, s := range a.streams {
		ss := streamState{
			Next: s.next, Duplicate: s.duplicate, OutOfOrder: s.outOfOrder, Corrupt: s.corrupt, Beyond: s.beyond, AfterGrace: s.afterGrace,
			Last: s.last, Ended: s.ended, Total: s.total, GivenUp: s.givenUp, MarkedAt: s.markedAt, Disagrees: s.disagrees,
			Content: s.content,
		}
		if ss.Gaps, err = s.exportGaps(); err != nil {
			return nil, err
		}
		as.Streams[name] = ss
	}
	return as, nil
}

func exportKeys(keys map[uint64]struct{}) []byte {
	b := make([]byte, 0, 8*len(keys))
	for k := range keys {
		b = binary.LittleEndian.AppendUint64(b, k)
	}
	return b
}

// Import makes a new auditor know what another one has exported. The limits are those of the new one, but what is known is taken
// as it is. If the state was no clean one, what arrived after it is not known: its runs say so, and so do those that began before now and of
// which nothing is known yet.
func (a *Auditor) Import(exported []byte, now time.Time) error {
	header, body, _ := bytes.Cut(exported, []byte("\n"))
	if !bytes.HasPrefix(header, []byte(stateName+" ")) {
		return errors.New("this is no state of load_verify")
	}
	if version := fmt.Appendf(nil, "%s %d ", stateName, stateVersion); !bytes.HasPrefix(header, version) {
		return fmt.Errorf("state has another version: %.40q; want %q", header, version)
	}
	if !bytes.Equal(append(slices.Clip(header), '\n'), stateHeader(body)) {
		return errors.New("state is damaged: its checksum is wrong")
	}
	var s state
	if err := json.Unmarshal(body, &s); err != nil {
		return fmt.Errorf("state is damaged: %w", err)
	}
	fresh := New(a.limits, a.grace, a.expect)
	fresh.served, fresh.resumedAt = a.served, s.ResumedAt
	if !s.Clean {
		fresh.resumedAt = now.UnixNano()
	}
	if err := fresh.restore(&s); err != nil {
		return fmt.Errorf("state is damaged: %w", err)
	}
	*a = *fresh
	return nil
}

func (a *Auditor) restore(s *state) error {
	a.unstamped, a.malformed, a.overLimit, a.strays, a.forgotten = s.Unstamped, s.Malformed, s.OverLimit, s.Strays, s.Forgotten
	a.lineage.young, a.lineage.older = importKeys(s.Young), importKeys(s.Older)
	for i := range s.Runs {
		rs := &s.Runs[i]
		if a.byName[rs.Name] != nil {
			return fmt.Errorf("run %q is there twice", rs.Name)
		}
		r := newRun(rs.Name)
		r.first, r.last, r.markedAt, r.unclean = rs.First, rs.Last, rs.MarkedAt, rs.Unclean
		r.intact, r.intactAt, r.awaiting.unknown = rs.Intact, rs.IntactAt, rs.Unknown
		if err := r.told.restore(&rs.Told); err != nil {
			return fmt.Errorf("run %q: %w", rs.Name, err)
		}
		r.evidence.restore(rs.Evidence)
		r.random.restore(rs.Random)
		r.numbered, r.traces.forgotten = rs.Numbered, rs.Numbered
		if !s.Clean {
			r.unclean++
		}
		a.runs = append(a.runs, r)
		a.byName[r.name] = r
		for signal, as := range rs.Accounts {
			if as == nil {
				continue
			}
			if err := a.restoreAccount(&r.accounts[signal], as); err != nil {
				return fmt.Errorf("run %q, %v: %w", rs.Name, Signal(signal), err)
			}
		}
		for _, w := range rs.Awaited {
			if r.awaiting.parents == nil {
				r.awaiting.parents = map[uint64]awaited{}
			}
			r.awaiting.parents[w.Parent] = awaited{trace: w.Trace, children: w.Children}
		}
		a.lineage.awaited += len(r.awaiting.parents)
	}
	return nil
}

func (a *Auditor) restoreAccount(to *account, as *accountState) error {
	*to = account{streams: map[string]*stream{}, slowest: as.Slowest, skewed: as.Skewed, past: as.Past, overLimit: as.OverLimit, strays: as.Strays, unplaced: as.Unplaced}
	if err := restoreTimeline(&to.arrived, as.Arrived); err != nil {
		return err
	}
	to.faults.restore(as.Faults)
	copy(to.classes[:], as.Classes)
	for _, l := range as.Latency {
		bucket := l[0]
		if bucket >= histogram.Buckets {
			return fmt.Errorf("latency has no bucket %d", bucket)
		}
		if to.latency == nil {
			to.latency = &histogram.Histogram{}
		}
		to.latency.Add(int(bucket), l[1])
	}
	if err := a.restoreOdd(&to.odd, as.Odd); err != nil {
		return err
	}
	for name, ss := range as.Streams {
		st := &stream{
			numbers:   numbers{next: ss.Next},
			duplicate: ss.Duplicate, outOfOrder: ss.OutOfOrder, corrupt: ss.Corrupt, beyond: ss.Beyond, afterGrace: ss.AfterGrace,
			last: ss.Last, ended: ss.Ended, total: ss.Total, givenUp: ss.GivenUp, markedAt: ss.MarkedAt, disagrees: ss.Disagrees,
			content: ss.Content,
		}
		if err := st.restoreGaps(ss.Gaps); err != nil {
			return fmt.Errorf("source %q: %w", name, err)
		}
		if st.ended && (st.total < st.next || st.givenUp > st.total) {
			return fmt.Errorf("source %q: total %d, given up %d, next %d", name, st.total, st.givenUp, st.next)
		}
		a.gaps.measure(&st.numbers)
		to.streams[name] = st
		a.sources++
	}
	return nil
}

func importKeys(exported []byte) map[uint64]struct{} {
	keys := make(map[uint64]struct{}, len(exported)/8)
	for k := range slices.Chunk(exported, 8) {
		if len(k) == 8 {
			keys[binary.LittleEndian.Uint64(k)] = struct{}{}
		}
	}
	return keys
}
