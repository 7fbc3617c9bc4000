//! The lock of the outbox: `parking_lot`'s, or loom's for the model in `tests/model.rs`.

#[cfg(not(loom))]
pub(crate) use parking_lot::Mutex;

#[cfg(loom)]
pub(crate) use model::Mutex;

#[cfg(loom)]
mod model {
    use loom::sync::{Mutex as Lock, MutexGuard};

    /// loom's lock with the interface of `parking_lot`'s.
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(Lock<T>);

    impl<T> Mutex<T> {
        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
        }
    }
}
