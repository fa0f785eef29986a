//! The runtimes behind one face, so that each loop is written once.

use std::future::Future;
use std::pin::Pin;
use std::thread;
use std::time::Duration;

use crate::measure::Sample;

/// What tasks of a runtime can do.
pub trait Runtime: 'static {
    type Handle: Future + Send + 'static;
    type Sender: Clone + Send + Sync + 'static;
    type Receiver: Send + 'static;
    type Mutex: Send + Sync + 'static;

    fn spawn(task: impl Future<Output = ()> + Send + 'static) -> Self::Handle;
    /// Lets the task run on without its handle.
    fn detach(handle: Self::Handle);
    fn yield_now() -> impl Future<Output = ()> + Send;
    fn channel(capacity: usize) -> (Self::Sender, Self::Receiver);
    fn send(to: &Self::Sender) -> impl Future<Output = ()> + Send;
    fn receive(from: &mut Self::Receiver) -> impl Future<Output = ()> + Send;
    fn mutex() -> Self::Mutex;
    /// Locks the mutex, and unlocks it.
    fn lock(mutex: &Self::Mutex) -> impl Future<Output = ()> + Send;
}

pub struct Tokio;

impl Runtime for Tokio {
    type Handle = tokio::task::JoinHandle<()>;
    type Sender = tokio::sync::mpsc::Sender<()>;
    type Receiver = tokio::sync::mpsc::Receiver<()>;
    type Mutex = tokio::sync::Mutex<()>;

    fn spawn(task: impl Future<Output = ()> + Send + 'static) -> Self::Handle {
        tokio::spawn(task)
    }

    fn detach(_: Self::Handle) {}

    fn yield_now() -> impl Future<Output = ()> + Send {
        tokio::task::yield_now()
    }

    fn channel(capacity: usize) -> (Self::Sender, Self::Receiver) {
        tokio::sync::mpsc::channel(capacity)
    }

    async fn send(to: &Self::Sender) {
        to.send(()).await.expect("the receiver lives");
    }

    async fn receive(from: &mut Self::Receiver) {
        from.recv().await.expect("the sender lives");
    }

    fn mutex() -> Self::Mutex {
        Self::Mutex::new(())
    }

    async fn lock(mutex: &Self::Mutex) {
        drop(mutex.lock().await);
    }
}

/// The runtimes around async-executor, which differ in who spawns and in the version of their channel.
macro_rules! around_async_executor {
    ($name:ident, $spawn:expr, $handle:ty, $detach:expr, $yields:path, $channel:ident, $mutex:ty) => {
        pub struct $name;

        impl Runtime for $name {
            type Handle = $handle;
            type Sender = $channel::channel::Sender<()>;
            type Receiver = $channel::channel::Receiver<()>;
            type Mutex = $mutex;

            fn spawn(task: impl Future<Output = ()> + Send + 'static) -> Self::Handle {
                $spawn(task)
            }

            fn detach(handle: Self::Handle) {
                $detach(handle)
            }

            fn yield_now() -> impl Future<Output = ()> + Send {
                $yields()
            }

            fn channel(capacity: usize) -> (Self::Sender, Self::Receiver) {
                $channel::channel::bounded(capacity)
            }

            async fn send(to: &Self::Sender) {
                to.send(()).await.expect("the receiver lives");
            }

            async fn receive(from: &mut Self::Receiver) {
                from.recv().await.expect("the sender lives");
            }

            fn mutex() -> Self::Mutex {
                Self::Mutex::new(())
            }

            async fn lock(mutex: &Self::Mutex) {
                drop(mutex.lock().await);
            }
        }
    };
}

/// The executor by itself; its threads are those that call [`with_runners`].
pub static EXECUTOR: smol::Executor<'static> = smol::Executor::new();

around_async_executor!(
    Executor,
    |t| EXECUTOR.spawn(t),
    smol::Task<()>,
    |h: smol::Task<()>| h.detach(),
    smol::future::yield_now,
    smol,
    smol::lock::Mutex<()>
);
around_async_executor!(
    Smol,
    smol::spawn,
    smol::Task<()>,
    |h: smol::Task<()>| h.detach(),
    smol::future::yield_now,
    smol,
    smol::lock::Mutex<()>
);
around_async_executor!(
    AsyncStd,
    async_std::task::spawn,
    async_std::task::JoinHandle<()>,
    drop,
    async_std::task::yield_now,
    async_std,
    async_std::sync::Mutex<()>
);

/// A chunk of a loop, as the root task of a runtime.
pub type Root = Pin<Box<dyn Future<Output = Sample> + Send>>;

/// Runs a root task on the threads of a runtime and waits for its sample.
pub type Run<'a> = &'a dyn Fn(Root) -> Sample;

/// A multi_thread runtime for a while.
pub fn with_tokio<T>(workers: usize, f: impl FnOnce(&tokio::runtime::Runtime) -> T) -> T {
    f(&tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .expect("a runtime"))
}

/// A current_thread runtime for a while.
pub fn with_current_thread<T>(f: impl FnOnce(&tokio::runtime::Runtime) -> T) -> T {
    f(&tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime"))
}

/// Runs root tasks on a Tokio.
pub fn on_tokio(rt: &tokio::runtime::Runtime, root: Root) -> Sample {
    rt.block_on(rt.spawn(root)).expect("the root task ends")
}

/// Threads that run the executor for a while, beside the caller's.
pub fn with_runners<T>(threads: usize, f: impl FnOnce() -> T) -> T {
    let (stop, stopped) = smol::channel::bounded::<()>(1);
    let runners: Vec<_> = (0..threads)
        .map(|_| {
            let stopped = stopped.clone();
            thread::spawn(move || {
                smol::block_on(EXECUTOR.run(async move {
                    let _ = stopped.recv().await;
                }))
            })
        })
        .collect();
    let result = f();
    drop(stop); // closes the channel
    for r in runners {
        r.join().expect("a runner ends");
    }
    result
}

/// Runs root tasks on the executor, on the caller's thread.
pub fn on_executor(root: Root) -> Sample {
    smol::block_on(EXECUTOR.run(EXECUTOR.spawn(after_timer(root))))
}

/// Gets the thread "async-io" out of the reactor. It goes in when a process first uses the reactor, and keeps others from looking at timers
/// and sockets until something happens there.
pub async fn after_timer<T>(future: impl Future<Output = T>) -> T {
    smol::Timer::after(Duration::from_micros(10)).await;
    future.await
}

/// Runs root tasks on the thread of smol's own executor.
pub fn on_smol(root: Root) -> Sample {
    smol::future::block_on(smol::spawn(after_timer(root)))
}

/// Runs root tasks on the thread of async-std.
pub fn on_async_std(root: Root) -> Sample {
    smol::future::block_on(async_std::task::spawn(after_timer(root)))
}
