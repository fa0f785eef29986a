//! Loops of tasks, the same on each runtime. The models play the same programs: internal/calibrate/loops.go has them under the same
//! names. On one worker nothing in a loop sleeps, so its time is what the primitives in it cost.

use crate::measure::{Chunk, ProcessChunk, Sample};
use crate::runtimes::{Root, Runtime};

/// A loop, by its name and what it does.
pub struct Loop {
    pub name: &'static str,
    pub how: &'static str,
    pub root: fn() -> Root,
}

const CHAIN: usize = 200;
const TASKS: usize = 200; // below the 256 that a worker of Tokio can queue
const LAPS: usize = 500;
const YIELDERS: usize = 100;
const YIELDS: usize = 20;
const GIVE_WAY: usize = 10; // turns after which all other tasks have run
const MANY: usize = 1000;

/// The loops for one worker.
pub fn on_one<R: Runtime>() -> Vec<Loop> {
    vec![
        Loop {
            name: "chain",
            how: "200 tasks, each spawned by the one before: per task",
            root: || Box::pin(chain::<R>()),
        },
        Loop {
            name: "spawn",
            how: "200 spawns in a task, none of which runs meanwhile: per spawn",
            root: || Box::pin(spawn::<R>()),
        },
        Loop {
            name: "join",
            how: "the wait for 200 tasks that were spawned: per task",
            root: || Box::pin(join::<R>()),
        },
        Loop {
            name: "joined",
            how: "the handles of 200 tasks that have ended: per handle",
            root: || Box::pin(joined::<R>()),
        },
        Loop {
            name: "yield",
            how: "500 times yield_now in a task that is alone: per turn",
            root: || Box::pin(yields::<R>()),
        },
        Loop {
            name: "yields",
            how: "20 times yield_now in each of 100 tasks: per turn",
            root: || Box::pin(many_yields::<R>()),
        },
        Loop {
            name: "channel",
            how: "a message to a channel and out of it in one task, 500 times: per message",
            root: || Box::pin(channel::<R>()),
        },
        Loop {
            name: "send",
            how: "a message to each of 100 tasks that wait for one: per message",
            root: || Box::pin(send::<R>()),
        },
        Loop {
            name: "ping_pong",
            how: "a message to another task and one back, 500 times: per round",
            root: || Box::pin(ping_pong::<R>()),
        },
        Loop {
            name: "lock",
            how: "a mutex that nobody else wants, locked and unlocked 500 times: per lock",
            root: || Box::pin(lock::<R>()),
        },
    ]
}

/// The loops for two workers.
pub fn on_two<R: Runtime>() -> Vec<Loop> {
    vec![
        Loop {
            name: "spawn_join",
            how: "1000 spawns in a task and the wait for all: per task",
            root: || Box::pin(spawn_join::<R>()),
        },
        Loop {
            name: "yields2",
            how: "20 times yield_now in each of 100 tasks: per turn",
            root: || Box::pin(two_yields::<R>()),
        },
        Loop {
            name: "ping_pong",
            how: "a message to another task and one back, 500 times: per round",
            root: || Box::pin(two_ping_pong::<R>()),
        },
    ]
}

async fn give_way<R: Runtime>() {
    for _ in 0..GIVE_WAY {
        R::yield_now().await;
    }
}

async fn chain<R: Runtime>() -> Sample {
    let (done, ended) = smol::channel::bounded(1);
    link::<R>(CHAIN, Chunk::start(), done);
    ended.recv().await.expect("the last task ends")
}

fn link<R: Runtime>(left: usize, chunk: Chunk, done: smol::channel::Sender<Sample>) {
    if left == 0 {
        done.try_send(chunk.stop(CHAIN)).expect("room");
        return;
    }
    R::detach(R::spawn(async move { link::<R>(left - 1, chunk, done) }));
}

async fn nothing() {}

async fn spawn<R: Runtime>() -> Sample {
    let mut handles = Vec::with_capacity(TASKS);
    let chunk = Chunk::start();
    for _ in 0..TASKS {
        handles.push(R::spawn(nothing()));
    }
    let sample = chunk.stop(TASKS);
    for h in handles {
        h.await;
    }
    sample
}

