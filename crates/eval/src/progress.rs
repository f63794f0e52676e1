//! How an evaluation tells how far it is; showing it is the caller's.

/// Told of the steps of an evaluation, from several threads at once.
pub trait Progress: Sync {
    /// A step begins, of this many parts.
    fn begin(&self, step: &str, parts: u64);
    /// One more part of the step is done.
    fn advance(&self);
    /// The step is done.
    fn end(&self);
}

/// Shows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn begin(&self, _: &str, _: u64) {}
    fn advance(&self) {}
    fn end(&self) {}
}
