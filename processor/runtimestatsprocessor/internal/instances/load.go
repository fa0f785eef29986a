package instances

import (
	"math"
	"time"
)

// MaxWorkers is how many workers are told apart; those beyond count as one.
const MaxWorkers = 64

// Work is the busy time in nanoseconds of the tasks that each worker polled first.
type Work [MaxWorkers]int64

// Add adds the busy time of a task. Work of a worker without a number is none.
func (w *Work) Add(worker, busy int64) {
	if worker >= 0 {
		w[min(worker, MaxWorkers-1)] += busy
	}
}

const (
	// memory is the time constant with which work is forgotten.
	memory = time.Minute
	// A worker is overloaded relative to the others if it does several times the work of their mean (dial9's threshold), and
	// enough that anyone notices: an idle runtime may well run everything on one worker.
	several    = 3
	leastShare = 0.3 // of its time
)

// load is the recent work of each worker.
type load struct {
	work    [MaxWorkers]float64 // nanoseconds, fading
	workers int                 // highest number seen, and one
	at      int64
}

// AddWork adds the work of a batch of spans that ended at a time, and sees whether one worker does several times as much as
// the others.
func (i *Instance) AddWork(work *Work, at int64) {
	i.mu.Lock()
	defer i.mu.Unlock()
	l := &i.load
	fade := 1.0
	if at > l.at {
		if l.at != 0 {
			fade = math.Exp(-float64(at-l.at) / float64(memory))
		}
		l.at = at
	}
	for w := range l.work {
		l.work[w] = l.work[w]*fade + float64(work[w])
		if work[w] != 0 {
			l.workers = max(l.workers, w+1)
		}
	}
	fresh := *i.recent.Load()
	fresh.busiest, fresh.skewed = l.skew(max(l.workers, int(min(fresh.workers, MaxWorkers))))
	fresh.skewedAt = l.at
	i.recent.Store(&fresh)
}

func (l *load) skew(workers int) (busiest int, skewed bool) {
	total := 0.0
	for w, work := range l.work {
		total += work
		if work > l.work[busiest] {
			busiest = w
		}
	}
	most := l.work[busiest]
	others := (total - most) / float64(max(workers-1, 1))
	return busiest, workers > 1 && most >= several*others && most >= leastShare*float64(memory)
}

// Skewed reports whether a worker did several times the work of the others lately.
func (r *Recent) Skewed(worker, at int64) bool {
	return r.skewed && worker == int64(r.busiest) && at-r.skewedAt <= int64(memory)
}
