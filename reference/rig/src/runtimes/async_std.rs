// SPDX-License-Identifier: Apache-2.0

//! async-std, whose executor runs on ASYNC_STD_THREAD_COUNT threads.

use std::{
    future::Future,
    os::fd::OwnedFd,
    pin::pin,
    task::{Context, Waker},
    time::Duration,
};

use async_io::Async;
use async_std::{
    sync::{Mutex, MutexGuard},
    task::{self, JoinHandle},
};

use super::{
    smol::{new_channel, new_socket, read, receive, send, Channel},
    Runtime,
};
use crate::plan::Plan;

pub struct AsyncStd;

impl Runtime for AsyncStd {
    type Handle = JoinHandle<()>;
    type Channel = Channel;
    type Mutex = Mutex<()>;
    type Guard = MutexGuard<'static, ()>;
    type Socket = Async<OwnedFd>;

    fn start(_: &Plan) -> Self {
        drop(task::spawn(async {})); // starts the threads
        AsyncStd
    }

    fn spawn_request<F: Future<Output = ()> + Send + 'static>(&self, _: usize, future: F) {
        drop(task::spawn(future));
    }

    fn block_on<F: Future<Output = ()> + Send>(&self, future: F) {
        task::block_on(future);
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::Handle {
        task::spawn(future)
    }

    fn detach(handle: Self::Handle) {
        drop(handle);
    }

    fn cancel(handle: Self::Handle) {
        // The first poll cancels the task; the others would wait until it is gone.
        let _ = pin!(handle.cancel()).poll(&mut Context::from_waker(Waker::noop()));
    }

    fn yield_now() -> impl Future<Output = ()> + Send {
        task::yield_now()
    }

    fn sleep(time: Duration) -> impl Future<Output = ()> + Send {
        task::sleep(time)
    }

    async fn timeout<F: Future<Output = ()> + Send>(time: Duration, future: F) -> bool {
        async_std::future::timeout(time, future).await.is_ok()
    }

    fn spawn_blocking<F: FnOnce() + Send + 'static>(closure: F) -> impl Future<Output = ()> + Send {
        task::spawn_blocking(closure)
    }

    fn mutex() -> Self::Mutex {
        Mutex::new(())
    }

    fn lock(mutex: &'static Self::Mutex) -> impl Future<Output = Self::Guard> + Send {
        mutex.lock()
    }

    fn channel(capacity: usize) -> Channel {
        new_channel(capacity)
    }

    fn send(channel: &'static Channel) -> impl Future<Output = ()> + Send {
        send(channel)
    }

    fn receive(channel: &'static Channel) -> impl Future<Output = ()> + Send {
        receive(channel)
    }

    fn socket(descriptor: OwnedFd) -> Self::Socket {
        new_socket(descriptor)
    }

    fn read(socket: &Self::Socket) -> impl Future<Output = ()> + Send {
        read(socket)
    }
}
