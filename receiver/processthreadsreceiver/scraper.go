// SPDX-License-Identifier: Apache-2.0

package processthreadsreceiver

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/receiver"
	"go.uber.org/zap"

	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/find"
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/metadata"
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/procfile"
	"github.com/runtimelab/otelcol-runtimelab/receiver/processthreadsreceiver/internal/quota"
	"github.com/runtimelab/otelcol-runtimelab/semconv"
)

// maxProcesses bounds what a rule that names too many costs.
const maxProcesses = 100

// threadsScraper reads the processes that the configuration names. One goroutine uses it.
type threadsScraper struct {
	config    *Config
	root      string
	logger    *zap.Logger
	telemetry *metadata.TelemetryBuilder
	builder   *metadata.MetricsBuilder
	unread    *unread

	finder    *find.Finder
	quotas    *quota.Files
	processes map[find.Identity]*process
	looks     uint64
	searched  time.Time // zero: search at the next scrape
	found     []int     // processes of each rule at the last search; nil: before the first
	tooMany   bool      // told
}

func newThreadsScraper(config *Config, set receiver.Settings) (*threadsScraper, error) {
	telemetry, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	root := config.RootPath
	if root == "" {
		root = "/"
	}
	return &threadsScraper{
		config: config, root: root, logger: set.Logger, telemetry: telemetry, unread: newUnread(telemetry, set.TelemetrySettings),
		builder: metadata.NewMetricsBuilder(config.MetricsBuilderConfig, set), processes: map[find.Identity]*process{},
	}, nil
}

func (s *threadsScraper) proc() string { return filepath.Join(s.root, "proc") }

func (s *threadsScraper) start(context.Context, component.Host) error {
	var err error
	if s.finder, err = find.Open(s.proc(), s.config.rules(), s.unread.file); err == nil {
		s.quotas, err = quota.New(s.root)
	}
	if err != nil {
		return fmt.Errorf("process_threads: root_path: %q has no readable proc, which only Linux has: %w", s.config.RootPath, err)
	}
	return nil
}

func (s *threadsScraper) shutdown(context.Context) error {
	s.telemetry.Shutdown()
	err := closeAll(s.processes)
	if s.finder != nil {
		err = errors.Join(err, s.finder.Close())
		s.finder = nil
	}
	return err
}

// scrape reads all processes once. What cannot be read is counted, and no reason to send nothing of the others.
func (s *threadsScraper) scrape(ctx context.Context) (pmetric.Metrics, error) {
	if s.searched.IsZero() || time.Since(s.searched) >= s.config.DiscoveryInterval {
		s.search() //nolint:contextcheck // to count a file needs no context
	}
	s.looks++
	if others := s.read(); others {
		s.search() //nolint:contextcheck // to count a file needs no context
		s.read()
	}
	var overflow int
	for _, p := range s.processes {
		overflow += s.record(p)
	}
	s.telemetry.ReceiverProcessThreadsProcesses.Record(ctx, int64(len(s.processes)))
	s.telemetry.ReceiverProcessThreadsOverflowThreads.Record(ctx, int64(overflow))
	return s.builder.Emit(), nil
}

// read reads the processes that this look has not read. It reports whether one of them has become a program that its entry does not name:
// what it uses from now on must not count there.
func (s *threadsScraper) read() (others bool) {
	for id, p := range s.processes {
		if p.looked == s.looks {
			continue
		}
		p.looked = s.looks
		if !p.read(s.unread) {
			s.end(id)
			s.searched = time.Time{} // perhaps it was replaced
			continue
		}
		if p.threads.Execs() {
			m, ok := s.finder.Again(id.PID, s.known)
			others = others || !ok || m.Identity != id || m.Rule != p.rule
		}
	}
	return others
}

// known returns what the last search found of the process with this number.
func (s *threadsScraper) known(pid int) (find.Match, bool) {
	for id, p := range s.processes { // there are few, and it is asked only when a file tells nothing
		if id.PID == pid {
			return find.Match{Identity: id, Rule: p.rule}, true
		}
	}
	return find.Match{}, false
}

// search finds the processes anew: begins those that have come, and ends those that the rules name no more.
func (s *threadsScraper) search() {
	s.searched = time.Now()
	matches := s.finder.Find(s.known)
	if len(matches) > maxProcesses {
		if !s.tooMany {
			s.logger.Warn("processes: too many match. Only some of them are read.", zap.Int("match", len(matches)), zap.Int("read", maxProcesses))
		}
		s.tooMany = true
		matches = matches[:maxProcesses]
	}
	named := map[find.Identity]bool{}
	found := make([]int, len(s.config.Processes))
	for _, m := range matches {
		p := s.processes[m.Identity]
		if p != nil && p.rule != m.Rule {
			s.end(m.Identity)
			p = nil
		}
		if p == nil {
			var err error
			if p, err = newProcess(s.proc(), m, s.config.Processes[m.Rule].Resource, s.unread); err != nil {
				if !procfile.Gone(err) {
					s.unread.file(procfile.FileTask, err)
				}
				continue
			}
			s.processes[m.Identity] = p
			s.logger.Debug("Reads a process", zap.Int("pid", m.PID), zap.Int("entry", m.Rule))
		}
		p.threads.Retry()
		p.locate(s.quotas, m.PID, s.unread)
		named[m.Identity] = true
		found[m.Rule]++
	}
	for id := range s.processes {
		if !named[id] {
			s.end(id)
		}
	}
	s.tell(found)
}

// tell logs which entries begin to name no process, or name some again.
func (s *threadsScraper) tell(found []int) {
	for i, n := range found {
		before := -1
		if s.found != nil {
			before = min(s.found[i], 1)
		}
		switch min(n, 1) {
		case before:
		case 0:
			s.logger.Warn("processes: an entry names no process that this user can see", zap.Int("entry", i))
		default:
			s.logger.Info("processes: an entry names processes", zap.Int("entry", i), zap.Int("processes", n))
		}
	}
	s.found = found
}

func (s *threadsScraper) end(id find.Identity) {
	if err := s.processes[id].threads.Close(); err != nil {
		s.logger.Warn("Cannot close the directory of a process", zap.Int("pid", id.PID), zap.Error(err))
	}
	delete(s.processes, id)
	s.logger.Debug("Reads a process no more", zap.Int("pid", id.PID))
}

// record makes metrics of what was read of a process, and returns how many of its threads are beyond its groups.
func (s *threadsScraper) record(p *process) (overflow int) {
	at := p.threads.At()
	now := pcommon.NewTimestampFromTime(at)
	for _, g := range p.threads.Groups() {
		if g.Quiet(at) {
			continue
		}
		recordGroup(s.builder, now, p.threads, g)
		if g.Name == semconv.ThreadGroupOther {
			overflow += g.Threads
		}
	}
	if p.hasQuota {
		s.builder.Reset(metadata.WithStartTime(p.start))
		s.builder.RecordAsyncRuntimeCPUQuotaPeriodsDataPoint(now, p.quota.Periods)
		s.builder.RecordAsyncRuntimeCPUQuotaThrottledPeriodsDataPoint(now, p.quota.Throttled)
		s.builder.RecordAsyncRuntimeCPUQuotaThrottledTimeDataPoint(now, p.quota.Time.Seconds())
	}
	s.builder.EmitForResource(metadata.WithResource(p.resource))
	return overflow
}
