// SPDX-License-Identifier: Apache-2.0

//! What happened: the requests, and each poll of each task. A thread writes polls into a buffer of its own, which holds them all, so that
//! recording takes neither locks nor memory while the plan is played.

use std::{
    cell::{Cell, UnsafeCell},
    future::Future,
    mem::MaybeUninit,
    pin::Pin,
    sync::{
        atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering::*},
        Arc, Mutex, OnceLock,
    },
    task::{Context, Poll, Wake, Waker},
    thread::Thread,
};

use pin_project_lite::pin_project;

use crate::{
    clock,
    plan::{Plan, Step},
};

/// A request's own task, without the tasks that it spawns.
#[derive(Default)]
pub struct Request {
    pub spawned: AtomicU64,
    pub first_poll: AtomicU64,
    pub end: AtomicU64,
    pub wait: AtomicU64, // runnable and not polled; without a record of polls only before the first one
    pub polls: AtomicU64,
}

#[derive(Clone, Copy)]
pub struct Polled {
    pub task: u32, // from 1, in the order of spawning
    pub ready: bool,
    pub queued: u64,
    pub start: u64,
    pub end: u64,
}

struct Buffer {
    polls: Box<[UnsafeCell<MaybeUninit<Polled>>]>,
    written: AtomicUsize,
    lost: AtomicUsize,
    thread: String,
}

// A buffer is written by its thread alone, and read below `written` only.
unsafe impl Sync for Buffer {}

struct Record {
    requests: Box<[Request]>,
    unfinished: AtomicUsize, // requests
    main: Thread,
    every_poll: bool,
    room: usize,        // in a thread's buffer
    spawned: AtomicU32, // tasks
    ended: AtomicU32,   // of them
    buffers: Mutex<Vec<&'static Buffer>>,
}

static RECORD: OnceLock<Record> = OnceLock::new();

thread_local! {
    static BUFFER: Cell<Option<&'static Buffer>> = const { Cell::new(None) };
}

fn record() -> &'static Record {
    RECORD.get().expect("the record has been started")
}

/// Starts the record of a plan. The calling thread is the one that waits for its end.
pub fn start(plan: &Plan) {
    let polls: u64 = plan.requests.iter().map(|r| polls(r.steps)).sum();
    let started = RECORD.set(Record {
        requests: plan.requests.iter().map(|_| Request::default()).collect(),
        unfinished: AtomicUsize::new(plan.requests.len()),
        main: std::thread::current(),
        every_poll: plan.record,
        room: if plan.record { 2 * polls as usize + 100_000 } else { 0 },
        spawned: AtomicU32::new(0),
        ended: AtomicU32::new(0),
        buffers: Mutex::default(),
    });
    assert!(started.is_ok(), "the record is started once");
}

/// At most so many polls does a task with these steps have, with those that it spawns; apart from polls for nothing.
fn polls(steps: &[Step]) -> u64 {
    let of = |step: &Step| match step {
        Step::Spawn { count, steps, .. } => count * (1 + polls(steps)),
        Step::Timeout(_, steps) => 1 + polls(steps),
        Step::Compute(_) | Step::Block(_) => 0,
        _ => 1,
    };
    1 + steps.iter().map(of).sum::<u64>()
}

pub fn requests() -> &'static [Request] {
    &record().requests
}

/// Waits until all requests have ended.
pub fn wait() {
    while record().unfinished.load(Acquire) > 0 {
        std::thread::park();
    }
}

/// Waits until detached tasks have ended too, as far as they are recorded, and gives workers the time to go to sleep and publish their
/// counters.
pub fn settle() {
    const NAP: std::time::Duration = std::time::Duration::from_millis(20);
    while record().ended.load(Acquire) < record().spawned.load(Acquire) {
        std::thread::sleep(NAP);
    }
    std::thread::sleep(2 * NAP);
}

/// All polls by thread, and how many found no room.
pub fn all_polls() -> (Vec<(String, Vec<Polled>)>, usize) {
    let buffers = record().buffers.lock().unwrap();
    let lost = buffers.iter().map(|b| b.lost.load(Acquire)).sum();
    let of = |b: &&'static Buffer| {
        let polls = b.polls[..b.written.load(Acquire)].iter();
        // Safety: what lies below `written` is written, and is not written again.
        (b.thread.clone(), polls.map(|p| unsafe { (*p.get()).assume_init() }).collect())
    };
    (buffers.iter().map(of).collect(), lost)
}

