// SPDX-License-Identifier: Apache-2.0

//! Which threads of the service had a CPU, which were ready to run and had none, and when: two bits for each thread and half a millisecond.
//!
//! Linux counts for each thread how long it ran and how long it waited for a CPU, and a wait counts when it ends (schedstat). A thread
//! outside of the service's limits reads the counters each millisecond, so it knows to a millisecond when a wait ended, and from its length
//! when it began. Where it may, it has a real-time priority, so that it is not late itself.
//!
//! What it says of a time is complete once each wait of that time has ended: [`SETTLED`] later.

use std::{
    cell::OnceCell,
    fs::{self, File},
    os::unix::fs::FileExt,
    sync::{
        atomic::{AtomicBool, Ordering},
        Mutex, Once,
    },
    time::Duration,
};

use crate::{clock, outside};

/// A thread whose quota is used up runs again within a period of 100 ms; beside other programs it does so in less.
pub const SETTLED: Duration = Duration::from_millis(250);

const SLOT: u64 = 500_000;
const SLOTS: usize = 1 << 15; // 16 s
const THREADS: usize = 64;

static MEASURED: AtomicBool = AtomicBool::new(false);
static WORKERS: Mutex<Vec<i32>> = Mutex::new(Vec::new());
static TIMELINE: Mutex<Option<Timeline>> = Mutex::new(None);

thread_local! {
    static SCHEDSTAT: OnceCell<Option<File>> = const { OnceCell::new() };
}

/// From now on it is measured. Call it before the runtime starts.
pub fn measure() {
    MEASURED.store(true, Ordering::SeqCst);
    static SAMPLER: Once = Once::new();
    SAMPLER.call_once(|| {
        *TIMELINE.lock().unwrap() = Some(Timeline::new(clock::now()));
        std::thread::Builder::new()
            .name("truth-lack".into())
            .spawn(sample)
            .expect("a thread for the counters");
    });
}

pub fn is_measured() -> bool {
    MEASURED.load(Ordering::Relaxed)
}

/// The calling thread may run any task of the service's executor.
pub fn this_is_a_worker() {
    WORKERS.lock().unwrap().push(outside::current());
}

/// For how long the calling thread has waited for a CPU. It runs, so no wait is left out.
pub fn waited_here() -> u64 {
    SCHEDSTAT.with(|file| {
        let file = file.get_or_init(|| File::open("/proc/thread-self/schedstat").ok());
        file.as_ref().and_then(read).map_or(0, |(_, waited)| waited)
    })
}

/// Of a time, while a span was not polled that one of some threads would have polled.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lack {
    /// None of the threads ran, and one of them, or one that they may wait for, was ready and had no CPU.
    pub any: u64,
    /// None of the threads ran, and one of them was ready and had no CPU.
    pub own: u64,
}

/// What was lacking in these times, in nanoseconds. `thread` is the one that may poll; none: all workers may.
pub fn within(times: &[(u64, u64)], thread: Option<i32>) -> Lack {
    let workers = WORKERS.lock().unwrap().clone();
    let timeline = TIMELINE.lock().unwrap();
    let Some(timeline) = timeline.as_ref() else {
        return Lack::default();
    };
    timeline.within(
        times,
        |number| thread.map_or_else(|| workers.contains(&number), |t| t == number),
        &workers,
    )
}

struct Thread {
    number: i32,
    schedstat: File,
    seen: (u64, u64), // ran, waited
}

struct Timeline {
    last: u64, // the slot up to which it is known
    running: Vec<u64>,
    waiting: Vec<u64>,
    numbers: [i32; THREADS], // whose bit it is; 0: nobody's
}

impl Timeline {
    fn new(now: u64) -> Self {
        Timeline {
            last: now / SLOT,
            running: vec![0; SLOTS],
            waiting: vec![0; SLOTS],
            numbers: [0; THREADS],
        }
    }

    fn advance(&mut self, now: u64) {
        while self.last < now / SLOT {
            self.last += 1;
            let at = self.last as usize % SLOTS;
            (self.running[at], self.waiting[at]) = (0, 0);
        }
    }

    /// A thread ran for so long until now, after it had waited for so long.
    fn mark(&mut self, bit: usize, now: u64, ran: u64, waited: u64) {
        let oldest = (self.last + 1).saturating_sub(SLOTS as u64) * SLOT;
        let began = now.saturating_sub(ran).max(oldest);
        for slot in slots(began, now) {
            self.running[slot as usize % SLOTS] |= 1 << bit;
        }
        for slot in slots(began.saturating_sub(waited).max(oldest), began) {
            self.waiting[slot as usize % SLOTS] |= 1 << bit;
        }
    }

    fn within(&self, times: &[(u64, u64)], polls: impl Fn(i32) -> bool, workers: &[i32]) -> Lack {
        let (mut may_poll, mut others) = (0u64, 0u64);
        for (bit, &number) in self.numbers.iter().enumerate() {
            if number != 0 && polls(number) {
                may_poll |= 1 << bit;
            } else if number != 0 && !workers.contains(&number) {
                others |= 1 << bit;
            }
        }
        let mut lack = Lack::default();
        for slot in times.iter().flat_map(|&(from, to)| slots(from, to)) {
            if slot > self.last || slot + SLOTS as u64 <= self.last {
                continue;
            }
            let (running, waiting) = (self.running[slot as usize % SLOTS], self.waiting[slot as usize % SLOTS]);
            if running & may_poll != 0 {
                continue;
            }
            if waiting & may_poll != 0 {
                lack.own += SLOT;
            }
            if waiting & (may_poll | others) != 0 {
                lack.any += SLOT;
            }
        }
        lack
    }
}

