// SPDX-License-Identifier: Apache-2.0

package loadverifyexporter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/exporter"
	"go.uber.org/zap"

	"github.com/runtimelab/otelcol-runtimelab/internal/audit"
)

// reporter publishes the state of the audit, alone: in the JSON report, the storage, tables, metrics, and component status.
type reporter struct {
	id        component.ID
	config    *Config
	logger    *zap.Logger
	ledger    *ledger
	telemetry *telemetry
	tables    tables
	store     *store       // nil: none
	server    *stateServer // nil: none
	settings  component.TelemetrySettings
	broken    bool            // the component status tells of findings
	failed    error           // of the last report; read when the goroutine has ended
	refused   map[string]bool // what could not be written the last time; logged on change

	mu    sync.Mutex
	hosts []component.Host // one for each component; guarded by mu
}

// newReporter returns the reporter of a ledger, which writes tables to out.
func newReporter(set exporter.Settings, cfg *Config, ledger *ledger, telemetry *telemetry, out io.Writer) *reporter {
	return &reporter{
		id: set.ID, config: cfg, logger: set.Logger, settings: set.TelemetrySettings, ledger: ledger, telemetry: telemetry,
		tables: newTables(set.ID.String(), out), refused: map[string]bool{},
	}
}

// open restores the state and tries whether everything can be written.
func (r *reporter) open(ctx context.Context, host component.Host) error {
	r.tables.start = time.Now()
	if r.config.Storage != nil {
		store, err := openStore(ctx, host, *r.config.Storage, r.id)
		if err != nil {
			return err
		}
		r.store = store
		if err := r.restore(ctx); err != nil {
			return errors.Join(err, store.close(ctx))
		}
	}
	err := errors.Join(r.write(r.ledger.report(time.Now(), false)), r.writeState(false))
	if err == nil && r.config.State.HTTP.HasValue() {
		r.server, err = openServer(ctx, host, &r.config.State, r.settings, r.ledger)
	}
	return err
}

func (r *reporter) addHost(host component.Host) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hosts = append(r.hosts, host)
}

func (r *reporter) restore(ctx context.Context) error {
	state, err := r.store.load(ctx)
	if err != nil {
		return err
	}
	if state != nil {
		if err := r.ledger.restore(state, r.config.State.Verifier); err != nil {
			return fmt.Errorf("storage: %q holds what cannot be used; remove it to start anew: %w", r.config.Storage, err)
		}
		r.logger.Info("The audit goes on from its stored state")
	}
	return r.save(ctx, false) // before anything comes: whoever finds this state, and no later one, knows that the audit died
}

// run publishes at each interval until ctx ends, then the last time.
func (r *reporter) run(ctx context.Context, finished chan<- struct{}) {
	defer close(finished)
	ticker := time.NewTicker(r.config.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			_ = r.publish(ctx, false) // logged; the next may succeed
		case <-ctx.Done():
			r.failed = r.publish(context.WithoutCancel(ctx), true)
			return
		}
	}
}

// publish tells all who listen how things are. With closing nothing more arrives.
func (r *reporter) publish(ctx context.Context, closing bool) error {
	now := time.Now()
	report := r.ledger.report(now, closing)
	r.telemetry.show(ctx, &report)
	if !closing {
		r.status(&report)
	}
	errs := []error{r.attempt("report", r.write(report)), r.attempt("state", r.writeState(closing))}
	if closing && r.server != nil {
		errs = append(errs, r.server.close(ctx))
	}
	if r.store != nil {
		errs = append(errs, r.attempt("storage", r.save(ctx, closing)))
		if closing {
			errs = append(errs, r.store.close(ctx))
		}
	}
	// The table comes last: a stdout that blocks holds up nothing else. One that is broken is no reason to fail, the verdict is elsewhere.
	_ = r.attempt("table", r.tables.print(now, &report, r.config.TableInterval, closing))
	return errors.Join(errs...)
}

// attempt warns of an error when it is new.
func (r *reporter) attempt(what string, err error) error {
	if err != nil && !r.refused[what] {
		r.logger.Warn("Cannot write; further failures are not logged until it succeeds.", zap.String("what", what), zap.Error(err))
	}
	r.refused[what] = err != nil
	return err
}

func (r *reporter) write(report audit.Report) error {
	path := r.config.Report
	if path == "" {
		return nil
	}
	text, err := audit.Document{Exporter: r.id.String(), WrittenAt: time.Now().UTC(), Report: report}.JSON()
	if err == nil {
		err = writeReport(path, text)
	}
	if err != nil {
		return fmt.Errorf("report: %q cannot be written: %w", path, err)
	}
	return nil
}

// writeState writes the state to its file, also if nothing has come: that is known then.
func (r *reporter) writeState(final bool) error {
	path := r.config.State.File
	if path == "" {
		return nil
	}
	state, _, err := r.ledger.export(final, false)
	if err == nil {
		err = writeReport(path, state)
	}
	if err != nil {
		return fmt.Errorf("state.file: %q cannot be written: %w", path, err)
	}
	return nil
}

// save stores the state, unless nothing has come since.
func (r *reporter) save(ctx context.Context, final bool) error {
	if !final && r.store.saved && !r.ledger.news(r.store.taken) {
		return nil
	}
	state, taken, err := r.ledger.export(final, !final)
	if err == nil {
		err = r.store.save(ctx, state)
	}
	if err != nil {
		return fmt.Errorf("storage: %q cannot keep the state: %w", r.config.Storage, err)
	}
	r.store.taken = taken
	return nil
}

// status tells the Collector when expectations are broken, and when they no longer are.
func (r *reporter) status(report *audit.Report) {
	var err error
	for _, f := range report.Findings {
		err = errors.Join(err, fmt.Errorf("%s: %s", f.Expectation, f.Message))
	}
	for i := range report.Runs {
		for _, f := range report.Runs[i].Findings {
			err = errors.Join(err, fmt.Errorf("run %q: %s %s: %s", report.Runs[i].Run, f.Signal, f.Expectation, f.Message))
		}
	}
	if was := r.broken; was == (err != nil) {
		return
	}
	r.broken = err != nil
	event := componentstatus.NewEvent(componentstatus.StatusOK)
	if r.broken {
		event = componentstatus.NewRecoverableErrorEvent(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, host := range r.hosts {
		componentstatus.ReportStatus(host, event)
	}
}
