//! Checksums: XXH3 with 64 bits, which runs at the speed of memory. They find damage, not forgery: who may write the
//! snapshot may write the store.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// The checksum of a row that was wiped.
pub(super) const WIPED: u64 = 0;

/// The checksum of the header, and of the directory.
pub(super) fn plain(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

/// The checksum of a row's original, never [`WIPED`]. `row` counts through all spaces.
pub(super) fn row(seal: u64, row: usize, values: &[f32]) -> u64 {
    xxh3_64_with_seed(bytes_of(values), place(seal, row)).max(WIPED + 1)
}

/// The checksum of a block: its keys, row checksums and codes. `block` counts through all spaces.
pub(super) fn block(seal: u64, block: usize, keys: &[u8], sums: &[u8], codes: &[u8]) -> u64 {
    [keys, sums, codes].into_iter().fold(place(seal, block), |seed, bytes| xxh3_64_with_seed(bytes, seed))
}

/// What a checksum begins with: the file and the place within it.
fn place(seal: u64, number: usize) -> u64 {
    seal.wrapping_add(number as u64)
}

/// Values as they lie in memory.
pub(super) fn bytes_of(values: &[f32]) -> &[u8] {
    // SAFETY: an `f32` has no padding, every byte is a `u8`, and the length is that of the same memory.
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) }
}

/// The same memory, to be filled: whatever the bits are, they are some `f32`.
pub(super) fn bytes_of_mut(values: &mut [f32]) -> &mut [u8] {
    // SAFETY: as above; any bits are an `f32`, and whoever holds `values` mutably is alone.
    unsafe { std::slice::from_raw_parts_mut(values.as_mut_ptr().cast(), size_of_val(values)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference implementation's answers: a snapshot that was written stays readable when the crate changes.
    #[test]
    fn are_those_of_xxh3() {
        assert_eq!(xxh3_64(b""), 0x2d06_8005_38d3_94c2);
        assert_eq!(xxh3_64_with_seed(b"", 0), 0x2d06_8005_38d3_94c2);
    }

    #[test]
    fn depend_on_file_place_and_every_part() {
        let sum = row(1, 2, &[1.0, 2.0]);
        assert!([row(2, 2, &[1.0, 2.0]), row(1, 3, &[1.0, 2.0]), row(1, 2, &[1.0, -2.0])].iter().all(|o| *o != sum));
        let sum = block(1, 2, b"k", b"s", b"c");
        let others = [block(2, 2, b"k", b"s", b"c"), block(1, 3, b"k", b"s", b"c"), block(1, 2, b"s", b"k", b"c")];
        assert!(others.iter().all(|other| *other != sum));
    }
}
