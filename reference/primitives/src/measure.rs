//! How a figure is taken: in short chunks, many times, and without the chunks whose threads lacked a CPU.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{json, Value};

/// One chunk's figure, in nanoseconds for each operation.
#[derive(Clone, Copy)]
pub struct Sample {
    pub ns: f64,
    /// The threads had a CPU whenever they wanted one.
    pub quiet: bool,
}

/// How long a thread waited for a CPU, and how often it lost one.
fn waits() -> (u64, i64) {
    let delay = schedstat("/proc/thread-self/schedstat").1;
    // SAFETY: getrusage fills in the structure that it is given.
    let switches = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_THREAD, &mut usage);
        usage.ru_nivcsw
    };
    (delay, switches)
}

/// The nanoseconds that a thread ran, and that it waited for a CPU.
fn schedstat(path: &str) -> (u64, u64) {
    let text = fs::read_to_string(path).unwrap_or_default();
    let mut numbers = text.split_ascii_whitespace().map(|n| n.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// A chunk of a loop that never sleeps, on one thread.
pub struct Chunk {
    before: (u64, i64),
    start: Instant,
}

impl Chunk {
    pub fn start() -> Chunk {
        let before = waits();
        Chunk {
            before,
            start: Instant::now(),
        }
    }

    /// Ends the chunk, on the thread that started it.
    pub fn stop(self, operations: usize) -> Sample {
        let took = self.start.elapsed();
        Sample {
            ns: took.as_nanos() as f64 / operations as f64,
            quiet: waits() == self.before,
        }
    }
}

/// The nanoseconds that all threads of the process have waited for a CPU.
fn process_waits() -> u64 {
    let Ok(threads) = fs::read_dir("/proc/self/task") else { return 0 };
    threads
        .flatten()
        .map(|t| schedstat(&format!("{}/schedstat", t.path().display())).1)
        .sum()
}

/// A chunk of a loop on several threads, which may sleep. It is thrown away if they waited for a CPU for a twentieth of it.
pub struct ProcessChunk {
    before: u64,
    start: Instant,
}

impl ProcessChunk {
    pub fn start() -> ProcessChunk {
        let before = process_waits();
        ProcessChunk {
            before,
            start: Instant::now(),
        }
    }

    pub fn stop(self, operations: usize) -> Sample {
        let took = self.start.elapsed().as_nanos() as u64;
        let waited = process_waits().saturating_sub(self.before);
        Sample {
            ns: took as f64 / operations as f64,
            quiet: waited * 20 <= took,
        }
    }
}

/// What the rest of the machine did during a stretch of time in which this process sleeps and wakes.
pub struct Machine {
    start: Instant,
    idle: Duration,
    own: Duration,
}

/// Others may take this share of the CPUs; the clocks of a machine with two of them tick too coarsely to ask for less.
const OTHERS: f64 = 0.05;

impl Machine {
    pub fn watch() -> Machine {
        Machine {
            start: Instant::now(),
            idle: idle().0,
            own: own_time(),
        }
    }

    /// Whether nobody else had a CPU for long: no other process, not the kernel, and not the hypervisor.
    pub fn was_quiet(&self) -> bool {
        let (idle, cpus) = idle();
        let all = self.start.elapsed().as_secs_f64() * cpus as f64;
        let own = own_time() - self.own;
        let others = all - idle.saturating_sub(self.idle).as_secs_f64() - own.as_secs_f64();
        others < OTHERS * all
    }
}

/// The time that all CPUs of the machine were idle, and how many there are.
fn idle() -> (Duration, usize) {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let cpus = text.lines().filter(|l| l.starts_with("cpu")).count().saturating_sub(1); // the first line is the sum
    let sum = text.lines().next().unwrap_or_default();
    // After the name: user, nice, system, idle, iowait.
    let ticks: u64 = sum.split_ascii_whitespace().skip(4).take(2).map(|n| n.parse().unwrap_or(0)).sum();
    // SAFETY: sysconf has no preconditions.
    let per_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) } as f64;
    (Duration::from_secs_f64(ticks as f64 / per_second), cpus)
}

/// The CPU time of this process and of those that it started and that have ended.
fn own_time() -> Duration {
    // SAFETY: getrusage fills in the structure that it is given.
    let children = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_CHILDREN, &mut usage);
        usage
    };
    let time = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1000);
    cpu_time(libc::CLOCK_PROCESS_CPUTIME_ID) + time(children.ru_utime) + time(children.ru_stime)
}

/// The CPUs that this process may use.
pub fn cpus() -> usize {
    std::thread::available_parallelism().map_or(1, |n| n.get())
}

/// The CPU time of the thread or of the process, by the clock's name.
pub fn cpu_time(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: clock_gettime fills in the structure that it is given.
    unsafe { libc::clock_gettime(clock, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Lets time pass without giving the CPU away.
pub fn spin(d: Duration) {
    let start = Instant::now();
    while start.elapsed() < d {
        std::hint::spin_loop();
    }
}

/// How much is done for one figure.
#[derive(Clone, Copy)]
pub struct Effort {
    pub chunks: usize,
    pub longest: Duration,
}

/// How many times as long a figure may take of which all chunks are thrown away.
const PATIENCE: u32 = 4;

/// The chunks of one figure.
pub struct Tally {
    effort: Effort,
    started: Instant,
    kept: Vec<f64>,
    thrown: usize,
}

impl Tally {
    pub fn new(effort: Effort) -> Tally {
        Tally {
            effort,
            started: Instant::now(),
            kept: Vec::new(),
            thrown: 0,
        }
    }

    /// Whether there are enough chunks, or no time is left. A figure without any chunk is given more time.
    pub fn done(&self) -> bool {
        let longest = self.effort.longest * if self.kept.is_empty() { PATIENCE } else { 1 };
        self.kept.len() >= self.effort.chunks || self.started.elapsed() > longest
    }

    pub fn add(&mut self, s: Sample) {
        if s.quiet {
            self.kept.push(s.ns);
        } else {
            self.thrown += 1;
        }
    }

    /// Adds all samples of a stretch of time during which the machine was quiet, or none.
    pub fn add_all(&mut self, samples: &[f64], quiet: bool) {
        if quiet {
            self.kept.extend_from_slice(samples);
        } else {
            self.thrown += samples.len();
        }
    }

    /// The figure as a line of the report.
    pub fn report(mut self, name: &str, how: &str) -> Value {
        self.kept.sort_by(f64::total_cmp);
        let n = self.kept.len();
        if n == 0 {
            return json!({"name": name, "unit": "ns", "kept": 0, "thrown": self.thrown, "how": how});
        }
        let at = |share: f64| self.kept[((share * n as f64) as usize).min(n - 1)];
        // The median lies between these order statistics 95 times in 100.
        let half = 0.98 / (n as f64).sqrt();
        let sigma = if at(0.5) > 0.0 { (at(0.84) / at(0.5)).ln() } else { 0.0 };
        json!({
            "name": name, "unit": "ns", "median": at(0.5), "low": at((0.5 - half).max(0.0)), "high": at(0.5 + half),
            "sigma": sigma, "kept": n, "thrown": self.thrown, "how": how,
        })
    }
}
