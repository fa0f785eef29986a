//! Timers and the looks at the driver.

use std::future::{poll_fn, Future};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::measure::{Chunk, Effort, Sample, Tally};
use crate::runtimes;
use crate::threads::{wait, watched};

const LAPS: usize = 200;
const FAR: Duration = Duration::from_secs(3600);

/// Polls a timer once, which registers it.
async fn register(timer: impl Future) {
    let mut timer = pin!(timer);
    poll_fn(|cx| {
        let _ = timer.as_mut().poll(cx);
        Poll::Ready(())
    })
    .await;
}

/// Timers that are registered and dropped, while an earlier one decides when the driver looks again.
async fn pairs<T: Future>(timer: fn(Duration) -> T) -> Sample {
    let mut first = pin!(timer(FAR / 2));
    poll_fn(|cx| {
        let _ = first.as_mut().poll(cx);
        Poll::Ready(())
    })
    .await;
    let chunk = Chunk::start();
    for _ in 0..LAPS {
        register(timer(FAR)).await;
    }
    chunk.stop(2 * LAPS)
}

fn tally(effort: Effort, mut sample: impl FnMut() -> Sample) -> Tally {
    let mut tally = Tally::new(effort);
    while !tally.done() {
        tally.add(sample());
    }
    tally
}

/// A future that wakes itself: block_on looks at the reactor after each poll.
fn looks() -> Sample {
    smol::block_on(runtimes::after_timer(async {
        let chunk = Chunk::start();
        for _ in 0..LAPS {
            smol::future::yield_now().await;
        }
        chunk.stop(LAPS)
    }))
}

/// An epoll instance that nothing but a timeout ends, and one that a timerfd ends.
struct Sleeps {
    epoll: i32,
    timer: i32,
}

impl Sleeps {
    fn new() -> Sleeps {
        // SAFETY: these calls take no pointers but one to a structure that lives during the call.
        unsafe {
            let epoll = libc::epoll_create1(libc::EPOLL_CLOEXEC);
            let timer = libc::timerfd_create(libc::CLOCK_MONOTONIC, libc::TFD_CLOEXEC | libc::TFD_NONBLOCK);
            let mut interest = libc::epoll_event {
                events: (libc::EPOLLIN | libc::EPOLLET) as u32,
                u64: 0,
            };
            assert!(epoll >= 0 && timer >= 0, "epoll and timerfd");
            assert_eq!(libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, timer, &mut interest), 0, "epoll_ctl");
            Sleeps { epoll, timer }
        }
    }

    /// How late epoll_wait with a timeout returns, in nanoseconds.
    fn by_timeout(&self, milliseconds: u64) -> f64 {
        let start = Instant::now();
        wait(self.epoll, milliseconds as i32);
        start.elapsed().as_nanos() as f64 - milliseconds as f64 * 1e6
    }

    /// How late epoll_wait returns for a timerfd.
    fn by_timerfd(&self, milliseconds: u64) -> f64 {
        let at = libc::timespec {
            tv_sec: 0,
            tv_nsec: (milliseconds * 1_000_000) as _,
        };
        let new = libc::itimerspec {
            it_interval: libc::timespec { tv_sec: 0, tv_nsec: 0 },
            it_value: at,
        };
        let start = Instant::now();
        // SAFETY: the structure lives during the call.
        unsafe { libc::timerfd_settime(self.timer, 0, &new, std::ptr::null_mut()) };
        wait(self.epoll, -1);
        start.elapsed().as_nanos() as f64 - milliseconds as f64 * 1e6
    }
}

impl Drop for Sleeps {
    fn drop(&mut self) {
        // SAFETY: nobody else has these descriptors.
        unsafe {
            libc::close(self.timer);
            libc::close(self.epoll);
        }
    }
}

/// How late a sleep in a task of the executor ends.
fn late_sleep() -> f64 {
    let mut late = 0.0;
    smol::block_on(runtimes::EXECUTOR.run(async {
        late = runtimes::EXECUTOR
            .spawn(async {
                let start = Instant::now();
                smol::Timer::after(Duration::from_millis(1)).await;
                start.elapsed().as_nanos() as f64 - 1e6
            })
            .await;
    }));
    late
}

pub fn all(effort: Effort, print: &mut dyn FnMut(Value)) {
    let how = "timers of an hour, each polled once and dropped: half of that";
    let timers = runtimes::with_tokio(1, |rt| {
        tally(effort, || runtimes::on_tokio(rt, Box::pin(pairs(tokio::time::sleep))))
    });
    print(timers.report("tokio/timer", how));
    let timers = tally(effort, || runtimes::on_executor(Box::pin(pairs(smol::Timer::after))));
    print(timers.report("executor/timer", how));
    print(tally(effort, looks).report("executor/look", "yield_now in the future of block_on, 200 times: per turn"));

    let sleeps = Sleeps::new();
    for milliseconds in [1, 5] {
        let late = watched(effort, || sleeps.by_timeout(milliseconds));
        print(late.report(
            &format!("epoll/overshoot_{milliseconds}ms"),
            "how late epoll_wait with this timeout returns",
        ));
        let late = watched(effort, || sleeps.by_timerfd(milliseconds));
        print(late.report(
            &format!("timerfd/overshoot_{milliseconds}ms"),
            "how late epoll_wait returns for a timerfd of this time",
        ));
    }
    print(watched(effort, late_sleep).report("executor/late_1ms", "how late a task goes on after a sleep of 1 ms"));
}
