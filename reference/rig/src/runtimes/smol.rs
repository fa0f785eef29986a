// SPDX-License-Identifier: Apache-2.0

//! smol: its global executor on SMOL_THREADS threads, or an executor of the program's own that the main thread alone runs.

use std::{future::Future, os::fd::OwnedFd, time::Duration};

use async_io::{Async, Timer};
use smol::{
    channel,
    future::FutureExt,
    lock::{Mutex, MutexGuard},
    Executor, Task,
};

use super::Runtime;
use crate::{plan::Plan, socket};

pub type Channel = (channel::Sender<()>, channel::Receiver<()>);

pub fn new_channel(capacity: usize) -> Channel {
    channel::bounded(capacity)
}

pub async fn send(channel: &'static Channel) {
    channel.0.send(()).await.expect("the receiver lives");
}

pub async fn receive(channel: &'static Channel) {
    channel.1.recv().await.expect("the sender lives");
}

pub fn new_socket(descriptor: OwnedFd) -> Async<OwnedFd> {
    Async::new(descriptor).expect("a place at the reactor")
}

pub async fn read(socket: &Async<OwnedFd>) {
    socket
        .read_with(|descriptor| socket::read(descriptor))
        .await
        .expect("a read from the kernel's timer");
}

/// What the two have in common.
macro_rules! parts {
    () => {
        type Handle = Task<()>;
        type Channel = Channel;
        type Mutex = Mutex<()>;
        type Guard = MutexGuard<'static, ()>;
        type Socket = Async<OwnedFd>;

        fn detach(handle: Self::Handle) {
            handle.detach();
        }

        fn cancel(handle: Self::Handle) {
            drop(handle); // which cancels
        }

        fn yield_now() -> impl Future<Output = ()> + Send {
            smol::future::yield_now()
        }

        async fn sleep(time: Duration) {
            Timer::after(time).await;
        }

        async fn timeout<F: Future<Output = ()> + Send>(time: Duration, future: F) -> bool {
            let in_time = async {
                future.await;
                true
            };
            let late = async {
                Timer::after(time).await;
                false
            };
            in_time.or(late).await
        }

        fn spawn_blocking<F: FnOnce() + Send + 'static>(closure: F) -> impl Future<Output = ()> + Send {
            smol::unblock(closure)
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
    };
}

pub struct Smol;

impl Runtime for Smol {
    parts!();

    fn start(_: &Plan) -> Self {
        smol::spawn(async {}).detach(); // starts the threads
        Smol
    }

    fn spawn_request<F: Future<Output = ()> + Send + 'static>(&self, _: usize, future: F) {
        smol::spawn(future).detach();
    }

    fn block_on<F: Future<Output = ()> + Send>(&self, future: F) {
        smol::block_on(future);
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::Handle {
        smol::spawn(future)
    }
}

static EXECUTOR: Executor = Executor::new();

pub struct SmolMain;

impl Runtime for SmolMain {
    parts!();

    fn start(_: &Plan) -> Self {
        SmolMain
    }

    fn spawn_request<F: Future<Output = ()> + Send + 'static>(&self, _: usize, _: F) {
        panic!("the main thread runs its executor in block_on only");
    }

    fn block_on<F: Future<Output = ()> + Send>(&self, future: F) {
        smol::block_on(EXECUTOR.run(future));
    }

    fn spawn<F: Future<Output = ()> + Send + 'static>(future: F) -> Self::Handle {
        EXECUTOR.spawn(future)
    }
}
