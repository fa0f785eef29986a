// SPDX-License-Identifier: Apache-2.0

//! What the kernel says of the run: how long threads waited for a CPU, for how long other processes had CPUs, and what a hypervisor took
//! from the machine.

use std::{collections::BTreeMap, fs};

use crate::{clock, quota};

pub const ARRIVALS: &str = "arrivals";

/// The kernel may end a sleep of a thread up to 50 us late, to save wake-ups: but not of this one.
pub fn no_timer_slack() {
    // Safety: the call takes two numbers.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1) };
}

/// Lets the calling thread run on one CPU alone.
pub fn bind(cpu: usize) {
    // Safety: a set of CPUs is a bit field, for which zeros are the empty one, and the call only reads it.
    let failed = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set)
    };
    assert_eq!(failed, 0, "there is no CPU {cpu} to run on");
}

pub struct Thread {
    pub name: String,
    pub ran: u64,
    pub waited: u64, // runnable, without a CPU
}

pub struct Machine {
    start: u64,
    threads: BTreeMap<u32, Thread>,
    ticks: (u64, u64),
    all: u64, // processes
    own: u64,
    quota: Option<quota::Stat>,
}

pub struct Seen {
    pub wall: u64,
    pub threads: Vec<Thread>, // those that live, without the main thread and the arrivals'
    pub others: u64,          // that other processes ran
    pub stolen: f64,          // share of the CPUs' time
    pub quota: Option<quota::Stat>,
}

impl Machine {
    pub fn watch() -> Self {
        Machine {
            start: clock::now(),
            threads: threads(),
            ticks: ticks(),
            all: of_all_processes(),
            own: of_this_process(),
            quota: quota::stat(),
        }
    }

    pub fn seen(&self) -> Seen {
        let quota = self.quota.and_then(|before| Some(quota::stat()?.since(before)));
        let mut now = threads();
        for (id, thread) in &mut now {
            if let Some(before) = self.threads.get(id) {
                thread.ran -= before.ran;
                thread.waited -= before.waited;
            }
        }
        now.remove(&std::process::id());
        let (all, stolen) = ticks();
        let (of_all, own) = (of_all_processes() - self.all, of_this_process() - self.own);
        Seen {
            wall: clock::now() - self.start,
            threads: now.into_values().filter(|t| t.name != ARRIVALS).collect(),
            others: of_all.saturating_sub(own),
            stolen: (stolen - self.ticks.1) as f64 / (all - self.ticks.0).max(1) as f64,
            quota,
        }
    }
}

fn threads() -> BTreeMap<u32, Thread> {
    let mut threads = BTreeMap::new();
    for entry in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let read = |file: &str| fs::read_to_string(entry.path().join(file)).unwrap_or_default();
        let Ok(id) = entry.file_name().to_string_lossy().parse() else {
            continue;
        };
        let schedstat = read("schedstat");
        let mut numbers = schedstat.split_ascii_whitespace().map(|n| n.parse().unwrap_or(0));
        let (ran, waited) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        threads.insert(
            id,
            Thread {
                name: read("comm").trim().into(),
                ran,
                waited,
            },
        );
    }
    threads
}

/// The CPU time of all processes: to the nanosecond where there is the accounting of cgroups, else to a tick for each mode of the CPUs.
fn of_all_processes() -> u64 {
    const TICK: u64 = 10_000_000;
    const IDLE: [usize; 3] = [3, 4, 7]; // idle, waiting for a disk, stolen
    let usage = fs::read_to_string("/sys/fs/cgroup/cpuacct/cpuacct.usage").unwrap_or_default();
    usage.trim().parse().unwrap_or_else(|_| {
        let busy = stat().into_iter().enumerate().filter(|(i, _)| !IDLE.contains(i));
        busy.map(|(_, ticks)| ticks * TICK).sum()
    })
}

fn of_this_process() -> u64 {
    // Safety: all zero is a valid rusage, and the pointer is valid during the call.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let nanos = |t: libc::timeval| t.tv_sec as u64 * 1_000_000_000 + t.tv_usec as u64 * 1000;
    nanos(usage.ru_utime) + nanos(usage.ru_stime)
}

/// All ticks of all CPUs, and the stolen ones.
fn ticks() -> (u64, u64) {
    let numbers = stat();
    (numbers.iter().sum(), numbers.get(7).copied().unwrap_or(0))
}

/// The first line of /proc/stat, up to the stolen ticks: of all CPUs.
fn stat() -> Vec<u64> {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = stat.lines().next().unwrap_or("");
    line.split_ascii_whitespace()
        .skip(1)
        .take(8)
        .map(|n| n.parse().unwrap_or(0))
        .collect()
}
