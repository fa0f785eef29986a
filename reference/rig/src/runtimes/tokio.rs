// SPDX-License-Identifier: Apache-2.0

//! Tokio: multi_thread, and current_thread on a thread of its own.

use std::{collections::BTreeMap, future::Future, os::fd::OwnedFd, time::Duration};

use tokio::{
    io::unix::AsyncFd,
    runtime::{Builder, Handle, RuntimeFlavor, RuntimeMetrics},
    sync::MutexGuard,
    task::JoinHandle,
};

use super::{channel::Channel, Runtime};
use crate::{machine, plan::Plan, socket};

pub struct Tokio {
    runtime: Option<tokio::runtime::Runtime>, // none: a thread is in its block_on
    handle: Handle,
}

/// The settings of a plan that a runtime has.
pub fn set(builder: &mut Builder, plan: &Plan) {
    builder.enable_all();
    if plan.max_blocking_threads > 0 {
        builder.max_blocking_threads(plan.max_blocking_threads);
    }
    if plan.event_interval > 0 {
        builder.event_interval(plan.event_interval);
    }
    if plan.global_queue_interval > 0 {
        builder.global_queue_interval(plan.global_queue_interval);
    }
    #[cfg(tokio_unstable)]
    if plan.disable_lifo_slot {
        builder.disable_lifo_slot();
    }
    #[cfg(not(tokio_unstable))]
    assert!(!plan.disable_lifo_slot, "disable_lifo_slot wants a build with tokio_unstable");
}

pub fn have_slept(metrics: &RuntimeMetrics) -> bool {
    (0..metrics.num_workers()).all(|w| metrics.worker_park_count(w) > 0)
}

/// Adds what a runtime has counted.
pub fn count(counters: &mut BTreeMap<&'static str, u64>, metrics: &RuntimeMetrics) {
    let mut add = |name, n: u64| *counters.entry(name).or_default() += n;
    for w in 0..metrics.num_workers() {
        add("parks", metrics.worker_park_count(w));
        add("busy", metrics.worker_total_busy_duration(w).as_nanos() as u64);
        #[cfg(tokio_unstable)]
        {
            add("polls", metrics.worker_poll_count(w));
            add("noops", metrics.worker_noop_count(w));
            add("steals", metrics.worker_steal_count(w));
            add("steal_operations", metrics.worker_steal_operations(w));
            add("local_schedules", metrics.worker_local_schedule_count(w));
            add("overflows", metrics.worker_overflow_count(w));
        }
    }
    #[cfg(tokio_unstable)]
    {
        add("remote_schedules", metrics.remote_schedule_count());
        add("forced_yields", metrics.budget_forced_yield_count());
    }
}

impl Runtime for Tokio {
    type Handle = JoinHandle<()>;
    type Channel = Channel;
    type Mutex = tokio::sync::Mutex<()>;
    type Guard = MutexGuard<'static, ()>;
    type Socket = AsyncFd<OwnedFd>;

    fn start(plan: &Plan) -> Self {
        let mut builder = Builder::new_multi_thread();
        let one = plan.runtime == "current_thread";
        if one {
            builder = Builder::new_current_thread();
        } else {
            builder.worker_threads(plan.workers);
        }
        set(&mut builder, plan);
        let runtime = builder.build().expect("a runtime");
        let handle = runtime.handle().clone();
        if one && !plan.block_on {
            run(runtime, "current_thread".into(), None);
            return Tokio { runtime: None, handle };
        }
        Tokio {
            runtime: Some(runtime),
            handle,
        }
    }

    fn spawn_request<F: Future<Output = ()> + Send + 'static>(&self, _: usize, future: F) {
        drop(self.handle.spawn(future));
    }

    fn block_on<F: Future<Output = ()> + Send>(&self, future: F) {
        self.runtime.as_ref().expect("a runtime that no thread runs").block_on(future);
    }

    fn asleep(&self) -> bool {
        let of_main = self.runtime.is_some() && self.handle.runtime_flavor() == RuntimeFlavor::CurrentThread;
        of_main || have_slept(&self.handle.metrics())
    }

    fn counters(&self) -> BTreeMap<&'static str, u64> {
        let mut counters = BTreeMap::new();
        count(&mut counters, &self.handle.metrics());
        counters
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::Handle {
        tokio::spawn(future)
    }

    fn detach(handle: Self::Handle) {
        drop(handle);
    }

    fn cancel(handle: Self::Handle) {
        handle.abort();
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        tokio::task::yield_now()
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(time)
    }

    async fn timeout<F: Future<Output = ()> + Send>(time: Duration, future: F) -> bool {
        tokio::time::timeout(time, future).await.is_ok()
    }

    async fn spawn_blocking<F: FnOnce() + Send + 'static>(closure: F) {
        tokio::task::spawn_blocking(closure).await.expect("the closure ends");
    }

    fn block_in_place<F: FnOnce()>(closure: F) {
        tokio::task::block_in_place(closure);
    }

    fn mutex() -> Self::Mutex {
        tokio::sync::Mutex::default()
    }

    fn lock(mutex: &'static Self::Mutex) -> impl Future<Output = Self::Guard> + Send {
        mutex.lock()
    }

    fn channel(capacity: usize) -> Channel {
        Channel::new(capacity)
    }

    fn send(channel: &'static Channel) -> impl Future<Output = ()> + Send {
        channel.send()
    }

    fn receive(channel: &'static Channel) -> impl Future<Output = ()> + Send {
        channel.receive()
    }

    fn socket(descriptor: OwnedFd) -> Self::Socket {
        // Safety: the descriptor is owned, and stays the same while the AsyncFd lives.
        unsafe { AsyncFd::register(descriptor) }.expect("a place at the driver")
    }

    async fn read(socket: &Self::Socket) {
        loop {
            let mut guard = socket.readable().await.expect("the driver lives");
            if let Ok(result) = guard.try_io(|descriptor| socket::read(descriptor)) {
                return result.expect("a read from the kernel's timer");
            }
        }
    }
}

/// Runs a runtime of one thread for ever, on a thread of its own.
pub fn run(runtime: tokio::runtime::Runtime, name: String, cpu: Option<usize>) {
    let thread = std::thread::Builder::new().name(name);
    thread
        .spawn(move || {
            cpu.into_iter().for_each(machine::bind);
            runtime.block_on(std::future::pending::<()>())
        })
        .expect("a thread for the runtime");
}
