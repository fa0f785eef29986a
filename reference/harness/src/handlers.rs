// SPDX-License-Identifier: Apache-2.0

//! Handlers on Tokio, each with its truth beside it. A framework serves [`serve`] under `/NAME` for each name that [`mix`] has.

use std::{
    hint::black_box,
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
    time::sleep,
};
use tracing::{Instrument, Span};

use crate::{
    clock, lack, ledger,
    load::Weight,
    measured::run,
    outside, task_span,
    truth::{declare, known, queue_wait, Earns},
};

const LONG: Duration = Duration::from_millis(20);
pub const PARSING: Duration = Duration::from_millis(2);

/// What every service does, whether it is healthy or not.
const HEALTHY: &[Weight] = &[
    ("fast", 12),
    ("sleeps", 10),
    ("victim", 24),
    ("io", 8),
    ("joins", 4),
    ("computes", 3),
    ("pool", 4),
    ("hash", 4),
    ("spawns", 4),
];

/// What a service does that lacks a CPU: it needs one for a while, but not for long.
pub const PARSES: Weight = ("parses", 12);

const OFFENDERS: &[Weight] = &[
    ("block", 5),
    ("block_nested", 4),
    ("block_bare", 4),
    ("compute", 4),
    ("drain", 4),
    ("leaves", 4),
    ("crowd", 2),
];

/// The operations of a service and how often they are asked for.
pub fn mix(healthy: bool, current_thread: bool) -> Vec<Weight> {
    let mut mix = HEALTHY.to_vec();
    if lack::is_measured() {
        mix.push(PARSES);
    }
    if !healthy {
        mix.extend_from_slice(OFFENDERS);
        // Where it is measured who lacked a CPU, the workers stay the same threads.
        if !current_thread && !lack::is_measured() {
            mix.push(("block_in_place", 1));
        }
    }
    mix
}

/// Serves a request. `bare` is the name of the framework's span: a handler without a span of its own blocks in it.
pub async fn serve(operation: &'static str, bare: &'static str) -> &'static str {
    match operation {
        "fast" => fast().await,
        "sleeps" => sleeps().await,
        "victim" => victim().await,
        "io" => io().await,
        "joins" => joins().await,
        "computes" => computes().await,
        "parses" => parses().await,
        "pool" => pool().await,
        "hash" => hash().await,
        "spawns" => spawns().await,
        "block" => block().await,
        "block_nested" => block_nested().await,
        "block_bare" => block_bare(bare),
        "compute" => compute().await,
        "drain" => drain().await,
        "leaves" => leaves().await,
        "crowd" => crowd().await,
        "block_in_place" => block_in_place().await,
        other => panic!("{other} is no operation"),
    }
    "ok"
}

pub async fn fast() {
    run(known(task_span!("fast"), Earns::Nothing), async { black_box(()) }).await
}

pub async fn sleeps() {
    run(known(task_span!("sleeps"), Earns::Nothing), sleep(Duration::from_millis(5))).await
}

/// Sleeps like the one above. Whether it was held up says the ledger.
pub async fn victim() {
    run(known(task_span!("victim"), Earns::Nothing), async {
        sleep(Duration::from_millis(2)).await;
        sleep(Duration::from_millis(3)).await;
    })
    .await
}

/// Asks a server that takes 3 ms.
pub async fn io() {
    run(known(task_span!("io"), Earns::Nothing), async {
        let mut stream = TcpStream::connect(slow_echo()).await.expect("the echo server");
        let mut buffer = [7; 64];
        stream.write_all(&buffer).await.expect("the echo server");
        let _ = stream.read_exact(&mut buffer).await;
    })
    .await
}

/// Eight parts at once.
pub async fn joins() {
    run(known(task_span!("joins"), Earns::Nothing), async {
        let part = || run(known(task_span!("part"), Earns::Nothing), sleep(Duration::from_millis(4)));
        tokio::join!(part(), part(), part(), part(), part(), part(), part(), part());
    })
    .await
}

/// Computes for 3 ms, and lets others run every quarter of a millisecond.
pub async fn computes() {
    run(known(task_span!("computes"), Earns::Nothing), async {
        for _ in 0..12 {
            spin(Duration::from_micros(250));
            tokio::task::yield_now().await;
        }
    })
    .await
}

/// Computes for 2 ms in one poll.
pub async fn parses() {
    run(known(task_span!("parses"), Earns::Nothing), async { spin(PARSING) }).await
}

/// Waits for a closure on the blocking pool, that runs in this span as well.
pub async fn pool() {
    let span = known(task_span!("pool"), Earns::Nothing);
    let inside = span.clone();
    run(span, async move {
        let closure = move || inside.in_scope(|| thread::sleep(Duration::from_millis(15)));
        tokio::task::spawn_blocking(closure).await.expect("the closure");
    })
    .await
}

