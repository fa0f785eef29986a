// SPDX-License-Identifier: Apache-2.0

//! The handlers for runtimes other than Tokio. A runtime is what it can do for a handler.

use std::{future::Future, hint::black_box, pin::Pin, sync::mpsc, thread, time::Duration};

use tracing::Span;

use crate::{
    handlers::{spin, PARSES, PARSING},
    lack, ledger,
    load::{Random, Weight},
    measured::run,
    outside, task_span,
    truth::{declare, known, Earns},
    Args,
};

pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

#[derive(Clone, Copy)]
pub struct Runtime {
    pub sleep: fn(Duration) -> Task,
    pub yield_now: fn() -> Task,
    /// Runs a task on the executor; the result ends with it.
    pub spawn: fn(Task) -> Task,
    /// Runs a closure on the blocking pool; the result ends with it.
    pub unblock: fn(Box<dyn FnOnce() + Send>) -> Task,
}

const LONG: Duration = Duration::from_millis(20);

const HEALTHY: &[Weight] = &[
    ("fast", 12),
    ("sleeps", 10),
    ("victim", 24),
    ("computes", 3),
    ("hash", 5),
    ("spawns", 4),
];
const OFFENDERS: &[Weight] = &[("block", 5), ("block_nested", 4), ("compute", 4), ("drain", 4), ("leaves", 4)];

pub fn mix(healthy: bool) -> Vec<Weight> {
    let parses = if lack::is_measured() { &[PARSES][..] } else { &[] };
    let offenders = if healthy { &[] } else { OFFENDERS };
    [HEALTHY, parses, offenders].concat()
}

impl Runtime {
    /// A request.
    pub async fn serve(self, operation: &'static str) {
        let ms = Duration::from_millis;
        match operation {
            "fast" => run(known(task_span!("fast"), Earns::Nothing), async { black_box(()) }).await,
            "sleeps" => run(known(task_span!("sleeps"), Earns::Nothing), (self.sleep)(ms(5))).await,
            "victim" => {
                run(known(task_span!("victim"), Earns::Nothing), async move {
                    (self.sleep)(ms(2)).await;
                    (self.sleep)(ms(3)).await;
                })
                .await
            }
            "computes" => {
                run(known(task_span!("computes"), Earns::Nothing), async move {
                    for _ in 0..12 {
                        spin(Duration::from_micros(250));
                        (self.yield_now)().await;
                    }
                })
                .await
            }
            "parses" => run(known(task_span!("parses"), Earns::Nothing), async { spin(PARSING) }).await,
            "hash" => {
                run(known(task_span!("hash"), Earns::Nothing), async move {
                    let parent = Span::current();
                    (self.unblock)(Box::new(move || {
                        let span = parent.in_scope(|| declare(tracing::info_span!("hash_password"), Earns::Nothing));
                        span.in_scope(|| spin(Duration::from_millis(12)));
                    }))
                    .await
                })
                .await
            }
            "spawns" => {
                run(known(task_span!("spawns"), Earns::Nothing), async move {
                    let one = || (self.spawn)(Box::pin(run(known(task_span!("task"), Earns::Nothing), (self.sleep)(ms(3)))));
                    let (a, b) = (one(), one());
                    a.await;
                    b.await;
                })
                .await
            }
            "block" => {
                run(known(task_span!("load_profile"), Earns::Blocking), async {
                    ledger::long_poll("load_profile", || thread::sleep(LONG));
                })
                .await
            }
            "block_nested" => {
                run(known(task_span!("block_nested"), Earns::Nothing), async {
                    let span = known(tracing::info_span!("read_file"), Earns::Blocking);
                    span.in_scope(|| ledger::long_poll("read_file", || thread::sleep(LONG)));
                })
                .await
            }
            "compute" => {
                run(known(task_span!("compute"), Earns::Blocking), async move {
                    (self.sleep)(ms(1)).await;
                    ledger::long_poll("compute", || spin(LONG));
                    (self.sleep)(ms(1)).await;
                })
                .await
            }
            // Nothing but the task itself ends its poll here: these runtimes have no budget.
            "drain" => {
                run(known(task_span!("drain"), Earns::NeverIdle), async move {
                    for message in 0..2560 {
                        black_box(message);
                        spin(Duration::from_micros(10));
                        if message % 128 == 127 {
                            (self.yield_now)().await;
                        }
                    }
                })
                .await
            }
            "leaves" => {
                run(known(task_span!("leaves"), Earns::Nothing), async move {
                    let left = run(known(task_span!("left_behind"), Earns::OutlivesParent), (self.sleep)(ms(30)));
                    let _detached = (self.spawn)(Box::pin(left));
                })
                .await
            }
            other => panic!("{other} is no operation"),
        }
    }

    /// Starts the executor's threads, which would else begin where the first client is: outside of the service's limits.
    fn start(self) {
        let (ended, wait) = mpsc::channel();
        let _detached = (self.spawn)(Box::pin(async move {
            (self.sleep)(Duration::from_millis(1)).await;
            (self.unblock)(Box::new(|| ())).await;
            let _ = ended.send(());
        }));
        let _ = wait.recv();
    }

    /// Threads outside of the executor spawn requests, each when its last has ended and after a pause.
    pub fn load(self, mix: &[Weight], args: &Args) {
        self.start();
        let end = std::time::Instant::now() + args.duration;
        thread::scope(|scope| {
            for client in 0..args.clients {
                scope.spawn(move || {
                    outside::leave();
                    let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ (client as u64 + 1));
                    while std::time::Instant::now() < end {
                        thread::sleep(random.pause(args.pause));
                        let (ended, wait) = mpsc::channel();
                        let operation = random.pick(mix);
                        let _detached = (self.spawn)(Box::pin(async move {
                            self.serve(operation).await;
                            let _ = ended.send(());
                        }));
                        let _ = wait.recv();
                    }
                });
            }
        });
    }
}
