// SPDX-License-Identifier: Apache-2.0

//! Records on a [`tracing`] span how its future was scheduled: how long it waited for a worker, how often it was polled, how long the
//! longest poll took. It works with every executor, because it needs nothing but the waker that each of them hands to a future.
//!
//! Make the span with [`task_span!`], and say [`measured`](MeasureExt::measured) where you would say `instrument`, right before the
//! future is spawned or awaited:
//!
//! ```
//! use task_fields::{task_span, MeasureExt};
//!
//! # async fn order(id: u64) -> u64 { id }
//! # #[tokio::main]
//! # async fn main() {
//! let span = task_span!("GET /orders/{id}", otel.kind = "server");
//! let task = tokio::spawn(order(7).measured(span));
//! assert_eq!(task.await.unwrap(), 7);
//! # }
//! ```
//!
//! # The fields
//!
//! All are recorded together, as `i64`, when the future is ready or when it is dropped before. Times are nanoseconds.
//!
//! | field | meaning |
//! | --- | --- |
//! | `poll_count` | polls of the future |
//! | `scheduled_ns` | how long it could have been polled and was not, summed. The wait for the first poll is part of it |
//! | `first_poll_delay_ns` | from `measured` to the first poll; absent if there was none |
//! | `longest_poll_ns` | the longest single poll |
//! | `forced_yield_count` | polls that ended because Tokio's budget was used up; only with the feature `tokio` |
//!
//! A wait begins with the wake. A future that is woken during a poll runs already, so that wait begins when the poll ends; later wakes
//! before the next poll change nothing. A poll without a wake, as `join!` makes them, ends no wait. A future that is dropped while it waits
//! has waited until then.
//!
//! Not every wait is one for a worker. If another future polls this one (`select!`, `FuturesUnordered`) and is not polled itself, or takes
//! its time, that counts too. So does the time from `measured` to the spawn.
//!
//! A span records only fields that it was made with. A span without any of these, or one that no subscriber wants, costs nothing but
//! a look at that: its future is polled with the waker of its task.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod future;
mod meter;
mod wakes;

use std::future::Future;

use tracing::Span;

pub use future::Measured;

#[doc(hidden)]
pub use tracing as __tracing;

/// Measures a future for its span.
pub trait MeasureExt: Future + Sized {
    /// Runs the future in the span, as [`tracing::Instrument::instrument`] does, and records on the span how the future was scheduled.
    ///
    /// The span needs the fields, empty: [`task_span!`] makes one that has them. Spans of other levels name them themselves:
    ///
    /// ```
    /// # use task_fields::MeasureExt;
    /// # use tracing::{debug_span, field::Empty};
    /// # async fn work() {}
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let span = debug_span!("work", poll_count = Empty, scheduled_ns = Empty, first_poll_delay_ns = Empty, longest_poll_ns = Empty);
    /// work().measured(span).await;
    /// # });
    /// ```
    ///
    /// A span that something else enters already, like that of tower-http's `TraceLayer`, is `Span::current()` here.
    fn measured(self, span: Span) -> Measured<Self> {
        Measured::new(self, span)
    }
}

impl<F: Future> MeasureExt for F {}

/// Makes a span at level `INFO` with the fields that [`MeasureExt::measured`] records, and with those that you name.
///
/// It takes what [`tracing::info_span!`] takes:
///
/// ```
/// use task_fields::task_span;
///
/// let id = 7;
/// let parent = task_span!("request", id, otel.kind = "server");
/// let child = task_span!(target: "jobs", parent: &parent, "job");
/// ```
#[macro_export]
macro_rules! task_span {
    (target: $target:expr, parent: $parent:expr, $name:expr $(, $($fields:tt)*)?) => {
        $crate::__task_span!({ target: $target, parent: $parent, $name } $($($fields)*)?)
    };
    (target: $target:expr, $name:expr $(, $($fields:tt)*)?) => {
        $crate::__task_span!({ target: $target, $name } $($($fields)*)?)
    };
    (parent: $parent:expr, $name:expr $(, $($fields:tt)*)?) => {
        $crate::__task_span!({ parent: $parent, $name } $($($fields)*)?)
    };
    ($name:expr $(, $($fields:tt)*)?) => {
        $crate::__task_span!({ $name } $($($fields)*)?)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __task_span {
    ({ $($head:tt)* } $($fields:tt)*) => {
        $crate::__tracing::info_span!(
            $($head)*,
            poll_count = $crate::__tracing::field::Empty,
            scheduled_ns = $crate::__tracing::field::Empty,
            first_poll_delay_ns = $crate::__tracing::field::Empty,
            longest_poll_ns = $crate::__tracing::field::Empty,
            forced_yield_count = $crate::__tracing::field::Empty,
            $($fields)*
        )
    };
}