/// Waits for a closure on the blocking pool that has a span of its own.
pub async fn hash() {
    run(known(task_span!("hash"), Earns::Nothing), async {
        let parent = Span::current();
        let closure = move || {
            let span = parent.in_scope(|| declare(tracing::info_span!("hash_password"), Earns::Nothing));
            span.in_scope(|| spin(Duration::from_millis(12)));
        };
        tokio::task::spawn_blocking(closure).await.expect("the closure");
    })
    .await
}

/// Two tasks, awaited.
pub async fn spawns() {
    run(known(task_span!("spawns"), Earns::Nothing), async {
        let one = || tokio::spawn(run(known(task_span!("task"), Earns::Nothing), sleep(Duration::from_millis(3))));
        let (a, b) = (one(), one());
        let _ = tokio::join!(a, b);
    })
    .await
}

/// Blocks its worker in a span of its own.
pub async fn block() {
    run(known(task_span!("load_profile"), Earns::Blocking), async {
        ledger::long_poll("load_profile", || thread::sleep(LONG));
    })
    .await
}

/// Blocks in the span of a function that it calls; its own span does nothing else.
pub async fn block_nested() {
    run(known(task_span!("block_nested"), Earns::Nothing), async {
        let span = known(tracing::info_span!("read_file"), Earns::Blocking);
        span.in_scope(|| ledger::long_poll("read_file", || thread::sleep(LONG)));
    })
    .await
}

/// Blocks in the span that the framework made.
pub fn block_bare(bare: &'static str) {
    known(Span::current(), Earns::Blocking);
    ledger::long_poll(bare, || thread::sleep(LONG));
}

/// Needs the CPU for 20 ms in one poll, between two short waits.
pub async fn compute() {
    run(known(task_span!("compute"), Earns::Blocking), async {
        sleep(Duration::from_millis(1)).await;
        ledger::long_poll("compute", || spin(LONG));
        sleep(Duration::from_millis(1)).await;
    })
    .await
}

/// Takes 2,560 messages of a full channel, 10 us each. Tokio's budget ends a poll after 128 of them; the task is ready again at once.
pub async fn drain() {
    const MESSAGES: u32 = 2560;
    let (send, mut receive) = mpsc::channel(MESSAGES as usize);
    for message in 0..MESSAGES {
        send.try_send(message).expect("room for all");
    }
    drop(send);
    run(known(task_span!("drain"), Earns::NeverIdle), async move {
        while let Some(message) = receive.recv().await {
            black_box(message);
            spin(Duration::from_micros(10));
        }
    })
    .await
}

/// Answers, and leaves a task behind.
pub async fn leaves() {
    run(known(task_span!("leaves"), Earns::Nothing), async {
        tokio::spawn(run(
            known(task_span!("left_behind"), Earns::OutlivesParent),
            sleep(Duration::from_millis(30)),
        ));
    })
    .await
}

/// 60 tasks at once, each of half a millisecond: the last ones wait for a worker, which the task itself sees.
pub async fn crowd() {
    run(known(task_span!("crowd"), Earns::Nothing), async {
        let mut tasks = Vec::new();
        for _ in 0..60 {
            let spawned = Instant::now();
            tasks.push(tokio::spawn(run(known(task_span!("member"), Earns::Nothing), async move {
                queue_wait(&Span::current(), spawned.elapsed().as_nanos() as u64);
                spin(Duration::from_micros(500));
            })));
        }
        for task in tasks {
            let _ = task.await;
        }
    })
    .await
}

/// Blocks where Tokio was told: another thread takes the worker's place.
pub async fn block_in_place() {
    async { tokio::task::block_in_place(|| thread::sleep(LONG)) }
        .instrument(known(tracing::info_span!("block_in_place"), Earns::Nothing))
        .await
}

/// Uses the CPU for so long.
pub fn spin(time: Duration) {
    let end = clock::thread_cpu() + time.as_nanos() as u64;
    while clock::thread_cpu() < end {
        black_box(());
    }
}

/// A server that answers 64 bytes after 3 ms, on threads of its own.
pub fn slow_echo() -> std::net::SocketAddr {
    use std::io::{Read, Write};
    static ADDRESS: OnceLock<std::net::SocketAddr> = OnceLock::new();
    *ADDRESS.get_or_init(|| {
        let listener = std::net::TcpListener::bind("localhost:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        thread::spawn(move || {
            outside::leave();
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                // It begins where this one is. To move a thread makes others wait for milliseconds.
                let answer = move || {
                    let mut buffer = [0; 64];
                    if stream.read_exact(&mut buffer).is_ok() {
                        thread::sleep(Duration::from_millis(3));
                        let _ = stream.write_all(&buffer);
                    }
                };
                let thread = thread::Builder::new().name("truth-server".into());
                thread.spawn(answer).expect("a thread for a connection");
            }
        });
        address
    })
}
