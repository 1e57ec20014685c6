//! Work that a thread does meanwhile, and that never outlives who asked for it.

use std::thread::{self, JoinHandle};

/// Work that was begun; dropped, it is waited for and its outcome dropped as well.
pub(super) struct Background<T>(Option<JoinHandle<T>>);

impl<T: Send + 'static> Background<T> {
    pub(super) fn begin(work: impl FnOnce() -> T + Send + 'static) -> Self {
        Self(Some(thread::spawn(work)))
    }

    /// Waits for the outcome, or the panic that ended it; `None` if it was taken before.
    pub(super) fn take(&mut self) -> Option<thread::Result<T>> {
        self.0.take().map(JoinHandle::join)
    }
}

impl<T> Drop for Background<T> {
    fn drop(&mut self) {
        drop(self.0.take().map(JoinHandle::join));
    }
}