fn write(polled: Polled) {
    let buffer = BUFFER.get().unwrap_or_else(|| {
        let buffer: &'static Buffer = Box::leak(Box::new(Buffer {
            polls: (0..record().room).map(|_| UnsafeCell::new(MaybeUninit::uninit())).collect(),
            written: AtomicUsize::new(0),
            lost: AtomicUsize::new(0),
            thread: std::thread::current().name().unwrap_or("").into(),
        }));
        record().buffers.lock().unwrap().push(buffer);
        BUFFER.set(Some(buffer));
        buffer
    });
    let i = buffer.written.load(Relaxed);
    if i == buffer.polls.len() {
        buffer.lost.fetch_add(1, Relaxed);
        return;
    }
    // Safety: only this thread writes, and nobody reads at or above `written`.
    unsafe { (*buffer.polls[i].get()).write(polled) };
    buffer.written.store(i + 1, Release);
}

/// Notes when a task was woken, and wakes it.
struct Woken {
    at: AtomicU64, // 0: not since the last poll began
    waker: OnceLock<Waker>,
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let _ = self.at.compare_exchange(0, clock::now(), Relaxed, Relaxed);
        if let Some(waker) = self.waker.get() {
            waker.wake_by_ref();
        }
    }
}

/// What is recorded of one task.
struct Account {
    request: Option<&'static Request>, // of its own task
    task: u32,
    queued: u64, // since when the task is runnable, if no waker says a later time
    polls: u64,
    wait: u64,
    woken: Option<(Arc<Woken>, Waker)>, // if every poll is recorded
}

impl Account {
    fn new(request: Option<&'static Request>) -> Self {
        let every_poll = record().every_poll;
        let woken = every_poll.then(|| {
            let woken = Arc::new(Woken {
                at: AtomicU64::new(0),
                waker: OnceLock::new(),
            });
            (woken.clone(), Waker::from(woken))
        });
        let task = if every_poll {
            1 + record().spawned.fetch_add(1, Relaxed)
        } else {
            0
        };
        let queued = clock::now();
        if let Some(request) = request {
            request.spawned.store(queued, Relaxed);
        }
        Account {
            request,
            task,
            queued,
            polls: 0,
            wait: 0,
            woken,
        }
    }

    fn begin(&mut self, context: &Context) -> u64 {
        let start = clock::now();
        if let Some((woken, _)) = &self.woken {
            woken.waker.get_or_init(|| context.waker().clone());
            self.queued = self.queued.max(woken.at.swap(0, Relaxed));
        }
        if let (Some(request), 0) = (self.request, self.polls) {
            request.first_poll.store(start, Relaxed);
        }
        if self.polls == 0 || self.woken.is_some() {
            self.wait += start - self.queued;
        }
        self.polls += 1;
        start
    }

    fn end(&mut self, start: u64, ready: bool) {
        if self.woken.is_none() && !ready {
            return;
        }
        let end = clock::now();
        if self.woken.is_some() {
            write(Polled {
                task: self.task,
                ready,
                queued: self.queued,
                start,
                end,
            });
            if ready {
                record().ended.fetch_add(1, Release);
            }
        }
        self.queued = end;
        let (Some(request), true) = (self.request, ready) else { return };
        request.wait.store(self.wait, Relaxed);
        request.polls.store(self.polls, Relaxed);
        request.end.store(end, Relaxed);
        if record().unfinished.fetch_sub(1, AcqRel) == 1 {
            record().main.unpark();
        }
    }
}

pin_project! {
    /// A task's future, whose polls are recorded.
    pub struct Recorded<F> {
        #[pin]
        future: F,
        account: Account,
        ended: bool,
    }

    impl<F> PinnedDrop for Recorded<F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if !*this.ended { // cancelled: dropping the future is what the last poll does
                let now = clock::now();
                this.account.end(now, true);
            }
        }
    }
}

/// The task of a request, which becomes runnable now.
pub fn request<F>(number: usize, future: F) -> Recorded<F> {
    Recorded {
        account: Account::new(Some(&record().requests[number])),
        future,
        ended: false,
    }
}

/// A task that is spawned now by another one.
pub fn child<F>(future: F) -> Recorded<F> {
    Recorded {
        account: Account::new(None),
        future,
        ended: false,
    }
}

impl<F: Future<Output = ()>> Future for Recorded<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context) -> Poll<()> {
        let this = self.project();
        let start = this.account.begin(context);
        let result = match &this.account.woken {
            Some((_, waker)) => this.future.poll(&mut Context::from_waker(waker)),
            None => this.future.poll(context),
        };
        *this.ended = result.is_ready();
        this.account.end(start, *this.ended);
        result
    }
}
