// SPDX-License-Identifier: Apache-2.0

//! Futures that are polled by hand: what is recorded, whatever happens to them.

mod spans;

use std::future::{pending, poll_fn, ready, Future};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use spans::Spans;
use task_fields::{task_span, MeasureExt};
use tracing::{info_span, Dispatch, Instrument, Span};
use tracing_subscriber::{filter::LevelFilter, prelude::*, Registry};

const A_WHILE: Duration = Duration::from_millis(5);
const A_WHILE_NS: i64 = A_WHILE.as_nanos() as i64;

/// A task that counts how often it is woken.
#[derive(Default)]
struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Task {
    fn poll<T>(self: &Arc<Self>, future: &mut Pin<Box<impl Future<Output = T>>>) -> Poll<T> {
        future.as_mut().poll(&mut Context::from_waker(&Waker::from(self.clone())))
    }

    fn woken(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Keeps the waker of each poll, and is ready at the poll of that number.
fn keeps(last: &Arc<Mutex<Option<Waker>>>, mut polls: u32) -> impl Future<Output = ()> {
    let last = last.clone();
    poll_fn(move |context| {
        *last.lock().unwrap() = Some(context.waker().clone());
        polls -= 1;
        if polls == 0 {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
}

fn wake(last: &Mutex<Option<Waker>>) {
    last.lock().unwrap().as_ref().unwrap().wake_by_ref();
}

#[test]
fn tells_its_span_when_it_is_ready() {
    let (spans, task) = (Spans::new(), Arc::new(Task::default()));
    let waker = Arc::default();
    let mut future = Box::pin(keeps(&waker, 2).measured(spans.make(|| task_span!("job"))));
    thread::sleep(A_WHILE);
    assert!(task.poll(&mut future).is_pending());
    wake(&waker);
    wake(&waker);
    assert_eq!(task.woken(), 2, "every wake reaches the task");
    thread::sleep(A_WHILE);
    assert!(task.poll(&mut future).is_ready());
    thread::sleep(A_WHILE);
    drop(future);
    wake(&waker); // a waker may live longer than the future

    assert_eq!(spans.number("job", "poll_count"), 2);
    let first = spans.number("job", "first_poll_delay_ns");
    assert!(first >= A_WHILE_NS);
    assert!(spans.number("job", "scheduled_ns") >= first + A_WHILE_NS);
    let busy = spans.number("job", "busy_ns");
    assert!(spans.number("job", "longest_poll_ns") <= busy, "a poll is measured within its span");
    assert!(spans.number("job", "scheduled_ns") <= busy + spans.number("job", "idle_ns"));
}

#[test]
fn idle_time_is_no_wait() {
    let (spans, task) = (Spans::new(), Arc::new(Task::default()));
    let mut future = Box::pin(keeps(&Arc::default(), 3).measured(spans.make(|| task_span!("job"))));
    for _ in 0..3 {
        let _result = task.poll(&mut future); // nobody has woken it
        thread::sleep(A_WHILE);
    }
    drop(future);
    assert_eq!(spans.number("job", "poll_count"), 3);
    assert_eq!(spans.number("job", "scheduled_ns"), spans.number("job", "first_poll_delay_ns"));
}

#[test]
fn what_comes_after_its_end_does_not_count() {
    let (spans, task) = (Spans::new(), Arc::new(Task::default()));
    let waker = Arc::default();
    let keeps = keeps(&waker, 1);
    let wakes_itself = async {
        keeps.await;
        wake(&waker);
    };
    let mut future = Box::pin(wakes_itself.measured(spans.make(|| task_span!("job"))));
    assert!(task.poll(&mut future).is_ready());
    wake(&waker);
    thread::sleep(A_WHILE);
    drop(future);
    assert_eq!(spans.number("job", "poll_count"), 1);
    assert_eq!(spans.number("job", "scheduled_ns"), spans.number("job", "first_poll_delay_ns"));
}

#[test]
fn dropped_before_it_is_ready() {
    let (spans, task) = (Spans::new(), Arc::new(Task::default()));
    let make = |name: &'static str| spans.make(|| task_span!("job", otel.name = name));

    drop(pending::<()>().measured(make("never polled")));
    assert_eq!(spans.number("never polled", "poll_count"), 0);
    assert_eq!(spans.get("never polled", "first_poll_delay_ns"), None);
    assert_eq!(spans.number("never polled", "longest_poll_ns"), 0);

    let mut idle = Box::pin(pending::<()>().measured(make("idle")));
    assert!(task.poll(&mut idle).is_pending());
    thread::sleep(A_WHILE);
    drop(idle);
    assert_eq!(spans.number("idle", "poll_count"), 1);
    assert_eq!(spans.number("idle", "scheduled_ns"), spans.number("idle", "first_poll_delay_ns"));

    let waker = Arc::default();
    let mut waits = Box::pin(keeps(&waker, 9).measured(make("waits")));
    assert!(task.poll(&mut waits).is_pending());
    wake(&waker);
    thread::sleep(A_WHILE);
    drop(waits);
    assert!(spans.number("waits", "scheduled_ns") >= spans.number("waits", "first_poll_delay_ns") + A_WHILE_NS);
}

#[test]
fn a_poll_that_panics_counts() {
    let (spans, task) = (Spans::new(), Arc::new(Task::default()));
    let fails = poll_fn(|_| -> Poll<()> {
        thread::sleep(A_WHILE);
        std::panic::resume_unwind(Box::new("on purpose")) // prints nothing
    });
    let mut future = Box::pin(fails.measured(spans.make(|| task_span!("job"))));
    assert!(catch_unwind(AssertUnwindSafe(|| task.poll(&mut future))).is_err());
    drop(future);
    assert_eq!(spans.number("job", "poll_count"), 1);
    assert!(spans.number("job", "longest_poll_ns") >= A_WHILE_NS);
}

#[test]
fn a_future_that_moves_wakes_the_task_that_polled_it_last() {
    let (spans, old, new) = (Spans::new(), Arc::new(Task::default()), Arc::new(Task::default()));
    let waker = Arc::default();
    let mut future = Box::pin(keeps(&waker, 4).measured(spans.make(|| task_span!("job"))));
    assert!(old.poll(&mut future).is_pending());
    let stale = waker.lock().unwrap().clone().unwrap();
    wake(&waker); // by the old task, so this wait is known
    thread::sleep(A_WHILE);
    assert!(new.poll(&mut future).is_pending());
    wake(&waker);
    stale.wake();
    assert_eq!((old.woken(), new.woken()), (2, 1), "each waker wakes the task that it came from");
    assert!(new.poll(&mut future).is_pending());
    assert!(new.poll(&mut future).is_ready());
    drop(future);
    assert_eq!(spans.number("job", "poll_count"), 4);
    assert!(spans.number("job", "scheduled_ns") >= A_WHILE_NS);
}

/// Keeps whether a future gets the waker of its task.
fn gets_it(span: Span) -> bool {
    let task = Waker::from(Arc::new(Task::default()));
    let mut future = Box::pin(poll_fn(|context| Poll::Ready(context.waker().will_wake(&task))).measured(span));
    match future.as_mut().poll(&mut Context::from_waker(&task)) {
        Poll::Ready(same) => same,
        Poll::Pending => unreachable!("it is ready at once"),
    }
}

#[test]
fn who_asks_for_nothing_pays_for_nothing() {
    let spans = Spans::new();
    assert!(gets_it(Span::none()));
    let warnings: Dispatch = Registry::default().with(LevelFilter::WARN).into();
    assert!(gets_it(tracing::dispatcher::with_default(&warnings, || task_span!(
        "whose level nobody wants"
    ))));
    assert!(gets_it(spans.make(|| info_span!("without fields"))));
    assert!(!gets_it(
        spans.make(|| info_span!("one field", scheduled_ns = tracing::field::Empty))
    ));
    assert!(spans.get("one field", "scheduled_ns").is_some());
    assert_eq!(spans.get("one field", "poll_count"), None);
}

#[test]
fn a_waker_stays_the_same_from_poll_to_poll() {
    let (spans, task) = (Spans::new(), Arc::new(Task::default()));
    let mut last: Option<Waker> = None;
    let mut seen = Vec::new();
    let mut future = Box::pin(
        poll_fn(|context| -> Poll<()> {
            seen.push(last.as_ref().map(|last| last.will_wake(context.waker())));
            last = Some(context.waker().clone());
            Poll::Pending
        })
        .measured(spans.make(|| task_span!("job"))),
    );
    for _ in 0..3 {
        assert!(task.poll(&mut future).is_pending());
    }
    drop(future);
    assert_eq!(seen, [None, Some(true), Some(true)], "a future need not store it anew");
    drop(last);
    assert_eq!(Arc::strong_count(&task), 1, "nothing holds the task");
}

#[test]
fn in_a_span_that_is_entered_already() {
    let (spans, task) = (Spans::new(), Arc::new(Task::default()));
    let span = spans.make(|| task_span!("request"));
    let mut future = Box::pin(async { ready(7).measured(Span::current()).await }.instrument(span));
    assert_eq!(spans.make(|| task.poll(&mut future)), Poll::Ready(7)); // Span::current() asks the thread's subscriber
    drop(future);
    assert_eq!(spans.number("request", "poll_count"), 1);
}

#[test]
fn the_macro_takes_what_info_span_takes() {
    let spans = Spans::new();
    spans.make(|| {
        let id = 7;
        let parent = task_span!("parent", id, otel.kind = "server", method = %"GET",);
        let _all = [
            task_span!("plain"),
            task_span!(target: "jobs", "with target"),
            task_span!(parent: &parent, "with parent", id),
            task_span!(target: "jobs", parent: &parent, "with both", id),
        ];
        parent
    });
    assert_eq!(spans.number("parent", "id"), 7);
    assert_eq!(spans.number("with both", "id"), 7);
}
