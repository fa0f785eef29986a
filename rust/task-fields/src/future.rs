// SPDX-License-Identifier: Apache-2.0

//! A future that keeps the account of its own polls, and tells it to its span.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use pin_project_lite::pin_project;
use tracing::{instrument::Instrumented, Instrument, Span};

use crate::meter::Meter;
use crate::wakes::{nanoseconds, Wakes};

/// The fields that are recorded.
const FIELDS: [&str; 5] = [
    "poll_count",
    "scheduled_ns",
    "first_poll_delay_ns",
    "longest_poll_ns",
    "forced_yield_count",
];

pin_project! {
    /// A future in its span, which tells the span how it was scheduled: made by [`MeasureExt::measured`](crate::MeasureExt::measured).
    ///
    /// The span is entered for each poll, as [`Instrumented`] does. The fields are recorded when the future is ready, or when it is dropped before.
    #[must_use = "futures do nothing unless they are awaited or spawned"]
    pub struct Measured<F> {
        #[pin]
        future: Instrumented<Timed<F>>,
    }

    impl<F> PinnedDrop for Measured<F> {
        fn drop(this: Pin<&mut Self>) {
            this.tell(Clock::abandoned);
        }
    }
}

impl<F> Measured<F> {
    pub(crate) fn new(future: F, span: Span) -> Self {
        let wanted = !span.is_disabled() && FIELDS.iter().any(|name| span.has_field(*name));
        let clock = wanted.then(|| Clock {
            start: Instant::now(),
            meter: Meter::default(),
            wakes: None,
        });
        Self {
            future: Timed { future, clock }.instrument(span),
        }
    }

    /// Records what was measured, once: a second call finds no clock.
    fn tell(self: Pin<&mut Self>, account: fn(Clock) -> Meter) {
        let mut future = self.project().future;
        if let Some(clock) = future.as_mut().inner_pin_mut().project().clock.take() {
            record(future.span(), &account(clock));
        }
    }
}

impl<F: Future> Future for Measured<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let result = self.as_mut().project().future.poll(context);
        if result.is_ready() {
            self.tell(|clock| clock.meter);
        }
        result
    }
}

/// Whole numbers are recorded as `i64`: OpenTelemetry has no others, and tracing-opentelemetry makes text of a `u64`.
fn record(span: &Span, meter: &Meter) {
    let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    tracing::record_all!(
        span,
        poll_count = whole(meter.polls),
        scheduled_ns = whole(meter.scheduled),
        first_poll_delay_ns = meter.first.map(whole),
        longest_poll_ns = whole(meter.longest),
        forced_yield_count = cfg!(feature = "tokio").then(|| whole(meter.forced))
    );
}

pin_project! {
    /// Times the polls of a future from within its span, so that no poll is longer than the span's busy time.
    struct Timed<F> {
        #[pin]
        future: F,
        clock: Option<Clock>, // none if nobody wants to know, or has been told
    }
}

impl<F: Future> Future for Timed<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        match this.clock {
            None => this.future.poll(context),
            Some(clock) => {
                let running = clock.begin(context.waker());
                let result = this.future.poll(&mut Context::from_waker(running.waker));
                if result.is_pending() && budget_used_up() {
                    running.meter.forced += 1;
                }
                result
            }
        }
    }
}

/// Whether Tokio made the poll end, so that other tasks have their turn. It wakes the task only after they had it.
#[cfg(feature = "tokio")]
fn budget_used_up() -> bool {
    !tokio::task::coop::has_budget_remaining()
}

#[cfg(not(feature = "tokio"))]
fn budget_used_up() -> bool {
    false
}

/// Measures one future.
struct Clock {
    start: Instant,
    meter: Meter,
    wakes: Option<(Arc<Wakes>, Waker)>, // of the task that polled it last, and the waker that the future gets
}

impl Clock {
    /// Begins a poll, which ends when the result is dropped: also if the future panics.
    fn begin(&mut self, task: &Waker) -> Running<'_> {
        let woken = self.woken();
        let current = match self.wakes.take() {
            Some(wakes) if wakes.0.wakes(task) => wakes,
            // Another task than before polls it. Only the waker of the last poll counts for a future, so older ones need not.
            _ => {
                let wakes = Wakes::new(task, self.start);
                (wakes.clone(), Waker::from(wakes))
            }
        };
        let (_, waker) = self.wakes.insert(current);
        let began = nanoseconds(self.start);
        self.meter.begin(woken, began);
        Running {
            waker,
            meter: &mut self.meter,
            start: self.start,
            began,
        }
    }

    /// The account of a future that will never be ready.
    fn abandoned(mut self) -> Meter {
        let woken = self.woken();
        self.meter.abandon(woken, nanoseconds(self.start));
        self.meter
    }

    /// When the future was woken. Nobody has to wake it for its first poll: it could be polled from the start.
    fn woken(&self) -> Option<u64> {
        self.wakes.as_ref().map_or(Some(0), |(wakes, _)| wakes.take())
    }
}

struct Running<'a> {
    waker: &'a Waker,
    meter: &'a mut Meter,
    start: Instant,
    began: u64,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.meter.end(self.began, nanoseconds(self.start));
    }
}
