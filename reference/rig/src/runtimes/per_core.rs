// SPDX-License-Identifier: Apache-2.0

//! A runtime of one thread for each core, as actix-web and others have it: a request stays on the core that has its connection.

use std::{cell::Cell, collections::BTreeMap, future::Future, os::fd::OwnedFd, time::Duration};

use tokio::runtime::{Builder, Handle};

use super::{
    tokio::{count, have_slept, run, set},
    Runtime, Tokio,
};
use crate::plan::Plan;

pub struct TokioPerCore {
    handles: Vec<Handle>,
}

thread_local! {
    static CORE: Cell<usize> = const { Cell::new(0) };
}

impl Runtime for TokioPerCore {
    type Handle = <Tokio as Runtime>::Handle;
    type Channel = <Tokio as Runtime>::Channel;
    type Mutex = <Tokio as Runtime>::Mutex;
    type Guard = <Tokio as Runtime>::Guard;
    type Socket = <Tokio as Runtime>::Socket;

    fn start(plan: &Plan) -> Self {
        let core = |i: usize| {
            let mut builder = Builder::new_current_thread();
            set(&mut builder, plan);
            let runtime = builder.build().expect("a runtime");
            let handle = runtime.handle().clone();
            handle.spawn(async move { CORE.set(i) });
            run(runtime, format!("core-{i}"), plan.bind.then_some(i));
            handle
        };
        TokioPerCore {
            handles: (0..plan.workers).map(core).collect(),
        }
    }

    fn spawn_request<F: Future<Output = ()> + Send + 'static>(&self, core: usize, future: F) {
        drop(self.handles[core].spawn(future));
    }

    fn block_on<F: Future<Output = ()> + Send>(&self, _: F) {
        panic!("tokio_per_core has no block_on: its threads are in block_on themselves");
    }

    fn asleep(&self) -> bool {
        self.handles.iter().all(|handle| have_slept(&handle.metrics()))
    }

    fn counters(&self) -> BTreeMap<&'static str, u64> {
        let mut counters = BTreeMap::new();
        for handle in &self.handles {
            count(&mut counters, &handle.metrics());
        }
        counters
    }

    fn driver() -> usize {
        CORE.get()
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::Handle {
        Tokio::spawn(future)
    }

    fn detach(handle: Self::Handle) {
        Tokio::detach(handle);
    }

    fn cancel(handle: Self::Handle) {
        Tokio::cancel(handle);
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        Tokio::yield_now()
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send {
        Tokio::sleep(time)
    }

    fn timeout<F: Future<Output = ()> + Send>(time: Duration, future: F) -> impl Future<Output = bool> + Send {
        Tokio::timeout(time, future)
    }

    fn spawn_blocking<F: FnOnce() + Send + 'static>(closure: F) -> impl Future<Output = ()> + Send {
        Tokio::spawn_blocking(closure)
    }

    fn mutex() -> Self::Mutex {
        Tokio::mutex()
    }

    fn lock(mutex: &'static Self::Mutex) -> impl Future<Output = Self::Guard> + Send {
        Tokio::lock(mutex)
    }

    fn channel(capacity: usize) -> Self::Channel {
        Tokio::channel(capacity)
    }

    fn send(channel: &'static Self::Channel) -> impl Future<Output = ()> + Send {
        Tokio::send(channel)
    }

    fn receive(channel: &'static Self::Channel) -> impl Future<Output = ()> + Send {
        Tokio::receive(channel)
    }

    fn socket(descriptor: OwnedFd) -> Self::Socket {
        Tokio::socket(descriptor)
    }

    fn read(socket: &Self::Socket) -> impl Future<Output = ()> + Send {
        Tokio::read(socket)
    }
}
