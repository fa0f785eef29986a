// SPDX-License-Identifier: Apache-2.0

//! The runtimes, and what each has for the steps of a task.

use std::{
    collections::BTreeMap,
    future::Future,
    os::fd::{AsRawFd, OwnedFd},
    time::Duration,
};

use crate::plan::Plan;

mod async_std;
mod channel;
mod per_core;
mod smol;
mod tokio;

pub use self::{
    async_std::AsyncStd,
    per_core::TokioPerCore,
    smol::{Smol, SmolMain},
    tokio::Tokio,
};

pub trait Runtime: Send + Sync + Sized + 'static {
    /// Awaits the end of a task.
    type Handle: Future + Send + Unpin;
    type Channel: Send + Sync;
    type Mutex: Send + Sync;
    type Guard: Send;
    /// A descriptor at the runtime's driver.
    type Socket: AsRawFd + Send + Sync;

    fn start(plan: &Plan) -> Self;
    /// Spawns the task of a request from a thread that is none of the runtime's, on the core that has its connection where connections are
    /// pinned.
    fn spawn_request<F: Future<Output = ()> + Send + 'static>(&self, core: usize, future: F);
    fn block_on<F: Future<Output = ()> + Send>(&self, future: F);
    /// Whether all workers have gone to sleep, as far as the runtime tells.
    fn asleep(&self) -> bool {
        true
    }
    /// What the runtime has counted; nothing if it counts nothing.
    fn counters(&self) -> BTreeMap<&'static str, u64> {
        BTreeMap::new()
    }

    // Of tasks:
    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::Handle;
    fn detach(handle: Self::Handle);
    /// Cancels a task, and does not wait until it is gone.
    fn cancel(handle: Self::Handle);
    fn yield_now() -> impl Future<Output = ()> + Send;
    fn sleep(time: Duration) -> impl Future<Output = ()> + Send;
    /// Whether the future ends in time; if not it is dropped.
    fn timeout<F: Future<Output = ()> + Send>(time: Duration, future: F) -> impl Future<Output = bool> + Send;
    fn spawn_blocking<F: FnOnce() + Send + 'static>(closure: F) -> impl Future<Output = ()> + Send;
    fn block_in_place<F: FnOnce()>(_: F) {
        panic!("only Tokio's multi_thread has block_in_place");
    }

    fn mutex() -> Self::Mutex;
    fn lock(mutex: &'static Self::Mutex) -> impl Future<Output = Self::Guard> + Send;
    fn channel(capacity: usize) -> Self::Channel;
    fn send(channel: &'static Self::Channel) -> impl Future<Output = ()> + Send;
    fn receive(channel: &'static Self::Channel) -> impl Future<Output = ()> + Send;

    /// The driver of the calling thread, where there are several.
    fn driver() -> usize {
        0
    }
    fn socket(descriptor: OwnedFd) -> Self::Socket;
    /// Reads from a socket, or waits until that is possible.
    fn read(socket: &Self::Socket) -> impl Future<Output = ()> + Send;
}
