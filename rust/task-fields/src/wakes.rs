// SPDX-License-Identifier: Apache-2.0

//! When a future was woken.

use std::sync::{
    atomic::{AtomicU64, Ordering},
    Arc,
};
use std::task::{Wake, Waker};
use std::time::Instant;

const NEVER: u64 = u64::MAX;

/// Wakes one task for one future, and keeps when it was first asked to since the future's last poll began.
///
/// It belongs to one waker of the task for good: there is nothing to lock, and no wake can get lost or reach another task than it would
/// without this type. If the future moves to another task, it gets another.
pub(crate) struct Wakes {
    task: Waker,
    start: Instant,
    woken: AtomicU64,
}

impl Wakes {
    /// Wakes the task whose waker this is. Times count from the start.
    pub fn new(task: &Waker, start: Instant) -> Arc<Self> {
        Arc::new(Self {
            task: task.clone(),
            start,
            woken: AtomicU64::new(NEVER),
        })
    }

    /// Reports whether it wakes that task.
    pub fn wakes(&self, task: &Waker) -> bool {
        self.task.will_wake(task)
    }

    /// Takes the time of the first wake since the last call, which is made as a poll begins.
    ///
    /// Either it sees a wake, or that wake sees it. In the second case the task is woken while the executor already runs it, so the executor
    /// polls it once more, and the time is taken then. `AcqRel` here and in [`Wakes::stamp`] lets no wake be in between.
    pub fn take(&self) -> Option<u64> {
        match self.woken.swap(NEVER, Ordering::AcqRel) {
            NEVER => None,
            woken => Some(woken),
        }
    }

    /// Keeps the time before the task is woken, so the poll that follows from the wake sees it.
    fn stamp(&self) {
        let now = nanoseconds(self.start);
        let _first_counts = self.woken.compare_exchange(NEVER, now, Ordering::AcqRel, Ordering::Relaxed);
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.stamp();
        self.task.wake_by_ref();
    }
}

/// The nanoseconds since then. 500 years fit.
pub(crate) fn nanoseconds(start: Instant) -> u64 {
    start.elapsed().as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn counted() -> (Arc<Count>, Waker) {
        let count = Arc::new(Count(AtomicUsize::new(0)));
        (count.clone(), Waker::from(count))
    }

    #[test]
    fn every_wake_reaches_the_task_and_the_first_is_kept() {
        let (count, task) = counted();
        let wakes = Wakes::new(&task, Instant::now());
        assert_eq!(wakes.take(), None);

        let waker = Waker::from(wakes.clone());
        waker.wake_by_ref();
        let first = wakes.woken.load(Ordering::SeqCst);
        let clone = waker.clone();
        drop(waker);
        clone.wake_by_ref();
        clone.wake();
        assert_eq!(count.0.load(Ordering::SeqCst), 3);
        assert_eq!(wakes.take(), Some(first));
        assert_eq!(wakes.take(), None);
    }

    #[test]
    fn it_lets_go_of_the_task_with_its_last_waker() {
        let (count, task) = counted();
        let waker = Waker::from(Wakes::new(&task, Instant::now()));
        drop(task);
        let clone = waker.clone();
        drop(waker);
        assert_eq!(Arc::strong_count(&count), 2);
        drop(clone);
        assert_eq!(Arc::strong_count(&count), 1);
    }

    #[test]
    fn it_knows_its_task() {
        let ((_one, task), (_other, other)) = (counted(), counted());
        let wakes = Wakes::new(&task, Instant::now());
        assert!(wakes.wakes(&task.clone()));
        assert!(!wakes.wakes(&other));
    }
}
