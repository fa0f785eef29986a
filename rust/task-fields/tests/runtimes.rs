// SPDX-License-Identifier: Apache-2.0

//! Tasks of real executors. Bounds on times hold however slow the machine is.

mod spans;

use std::future::{poll_fn, Future};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use smol::channel::bounded;
use spans::Spans;
use task_fields::{task_span, MeasureExt};

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs tasks, spawned in this order from a task, to their end.
type Executor = fn(Vec<Task>);

fn tokio_one_thread(tasks: Vec<Task>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { tasks.into_iter().collect::<tokio::task::JoinSet<_>>().join_all().await });
}

fn tokio_workers(tasks: Vec<Task>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async { tasks.into_iter().collect::<tokio::task::JoinSet<_>>().join_all().await });
}

fn smol_one_thread(tasks: Vec<Task>) {
    let executor = smol::LocalExecutor::new();
    smol::block_on(executor.run(futures_util::future::join_all(
        tasks.into_iter().map(|task| executor.spawn(task)).collect::<Vec<_>>(),
    )));
}

fn smol_global(tasks: Vec<Task>) {
    smol::block_on(futures_util::future::join_all(
        tasks.into_iter().map(smol::spawn).collect::<Vec<_>>(),
    ));
}

fn async_std(tasks: Vec<Task>) {
    async_std::task::block_on(futures_util::future::join_all(
        tasks.into_iter().map(async_std::task::spawn).collect::<Vec<_>>(),
    ));
}

const EXECUTORS: [(&str, Executor); 5] = [
    ("tokio, one thread", tokio_one_thread),
    ("tokio, workers", tokio_workers),
    ("smol, one thread", smol_one_thread),
    ("smol, global", smol_global),
    ("async-std", async_std),
];
const ONE_THREAD: [(&str, Executor); 2] = [("tokio, one thread", tokio_one_thread), ("smol, one thread", smol_one_thread)];

#[test]
fn woken_by_another_thread() {
    for (name, run) in EXECUTORS {
        println!("{name}");
        let spans = Spans::new();
        let (send, receive) = bounded(1);
        let begin = Instant::now();
        let drain = async move { while receive.recv().await.is_ok() {} };
        let task = drain.measured(spans.make(|| task_span!("drain")));
        let sender = thread::spawn(move || {
            for number in 0..200 {
                while send.try_send(number).is_err() {
                    thread::yield_now();
                }
            }
        });
        run(vec![task.boxed()]);
        let elapsed = begin.elapsed().as_nanos() as i64;
        sender.join().unwrap();

        let [polls, scheduled, first, longest, busy, idle] = [
            "poll_count",
            "scheduled_ns",
            "first_poll_delay_ns",
            "longest_poll_ns",
            "busy_ns",
            "idle_ns",
        ]
        .map(|field| spans.number("drain", field));
        assert!(polls >= 1 && first > 0 && scheduled >= first);
        assert!(longest <= busy && scheduled + longest <= busy + idle && scheduled <= elapsed);
    }
}

/// Tokio takes the turn of a task that never waits; no other executor does.
#[cfg(feature = "tokio")]
#[test]
fn budget() {
    for (name, run) in EXECUTORS {
        println!("{name}");
        let spans = Spans::new();
        let (send, mut receive) = tokio::sync::mpsc::unbounded_channel();
        for number in 0..1_000 {
            send.send(number).unwrap();
        }
        drop(send);
        let drain = async move { while receive.recv().await.is_some() {} };
        run(vec![drain.measured(spans.make(|| task_span!("drain"))).boxed()]);

        let [polls, forced] = ["poll_count", "forced_yield_count"].map(|field| spans.number("drain", field));
        assert_eq!(polls, forced + 1);
        assert_eq!(forced > 0, name.starts_with("tokio"));
    }
}

