// SPDX-License-Identifier: Apache-2.0

//! When a span was polled, and for how long the thread that polled it had no CPU then. A thread that ends a poll runs, so each of its waits
//! has been counted: this is exact.

use std::cell::Cell;

use harness::{clock, lack, outside};
use tracing::{
    span::{Attributes, Id},
    Subscriber,
};
use tracing_subscriber::{layer::Context, registry::LookupSpan, Layer};

#[derive(Debug, Default)]
pub struct Polls {
    now: Vec<Poll>, // a closure on the blocking pool may run in the span while a worker polls it
    times: Vec<(u64, u64)>,
    lacked: u64,
}

#[derive(Debug)]
struct Poll {
    thread: i32,
    start: u64,
    waited: u64,
}

thread_local! {
    /// Of the span that is being closed here: OpenTelemetry's layer ends it next.
    static CLOSED: Cell<Option<Polls>> = const { Cell::new(None) };
}

/// What the layer has seen of the span that ends on this thread.
pub fn of_this_span() -> Option<Polls> {
    CLOSED.take()
}

impl Polls {
    /// For how long its threads had no CPU.
    pub fn lacked(&self) -> u64 {
        self.lacked
    }

    /// The times between a span's start and its end in which nobody polled it.
    pub fn gaps(&mut self, start: u64, end: u64) -> Vec<(u64, u64)> {
        self.times.sort_unstable();
        let (mut gaps, mut polled) = (Vec::new(), start);
        for &(from, to) in &self.times {
            if from > polled {
                gaps.push((polled, from.min(end)));
            }
            polled = polled.max(to);
        }
        if end > polled {
            gaps.push((polled, end));
        }
        gaps
    }
}

/// Watches spans. It stands below OpenTelemetry's layer, so that it is told first.
pub struct Watch;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Watch {
    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Polls::default());
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        let poll = Poll {
            thread: outside::current(),
            start: clock::now(),
            waited: lack::waited_here(),
        };
        if let Some(span) = context.span(id) {
            if let Some(polls) = span.extensions_mut().get_mut::<Polls>() {
                polls.now.push(poll);
            }
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        let (end, waited, thread) = (clock::now(), lack::waited_here(), outside::current());
        let Some(span) = context.span(id) else { return };
        let mut extensions = span.extensions_mut();
        let Some(polls) = extensions.get_mut::<Polls>() else { return };
        if let Some(at) = polls.now.iter().rposition(|poll| poll.thread == thread) {
            let poll = polls.now.remove(at);
            polls.lacked += waited.saturating_sub(poll.waited);
            polls.times.push((poll.start, end));
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let polls = context.span(&id).and_then(|span| span.extensions_mut().remove::<Polls>());
        CLOSED.set(polls);
    }
}

#[cfg(test)]
mod tests {
    use super::Polls;

    #[test]
    fn gaps_are_what_nobody_polled() {
        let mut polls = Polls {
            times: vec![(40, 50), (10, 20), (15, 25)],
            ..Polls::default()
        };
        assert_eq!(polls.gaps(0, 60), [(0, 10), (25, 40), (50, 60)]);
        assert_eq!(Polls::default().gaps(0, 60), [(0, 60)]);
        let mut whole = Polls {
            times: vec![(0, 60)],
            ..Polls::default()
        };
        assert_eq!(whole.gaps(0, 60), []);
    }
}