async fn join<R: Runtime>() -> Sample {
    let handles: Vec<_> = (0..TASKS).map(|_| R::spawn(nothing())).collect();
    let chunk = Chunk::start();
    for h in handles {
        h.await;
    }
    chunk.stop(TASKS)
}

async fn joined<R: Runtime>() -> Sample {
    let handles: Vec<_> = (0..TASKS).map(|_| R::spawn(nothing())).collect();
    give_way::<R>().await;
    let chunk = Chunk::start();
    for h in handles {
        h.await;
    }
    chunk.stop(TASKS)
}

async fn yields<R: Runtime>() -> Sample {
    let chunk = Chunk::start();
    for _ in 0..LAPS {
        R::yield_now().await;
    }
    chunk.stop(LAPS)
}

fn yielders<R: Runtime>() -> Vec<R::Handle> {
    let yielder = || async {
        for _ in 0..YIELDS {
            R::yield_now().await;
        }
    };
    (0..YIELDERS).map(|_| R::spawn(yielder())).collect()
}

async fn many_yields<R: Runtime>() -> Sample {
    let handles = yielders::<R>();
    let chunk = Chunk::start();
    for h in handles {
        h.await;
    }
    chunk.stop(YIELDERS * YIELDS)
}

async fn two_yields<R: Runtime>() -> Sample {
    let chunk = ProcessChunk::start();
    let handles = yielders::<R>();
    for h in handles {
        h.await;
    }
    chunk.stop(YIELDERS * YIELDS)
}

async fn channel<R: Runtime>() -> Sample {
    let (to, mut from) = R::channel(1);
    let chunk = Chunk::start();
    for _ in 0..LAPS {
        R::send(&to).await;
        R::receive(&mut from).await;
    }
    chunk.stop(LAPS)
}

async fn send<R: Runtime>() -> Sample {
    let mut handles = Vec::new();
    let mut channels = Vec::new();
    for _ in 0..YIELDERS {
        let (to, mut from) = R::channel(1);
        channels.push(to);
        handles.push(R::spawn(async move { R::receive(&mut from).await }));
    }
    give_way::<R>().await;
    let chunk = Chunk::start();
    for to in &channels {
        R::send(to).await;
    }
    let sample = chunk.stop(YIELDERS);
    for h in handles {
        h.await;
    }
    sample
}

/// Starts a task that answers each message, and returns what to play against it.
fn partner<R: Runtime>() -> (R::Sender, R::Receiver, R::Handle) {
    let (to, mut theirs) = R::channel(1);
    let (answer, from) = R::channel(1);
    let handle = R::spawn(async move {
        for _ in 0..LAPS {
            R::receive(&mut theirs).await;
            R::send(&answer).await;
        }
    });
    (to, from, handle)
}

async fn volley<R: Runtime>(to: &R::Sender, from: &mut R::Receiver) {
    for _ in 0..LAPS {
        R::send(to).await;
        R::receive(from).await;
    }
}

async fn ping_pong<R: Runtime>() -> Sample {
    let (to, mut from, handle) = partner::<R>();
    give_way::<R>().await;
    let chunk = Chunk::start();
    volley::<R>(&to, &mut from).await;
    let sample = chunk.stop(LAPS);
    handle.await;
    sample
}

async fn two_ping_pong<R: Runtime>() -> Sample {
    let (to, mut from, handle) = partner::<R>();
    give_way::<R>().await;
    let chunk = ProcessChunk::start();
    volley::<R>(&to, &mut from).await;
    let sample = chunk.stop(LAPS);
    handle.await;
    sample
}

async fn lock<R: Runtime>() -> Sample {
    let mutex = R::mutex();
    let chunk = Chunk::start();
    for _ in 0..LAPS {
        R::lock(&mutex).await;
    }
    chunk.stop(LAPS)
}

async fn spawn_join<R: Runtime>() -> Sample {
    let mut handles = Vec::with_capacity(MANY);
    let chunk = ProcessChunk::start();
    for _ in 0..MANY {
        handles.push(R::spawn(nothing()));
    }
    for h in handles {
        h.await;
    }
    chunk.stop(MANY)
}