/// The slots whose middle is in this time.
fn slots(from: u64, to: u64) -> std::ops::Range<u64> {
    (from + SLOT / 2) / SLOT..(to + SLOT / 2) / SLOT
}

fn sample() {
    outside::leave();
    // SAFETY: the pointer is to a value that lives through the call. Without the right to it the thread stays as it is.
    unsafe {
        let priority = libc::sched_param { sched_priority: 1 };
        libc::sched_setscheduler(0, libc::SCHED_FIFO, &priority);
    }
    let mut threads: [Option<Thread>; THREADS] = [const { None }; THREADS];
    for round in 0u64.. {
        if round % 16 == 0 {
            find(&mut threads);
        }
        let mut counted = Vec::with_capacity(THREADS);
        for (bit, slot) in threads.iter_mut().enumerate() {
            let Some(thread) = slot else { continue };
            match read(&thread.schedstat) {
                Some(now) => {
                    let (ran, waited) = (now.0.saturating_sub(thread.seen.0), now.1.saturating_sub(thread.seen.1));
                    thread.seen = now;
                    counted.push((bit, thread.number, ran, waited));
                }
                None => *slot = None, // it ended
            }
        }
        let now = clock::now();
        if let Some(timeline) = TIMELINE.lock().unwrap().as_mut() {
            timeline.advance(now);
            for (bit, number, ran, waited) in counted {
                timeline.numbers[bit] = number;
                timeline.mark(bit, now, ran, waited);
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Finds the threads that have begun. Those of the exporter are none of the service's own.
fn find(threads: &mut [Option<Thread>; THREADS]) {
    let outside = outside::threads();
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return };
    for number in tasks.flatten().filter_map(|task| task.file_name().to_str()?.parse().ok()) {
        if outside.contains(&number) || threads.iter().flatten().any(|t| t.number == number) {
            continue;
        }
        let name = fs::read_to_string(format!("/proc/self/task/{number}/comm")).unwrap_or_default();
        if ["OpenTelemetry", "reqwest", "truth"].iter().any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        let Some(free) = threads.iter_mut().find(|slot| slot.is_none()) else {
            return;
        };
        if let Ok(schedstat) = File::open(format!("/proc/self/task/{number}/schedstat")) {
            let seen = read(&schedstat).unwrap_or((0, 0));
            *free = Some(Thread { number, schedstat, seen });
        }
    }
}

/// How long a thread ran, and how long it waited for a CPU.
fn read(schedstat: &File) -> Option<(u64, u64)> {
    let mut text = [0; 64];
    let length = schedstat.read_at(&mut text, 0).ok()?;
    let mut numbers = std::str::from_utf8(&text[..length]).ok()?.split_ascii_whitespace();
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{Lack, Timeline, SLOT};

    const MS: u64 = 1_000_000;

    fn lack(any: u64, own: u64) -> Lack {
        Lack {
            any: any * MS,
            own: own * MS,
        }
    }

    /// Two workers, 1 and 2, and a thread of the blocking pool, 3.
    fn timeline(marks: &[(usize, u64, u64, u64)]) -> Timeline {
        let mut t = Timeline::new(0);
        t.numbers[..3].copy_from_slice(&[1, 2, 3]);
        t.advance(200 * MS);
        for &(thread, at, ran, waited) in marks {
            t.mark(thread - 1, at * MS, ran * MS, waited * MS);
        }
        t
    }

    fn of_workers(t: &Timeline, from: u64, to: u64) -> Lack {
        t.within(&[(from * MS, to * MS)], |n| n < 3, &[1, 2])
    }

    #[test]
    fn a_wait_is_known_when_it_ends() {
        let t = timeline(&[(1, 80, 1, 70)]); // ready at 9, ran from 79 on
        assert_eq!(of_workers(&t, 0, 100), lack(70, 70));
        assert_eq!(of_workers(&t, 50, 60), lack(10, 10));
        assert_eq!(of_workers(&t, 80, 100), lack(0, 0));
    }

    #[test]
    fn a_worker_that_runs_may_poll() {
        let t = timeline(&[(1, 80, 0, 70), (2, 40, 30, 0)]); // the other ran from 10 to 40
        assert_eq!(of_workers(&t, 0, 100), lack(40, 40));
        let own = t.within(&[(0, 100 * MS)], |n| n == 1, &[1, 2]);
        assert_eq!(own, lack(70, 70), "of a runtime with one thread");
    }

    #[test]
    fn the_pool_delays_those_that_wait_for_it() {
        let t = timeline(&[(3, 80, 0, 70)]);
        assert_eq!(of_workers(&t, 0, 100), lack(70, 0));
        let t = timeline(&[(2, 80, 0, 70)]);
        let other = t.within(&[(0, 100 * MS)], |n| n == 1, &[1, 2]);
        assert_eq!(other, lack(0, 0), "another runtime's thread does not");
    }

    #[test]
    fn what_is_forgotten_counts_nothing() {
        let mut t = timeline(&[(1, 80, 0, 70)]);
        t.advance(40_000 * MS);
        assert_eq!(of_workers(&t, 0, 100), lack(0, 0));
        assert_eq!(t.within(&[(0, SLOT)], |n| n < 3, &[1, 2]), lack(0, 0));
    }
}
