//! Threads that sleep and wake, begin and end: what the kernel does for every runtime alike.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::measure::{self, Effort, Machine, Tally};

/// How long a machine is watched before the samples of that time count, or do not.
pub const STRETCH: Duration = Duration::from_millis(400);

/// Takes samples, each of which may sleep, while nobody else uses the machine.
pub fn watched(effort: Effort, mut sample: impl FnMut() -> f64) -> Tally {
    let [tally] = watched_together(effort, || [sample()]);
    tally
}

/// Takes several figures from each sample.
pub fn watched_together<const N: usize>(effort: Effort, mut sample: impl FnMut() -> [f64; N]) -> [Tally; N] {
    let mut tallies = std::array::from_fn(|_| Tally::new(effort));
    while !tallies[0].done() {
        let machine = Machine::watch();
        let start = Instant::now();
        let mut samples: [Vec<f64>; N] = std::array::from_fn(|_| Vec::new());
        while start.elapsed() < STRETCH {
            for (all, s) in samples.iter_mut().zip(sample()) {
                all.push(s);
            }
        }
        let quiet = machine.was_quiet();
        for (tally, s) in tallies.iter_mut().zip(&samples) {
            tally.add_all(s, quiet);
        }
    }
    tallies
}

/// Something to sleep on.
trait Bed: Send + Sync {
    fn sleep(&self);
    fn wake(&self);
}

/// A condition variable with a token, as the runtimes park.
#[derive(Default)]
struct Parker {
    token: Mutex<bool>,
    condvar: Condvar,
}

impl Bed for Parker {
    fn sleep(&self) {
        let mut token = self.token.lock().expect("no panic");
        while !*token {
            token = self.condvar.wait(token).expect("no panic");
        }
        *token = false;
    }

    fn wake(&self) {
        *self.token.lock().expect("no panic") = true;
        self.condvar.notify_one();
    }
}

/// An epoll instance with an eventfd, which wakes by its edge and is not read, as in mio.
struct Epoll {
    epoll: i32,
    event: i32,
}

impl Epoll {
    fn new() -> Epoll {
        // SAFETY: these calls take no pointers but one to a structure that lives during the call.
        unsafe {
            let epoll = libc::epoll_create1(libc::EPOLL_CLOEXEC);
            let event = libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK);
            let mut interest = libc::epoll_event {
                events: (libc::EPOLLIN | libc::EPOLLET) as u32,
                u64: 0,
            };
            assert!(epoll >= 0 && event >= 0, "epoll and eventfd");
            assert_eq!(libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, event, &mut interest), 0, "epoll_ctl");
            Epoll { epoll, event }
        }
    }
}

impl Bed for Epoll {
    fn sleep(&self) {
        wait(self.epoll, -1);
    }

    fn wake(&self) {
        let one = 1u64.to_ne_bytes();
        // SAFETY: the eight bytes live during the call.
        unsafe { libc::write(self.event, one.as_ptr().cast(), one.len()) };
    }
}

impl Drop for Epoll {
    fn drop(&mut self) {
        // SAFETY: nobody else has these descriptors.
        unsafe {
            libc::close(self.event);
            libc::close(self.epoll);
        }
    }
}

/// Waits for an event, or for a number of milliseconds.
pub fn wait(epoll: i32, timeout: i32) {
    let mut events = [libc::epoll_event { events: 0, u64: 0 }; 8];
    // SAFETY: the events live during the call.
    unsafe { libc::epoll_wait(epoll, events.as_mut_ptr(), events.len() as i32, timeout) };
}

/// How long a thread has slept when it is woken.
const SLEEPS: [(&str, u64); 8] = [
    ("10us", 10),
    ("30us", 30),
    ("100us", 100),
    ("300us", 300),
    ("1ms", 1_000),
    ("3ms", 3_000),
    ("10ms", 10_000),
    ("30ms", 30_000),
];

/// A thread that sleeps, and another that wakes it after a time: what the waker pays, and when the sleeper runs.
fn wakes(bed: Arc<dyn Bed>, kind: &str, effort: Effort, print: &mut dyn FnMut(Value)) {
    let base = Instant::now();
    let woke = Arc::new(AtomicU64::new(0));
    let end = Arc::new(AtomicBool::new(false));
    let cycle = Arc::new(AtomicU64::new(0));
    let sleeper = thread::spawn({
        let (bed, woke, end, cycle) = (bed.clone(), woke.clone(), end.clone(), cycle.clone());
        move || {
            let mut ran = measure::cpu_time(libc::CLOCK_THREAD_CPUTIME_ID);
            while !end.load(SeqCst) {
                bed.sleep();
                woke.store(base.elapsed().as_nanos() as u64, SeqCst);
                let now = measure::cpu_time(libc::CLOCK_THREAD_CPUTIME_ID);
                cycle.store((now - ran).as_nanos() as u64, SeqCst);
                ran = now;
            }
        }
    });
    for (name, microseconds) in SLEEPS {
        let [pays, late, runs] = watched_together(effort, || {
            measure::spin(Duration::from_micros(microseconds));
            woke.store(0, SeqCst);
            let start = base.elapsed().as_nanos() as u64;
            bed.wake();
            let paid = base.elapsed().as_nanos() as u64 - start;
            let mut at = 0;
            while at == 0 {
                std::hint::spin_loop();
                at = woke.load(SeqCst);
            }
            [paid as f64, at.saturating_sub(start) as f64, cycle.load(SeqCst) as f64]
        });
        print(pays.report(
            &format!("{kind}/unpark_{name}"),
            &format!("the call that wakes a thread which has slept for {name}"),
        ));
        print(late.report(
            &format!("{kind}/wake_latency_{name}"),
            &format!("from that call until the thread that has slept for {name} runs"),
        ));
        if name == "100us" {
            print(runs.report(
                &format!("{kind}/cycle"),
                "CPU time of the sleeper from one wake to the next: out of the sleep and into it",
            ));
        }
    }
    end.store(true, SeqCst);
    bed.wake();
    sleeper.join().expect("the sleeper ends");
}

fn starts(effort: Effort, print: &mut dyn FnMut(Value)) {
    let [creates, starts] = watched_together(effort, || {
        let start = Instant::now();
        let thread = thread::spawn(move || start.elapsed().as_nanos());
        let created = start.elapsed().as_nanos();
        let started = thread.join().expect("the thread ends");
        measure::spin(Duration::from_micros(100));
        [created as f64, started as f64]
    });
    print(creates.report("thread/create", "the call that creates a thread"));
    print(starts.report("thread/start", "from that call until the new thread runs"));
}

fn processes(effort: Effort, print: &mut dyn FnMut(Value)) {
    let Ok(own) = std::env::current_exe() else { return };
    let tally = watched(effort, || {
        let mut command = Command::new(&own);
        command.arg("exit").stdin(Stdio::null()).stdout(Stdio::null());
        let start = Instant::now();
        let child = command.spawn();
        let took = start.elapsed().as_nanos() as f64;
        child.expect("a process").wait().expect("its end");
        took
    });
    print(tally.report("process/start", "the call that starts a process"));
}

pub fn all(effort: Effort, print: &mut dyn FnMut(Value)) {
    if measure::cpus() >= 2 {
        wakes(Arc::new(Parker::default()), "condvar", effort, print);
        wakes(Arc::new(Epoll::new()), "epoll", effort, print);
        starts(effort, print);
    }
    processes(effort, print);
}
