// SPDX-License-Identifier: Apache-2.0

//! Time in nanoseconds since the start of the process, and work that takes a given time.

use std::{
    hint::black_box,
    sync::OnceLock,
    time::{Duration, Instant},
};

use crate::quota;

struct Clock {
    origin: Instant,
    read: u64,            // what reading the clock takes
    turns_per_micro: u64, // of the loop in `turn`
    stops: bool,          // threads are stopped for so long that work has to be CPU time
}

static CLOCK: OnceLock<Clock> = OnceLock::new();

fn clock() -> &'static Clock {
    CLOCK.get().expect("the clock has been started")
}

/// Starts the clock and measures the machine's pace: the best of many short trials, which nothing has interrupted.
pub fn start() {
    const READS: u32 = 200;
    const TURNS: u64 = 20_000;
    let origin = Instant::now();
    let best = |trial: &dyn Fn()| {
        (0..50)
            .map(|_| {
                let before = Instant::now();
                trial();
                before.elapsed().as_nanos() as u64
            })
            .min()
            .unwrap_or(1)
            .max(1)
    };
    let reads = best(&|| {
        for _ in 0..READS {
            black_box(Instant::now());
        }
    });
    let turns = best(&|| turn(TURNS));
    let started = CLOCK.set(Clock {
        origin,
        read: reads / u64::from(READS),
        turns_per_micro: (TURNS * 1000 / turns).max(1),
        stops: quota::stat().is_some(),
    });
    assert!(started.is_ok(), "the clock is started once");
}

pub fn now() -> u64 {
    clock().origin.elapsed().as_nanos() as u64
}

fn turn(times: u64) {
    for i in 0..times {
        black_box(i);
    }
}

const BY_THE_CLOCK: u64 = 2_000;

/// Uses the CPU for a time. Under a quota the time for which the thread does not run is none of it. Short times are counted in turns of a loop, as the clock is too coarse for them.
pub fn compute(nanos: u64) {
    let clock = clock();
    if nanos < BY_THE_CLOCK {
        turn(nanos * clock.turns_per_micro / 1000);
        return;
    }
    let mut end = now() + nanos - clock.read;
    if !clock.stops {
        while now() < end {
            turn(4);
        }
        return;
    }
    let mut last = now();
    while last < end {
        turn(4);
        let now = now();
        if now > last + STOPPED {
            end += now - last;
        }
        last = now;
    }
}

/// Interrupts are shorter: the tick of the kernel takes up to 30 us. They are part of the time, as they are where there is no quota.
const STOPPED: u64 = 100_000;

const SURE: u64 = 150_000; // the kernel ends a sleep within this

/// Holds the thread for a time without the CPU, but for its last part: a sleep alone would end late.
pub fn block(nanos: u64) {
    let end = now() + nanos;
    sleep_until(end.saturating_sub(SURE));
    while now() < end {
        turn(4);
    }
}

/// Sleeps until a time; not at all if it has passed.
pub fn sleep_until(time: u64) {
    let now = now();
    if time > now {
        std::thread::sleep(Duration::from_nanos(time - now));
    }
}
