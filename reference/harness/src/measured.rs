// SPDX-License-Identifier: Apache-2.0

//! A future that knows for how long it could have been polled: rust/task-fields written a second time, because here the wait is also
//! part of the truth. With task fields off it is a plain instrumented future.

use std::sync::{
    atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    Arc, Mutex,
};
use std::task::{Context, Poll, Wake, Waker};
use std::{future::Future, pin::Pin, time::Instant};
use tracing::{instrument::Instrumented, Instrument, Span};

static TASK_FIELDS: AtomicBool = AtomicBool::new(false);

/// From now on spans tell what their futures measured.
pub fn turn_on() {
    TASK_FIELDS.store(true, SeqCst);
}

/// A span with the fields that [`run`] fills.
#[macro_export]
macro_rules! task_span {
    ($name:expr) => {
        tracing::info_span!(
            $name,
            poll_count = tracing::field::Empty,
            scheduled_ns = tracing::field::Empty,
            first_poll_delay_ns = tracing::field::Empty,
            longest_poll_ns = tracing::field::Empty,
            forced_yield_count = tracing::field::Empty
        )
    };
}

/// Runs a future in its span.
pub fn run<F: Future>(span: Span, future: F) -> Instrumented<Measured<F>> {
    let wake = TASK_FIELDS.load(SeqCst).then(|| {
        Arc::new(Wakes {
            start: Instant::now(),
            woken: AtomicU64::new(0),
            task: Mutex::new(Waker::noop().clone()),
        })
    });
    let future = Box::pin(future);
    Measured {
        future,
        wake,
        left: 0,
        polls: 0,
        first: 0,
        scheduled: 0,
        longest: 0,
        forced: 0,
    }
    .instrument(span)
}

pub struct Measured<F> {
    future: Pin<Box<F>>,
    wake: Option<Arc<Wakes>>,
    left: u64, // when the last poll ended, in nanoseconds since the start, like all times here
    polls: i64,
    first: u64,
    scheduled: u64,
    longest: u64,
    forced: i64, // polls that ended because Tokio's budget was used up
}

impl<F: Future> Future for Measured<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Some(wake) = self.wake.clone() else {
            return self.future.as_mut().poll(cx);
        };
        let begin = wake.now();
        let woken = wake.woken.swap(NEVER, SeqCst);
        if woken != NEVER {
            self.scheduled += begin.saturating_sub(woken.max(self.left)); // woken during a poll: it waits from the poll's end
        }
        if self.polls == 0 {
            self.first = self.scheduled;
        }
        wake.task.lock().unwrap().clone_from(cx.waker());
        let waker = Waker::from(wake.clone());
        let result = self.future.as_mut().poll(&mut Context::from_waker(&waker));
        self.left = wake.now();
        self.longest = self.longest.max(self.left - begin);
        self.polls += 1;
        if result.is_pending() && !tokio::task::coop::has_budget_remaining() {
            self.forced += 1;
        }
        result
    }
}

impl<F> Drop for Measured<F> {
    fn drop(&mut self) {
        if self.wake.is_none() {
            return;
        }
        let span = Span::current();
        span.record("poll_count", self.polls);
        span.record("first_poll_delay_ns", self.first as i64);
        span.record("scheduled_ns", self.scheduled as i64);
        span.record("longest_poll_ns", self.longest as i64);
        span.record("forced_yield_count", self.forced);
        crate::truth::queue_wait(&span, self.scheduled);
    }
}

const NEVER: u64 = u64::MAX;

struct Wakes {
    start: Instant,
    woken: AtomicU64, // the first time since the last poll began
    task: Mutex<Waker>,
}

impl Wakes {
    fn now(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        let _ = self.woken.compare_exchange(NEVER, self.now(), SeqCst, SeqCst);
        let task = self.task.lock().unwrap().clone();
        task.wake();
    }
}
