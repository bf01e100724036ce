//! The queue for hashing passwords: each takes 19 MiB and a core, so few are worked on at once and few may wait.

use crate::{Result, StoreError};
use tokio::sync::{Semaphore, oneshot};

/// No more than two at once, whoever asks; and of those who wait the last does not wait longer than a browser does.
static QUEUE: Queue = Queue::new(2, 100);

/// Does what hashes once it is its turn; [`StoreError::Busy`] when too many wait already.
pub(super) async fn hashing<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    QUEUE.run(work).await
}

struct Queue {
    /// For those who are worked on and those who wait.
    places: Semaphore,
    turns: Semaphore,
}

impl Queue {
    const fn new(at_once: usize, waiting: usize) -> Self {
        Self {
            places: Semaphore::const_new(at_once + waiting),
            turns: Semaphore::const_new(at_once),
        }
    }

    /// The work's thread ends with it: the 19 MiB would stay with each thread of a pool that has ever hashed. Place and turn go
    /// with the thread, because it goes on when the browser that asked has gone.
    async fn run<T: Send + 'static>(
        &'static self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let place = self.places.try_acquire().map_err(|_| StoreError::Busy)?;
        let closed = |error: tokio::sync::AcquireError| StoreError::Setup(error.to_string());
        let turn = self.turns.acquire().await.map_err(closed)?;
        let (tell, told) = oneshot::channel();
        std::thread::spawn(move || {
            let done = work();
            drop((turn, place));
            tell.send(done)
        });
        told.await.map_err(|error| StoreError::Setup(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[tokio::test]
    async fn few_are_worked_on_and_few_wait_also_for_browsers_that_have_gone() {
        static ONE: Queue = Queue::new(1, 1);
        let (finish, finished) = mpsc::channel::<()>();
        let (begin, begun) = oneshot::channel();
        let first = tokio::spawn(ONE.run(move || {
            let _ = begin.send(());
            let _ = finished.recv();
        }));
        begun.await.expect("the first is worked on");
        // Whoever asked has gone: the thread works on all the same, and keeps its turn.
        first.abort();
        assert!(first.await.is_err());
        let second = tokio::spawn(ONE.run(|| 2));
        while ONE.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(ONE.run(|| 3).await, Err(StoreError::Busy)));
        assert!(!second.is_finished());
        finish.send(()).expect("the first still works");
        assert_eq!(second.await.expect("an answer").expect("its turn"), 2);
        assert_eq!(ONE.run(|| 4).await.expect("room again"), 4);
    }
}
