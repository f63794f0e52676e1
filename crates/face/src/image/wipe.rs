//! Pixels are overwritten before their memory is given back.

use std::mem;

use biometric::wipe_slice;

/// Bytes that are overwritten when they are dropped.
pub(super) struct Wiped(Vec<u8>);

impl Wiped {
    /// So many zeros.
    pub(super) fn zeros(length: usize) -> Self {
        Self(vec![0; length])
    }

    /// Leaves out the last bytes, which hold nothing that is to be overwritten.
    pub(super) fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }

    /// The bytes, which somebody else overwrites.
    pub(super) fn into_inner(mut self) -> Vec<u8> {
        mem::take(&mut self.0)
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        // What was cut off was never written to: it is not touched now either.
        wipe_slice(&mut self.0);
    }
}

impl std::ops::Deref for Wiped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl std::ops::DerefMut for Wiped {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_left_as_it_is() {
        let mut kept = Wiped::zeros(3);
        kept.fill(7);
        assert_eq!(kept.into_inner(), [7; 3]);
    }
}
