//! Overwriting what must not be found in memory that is given back.

/// Overwrites all that the vector has room for, and empties it.
///
/// A plain fill, which goes at the speed of memory. The `zeroize` crate writes a `Vec` byte by byte, so that a request with an
/// image of a megabyte would spend a millisecond on it.
pub fn wipe(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.capacity(), 0);
    wipe_slice(bytes);
    bytes.clear();
}

/// The same of what is there, for room behind which nothing was ever written.
pub fn wipe_slice(bytes: &mut [u8]) {
    bytes.fill(0);
    // Keeps the optimiser from seeing that nobody reads the zeros.
    std::hint::black_box(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_is_gone_and_what_was_cut_off_too() {
        let mut bytes = vec![7; 1_000];
        bytes.truncate(10);
        let place = bytes.as_ptr();
        wipe(&mut bytes);
        assert!(bytes.is_empty());
        bytes.resize(bytes.capacity(), 1);
        assert_eq!(bytes.as_ptr(), place, "in place");
        wipe(&mut Vec::new());
    }
}
