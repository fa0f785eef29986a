// SPDX-License-Identifier: Apache-2.0

//! What a task does: the steps of the plan, each by what the runtime's own crate has for it.

use std::{collections::VecDeque, future::Future, pin::Pin, sync::Mutex, time::Duration};

use crate::{
    clock,
    plan::{Plan, Step},
    record,
    runtimes::Runtime,
    socket,
};

/// What tasks share.
pub struct Shared<R: Runtime> {
    record: bool,
    channels: Vec<R::Channel>,
    mutexes: Vec<R::Mutex>,
    sockets: Vec<Mutex<Vec<R::Socket>>>, // that nobody uses, of each driver
}

impl<R: Runtime> Shared<R> {
    pub fn new(plan: &Plan) -> Self {
        Shared {
            record: plan.record,
            channels: plan.channels.iter().map(|&capacity| R::channel(capacity)).collect(),
            mutexes: (0..plan.mutexes).map(|_| R::mutex()).collect(),
            sockets: (0..plan.workers).map(|_| Mutex::default()).collect(),
        }
    }
}

/// Join handles in the order of spawning.
struct Handles<R: Runtime> {
    held: VecDeque<(u64, R::Handle)>,
    spawned: u64,
}

impl<R: Runtime> Handles<R> {
    fn push(&mut self, handle: R::Handle) {
        self.held.push_back((self.spawned, handle));
        self.spawned += 1;
    }
}

/// Mutexes that a task holds: the one locked last is unlocked first, also when the task is dropped.
struct Locked<R: Runtime>(Vec<(usize, R::Guard)>);

impl<R: Runtime> Drop for Locked<R> {
    fn drop(&mut self) {
        while self.0.pop().is_some() {}
    }
}

/// How deep a task stands below its request: a type, so that the future of a request's child is spawned as it is. Deeper ones are boxed,
/// as a type cannot hold itself.
pub trait Depth<R: Runtime>: Send + 'static {
    fn spawn(steps: &'static [Step], shared: &'static Shared<R>) -> R::Handle;
}

pub enum OfRequest {}
enum Deeper {}

impl<R: Runtime> Depth<R> for OfRequest {
    fn spawn(steps: &'static [Step], shared: &'static Shared<R>) -> R::Handle {
        if shared.record {
            R::spawn(record::child(task::<R, Deeper>(steps, shared)))
        } else if steps.iter().all(|step| matches!(step, Step::Compute(_))) {
            R::spawn(async move { steps.iter().for_each(compute) }) // as small as the tasks of benchmarks are
        } else {
            R::spawn(task::<R, Deeper>(steps, shared))
        }
    }
}

impl<R: Runtime> Depth<R> for Deeper {
    fn spawn(steps: &'static [Step], shared: &'static Shared<R>) -> R::Handle {
        let task: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(task::<R, Deeper>(steps, shared));
        if shared.record {
            R::spawn(record::child(task))
        } else {
            R::spawn(task)
        }
    }
}

fn compute(step: &Step) {
    if let Step::Compute(nanos) = step {
        clock::compute(*nanos);
    }
}

pub async fn task<R: Runtime, D: Depth<R>>(steps: &'static [Step], shared: &'static Shared<R>) {
    let mut handles = Handles {
        held: VecDeque::new(),
        spawned: 0,
    };
    run::<R, D>(steps, &mut handles, shared).await;
}

fn boxed<'a, R: Runtime, D: Depth<R>>(
    steps: &'static [Step],
    handles: &'a mut Handles<R>,
    shared: &'static Shared<R>,
) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
    Box::pin(run::<R, D>(steps, handles, shared))
}

// What waits for milliseconds is boxed: it keeps the futures of all other tasks small.
async fn run<R: Runtime, D: Depth<R>>(steps: &'static [Step], handles: &mut Handles<R>, shared: &'static Shared<R>) {
    let mut locked = Locked::<R>(vec![]);
    for step in steps {
        match *step {
            Step::Compute(nanos) => clock::compute(nanos),
            Step::Block(nanos) => clock::block(nanos),
            Step::BlockInPlace(nanos) => R::block_in_place(move || clock::block(nanos)),
            Step::Sleep(nanos) => Box::pin(R::sleep(Duration::from_nanos(nanos))).await,
            Step::Io(nanos) => Box::pin(io(nanos, shared)).await,
            Step::SpawnBlocking(nanos) => Box::pin(R::spawn_blocking(move || clock::compute(nanos))).await,
            Step::File(nanos) => Box::pin(R::spawn_blocking(move || clock::block(nanos))).await,
            Step::Yield => R::yield_now().await,
            Step::Spawn { count, detached, steps } => {
                for _ in 0..count {
                    let handle = D::spawn(steps, shared);
                    if detached {
                        R::detach(handle);
                    } else {
                        handles.push(handle);
                    }
                }
            }
            Step::Join => {
                while let Some((_, handle)) = handles.held.front_mut() {
                    handle.await;
                    handles.held.pop_front();
                }
            }
            Step::Cancel => {
                while let Some((_, handle)) = handles.held.pop_front() {
                    R::cancel(handle);
                }
            }
            Step::Timeout(nanos, steps) => {
                let before = handles.spawned;
                let in_time = Box::pin(R::timeout(Duration::from_nanos(nanos), boxed::<R, D>(steps, handles, shared))).await;
                if !in_time {
                    handles.held.retain(|&(number, _)| number < before);
                }
            }
            Step::Lock(i) => locked.0.push((i, R::lock(&shared.mutexes[i]).await)),
            Step::Unlock(i) => locked.0.retain(|&(held, _)| held != i),
            Step::Send(i) => R::send(&shared.channels[i]).await,
            Step::Receive(i) => R::receive(&shared.channels[i]).await,
        }
    }
}

/// Waits for a descriptor that the kernel makes readable after a time.
async fn io<R: Runtime>(nanos: u64, shared: &'static Shared<R>) {
    let idle = &shared.sockets[R::driver()];
    let taken = idle.lock().unwrap().pop();
    let socket = taken.unwrap_or_else(|| R::socket(socket::open()));
    socket::readable_in(&socket, nanos);
    R::read(&socket).await;
    idle.lock().unwrap().push(socket);
}
