// SPDX-License-Identifier: Apache-2.0

//! A CPU quota around the runtime, if the rig was started in a cgroup that has one. The environment says where the group's files are, and
//! where a thread goes that the quota is not for: the clients' and the one that watches.

use std::{
    env, fs,
    thread::sleep,
    time::{Duration, Instant},
};

use crate::clock;

const OUTSIDE: &str = "RUNTIMELAB_OUTSIDE_QUOTA";
const STAT: &str = "RUNTIMELAB_QUOTA_STAT";
const PERIOD: &str = "RUNTIMELAB_QUOTA_PERIOD_NS";

/// What cpu.stat has counted.
#[derive(Clone, Copy, Default)]
pub struct Stat {
    pub periods: u64,
    pub throttled: u64, // of them
    pub time: u64,      // throttled, of all CPUs
}

impl Stat {
    pub fn since(self, before: Stat) -> Stat {
        Stat {
            periods: self.periods - before.periods,
            throttled: self.throttled - before.throttled,
            time: self.time - before.time,
        }
    }
}

/// None: there is no quota.
pub fn stat() -> Option<Stat> {
    let path = env::var(STAT).ok()?;
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let value = |name: &str| {
        let line = text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|n| n.parse().ok())
            .unwrap_or_else(|| panic!("{path}: no number {name}"))
    };
    Some(Stat {
        periods: value("nr_periods"),
        throttled: value("nr_throttled"),
        time: value("throttled_time"),
    })
}

/// Takes the calling thread out of the quota, and those that it starts from now on. The runtime's threads stay: they have been started. Then
/// waits until nothing of what starting took is left, and returns at which time of the clock a period began: the others begin whole periods
/// before and after.
pub fn leave() -> u64 {
    let Some(mut before) = stat() else { return 0 };
    let variable = |name: &str| env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let outside = variable(OUTSIDE);
    fs::write(&outside, "0").unwrap_or_else(|e| panic!("{outside}: {e}")); // the calling thread
    let period = Duration::from_nanos(variable(PERIOD).parse().expect("a number of nanoseconds"));

    // The timer of the periods runs on for one or two of them after the last use.
    const GLANCE: Duration = Duration::from_micros(100);
    let mut began = 0;
    let mut last = Instant::now();
    while last.elapsed() < 3 * period {
        let earliest = clock::now();
        sleep(GLANCE);
        let now = stat().unwrap_or_default();
        if now.periods > before.periods {
            began = (earliest + clock::now()) / 2;
            last = Instant::now();
            before = now;
        }
    }
    assert!(began > 0, "no period of the quota has passed");
    began
}