/// A task that any number of threads wake at any time is polled after each wake, or this test never ends.
#[test]
fn no_wake_is_lost() {
    const THREADS: usize = 4;
    const WAKES: usize = 2_000;
    for (name, run) in EXECUTORS {
        println!("{name}");
        let spans = Spans::new();
        let (told, waker) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Waker::noop().clone())));
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let (told, waker) = (told.clone(), waker.clone());
                thread::spawn(move || {
                    for _ in 0..WAKES {
                        told.fetch_add(1, Ordering::SeqCst);
                        let current = waker.lock().unwrap().clone();
                        current.wake();
                    }
                })
            })
            .collect();
        let waits = poll_fn(move |context| {
            waker.lock().unwrap().clone_from(context.waker());
            if told.load(Ordering::SeqCst) == THREADS * WAKES {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        });
        run(vec![waits.measured(spans.make(|| task_span!("waits"))).boxed()]);
        for thread in threads {
            thread.join().unwrap();
        }
        assert!(spans.number("waits", "scheduled_ns") >= spans.number("waits", "first_poll_delay_ns"));
    }
}

/// The one thread is held: whoever can run waits, and says for how long.
#[test]
fn held_up() {
    const HELD: Duration = Duration::from_millis(5);
    const HELD_NS: i64 = HELD.as_nanos() as i64;
    for (name, run) in ONE_THREAD {
        println!("{name}");
        let spans = Spans::new();
        let (send, receive) = bounded(1);
        let waits = async move { receive.recv().await.unwrap() }.measured(spans.make(|| task_span!("waits for a message")));
        let blocks = async move {
            send.try_send(()).unwrap();
            thread::sleep(HELD);
        };
        let blocks = blocks.measured(spans.make(|| task_span!("sends it and blocks")));
        let queued = async {}.measured(spans.make(|| task_span!("queued")));
        run(vec![waits.boxed(), blocks.boxed(), queued.boxed()]);

        assert!(spans.number("sends it and blocks", "longest_poll_ns") >= HELD_NS);
        assert!(spans.number("queued", "first_poll_delay_ns") >= HELD_NS);
        assert_eq!(
            spans.number("queued", "scheduled_ns"),
            spans.number("queued", "first_poll_delay_ns")
        );
        let first = spans.number("waits for a message", "first_poll_delay_ns");
        assert!(spans.number("waits for a message", "scheduled_ns") >= first + HELD_NS);
    }
}

/// A future between two monitors of tokio-metrics: what the inner one sees contains what the future sees, and that contains what
/// the outer one sees. A wake passes from the inside to the outside, and a poll from the outside to the inside.
#[test]
fn agrees_with_tokio_metrics() {
    let (outer, inner) = (tokio_metrics::TaskMonitor::new(), tokio_metrics::TaskMonitor::new());
    let spans = Spans::new();
    let (ask, asked) = bounded(1);
    let (answer, answers) = bounded(1);
    let serve = async move {
        while let Ok(number) = asked.recv().await {
            answer.send(number).await.unwrap();
        }
    };
    let client = async move {
        for number in 0..100 {
            ask.send(number).await.unwrap();
            assert_eq!(answers.recv().await, Ok(number));
        }
    };
    let serve = tokio_metrics::TaskMonitor::instrument(&inner, serve).measured(spans.make(|| task_span!("serve")));
    tokio_one_thread(vec![tokio_metrics::TaskMonitor::instrument(&outer, serve).boxed(), client.boxed()]);

    let (outer, inner) = (outer.cumulative(), inner.cumulative());
    let between = |field: &str, least: Duration, most: Duration| {
        let value = spans.number("serve", field);
        assert!(
            (least.as_nanos() as i64..=most.as_nanos() as i64).contains(&value),
            "{field}: {value} is not in {least:?}..={most:?}"
        );
    };
    assert!(outer.total_poll_count > 100);
    assert_eq!(spans.number("serve", "poll_count"), outer.total_poll_count as i64);
    between("first_poll_delay_ns", outer.total_first_poll_delay, inner.total_first_poll_delay);
    // Theirs begins at the wake, also if the task runs then, and leaves the first wait out.
    let scheduled = inner.total_scheduled_duration + inner.total_first_poll_delay;
    between("scheduled_ns", Duration::ZERO, scheduled);
    between(
        "longest_poll_ns",
        inner.total_poll_duration / inner.total_poll_count as u32,
        outer.total_poll_duration,
    );
}
