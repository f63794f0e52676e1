//! The mapped file.

use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

use memmap2::{MmapOptions, MmapRaw};

/// The whole file in the address space, which is read as atomic words and nothing else: another process may wipe a row
/// meanwhile, and plain memory must not change behind a reader's back.
///
/// Files of ours are never made shorter, only replaced by others of the same name, so that no mapped page loses its file.
/// A disk that cannot read a page back ends the process, as it does with a page of the program itself.
pub(super) struct Mapping(MmapRaw);

impl Mapping {
    /// Maps the first `bytes` bytes, all of which must be in the file.
    pub(super) fn new(file: &File, bytes: usize) -> io::Result<Self> {
        let map = MmapOptions::new().len(bytes).map_raw_read_only(file)?;
        // Advice only. Rows that survive a scan lie anywhere: reading 128 KiB around each would read the whole file.
        let _ = map.advise(memmap2::Advice::Random);
        Ok(Self(map))
    }

    /// The word at a multiple of eight.
    pub(super) fn word(&self, at: usize) -> u64 {
        let word = self.within(at, size_of::<u64>(), align_of::<AtomicU64>()).cast::<AtomicU64>();
        // SAFETY: `within` answers only for aligned places whose bytes are all mapped, for as long as `self` lives. Whoever
        // writes there is another process, or the operating system in its name, and all of ours read atomically. Relaxed
        // loads of this size are allowed from memory that cannot be written.
        unsafe { &*word }.load(Ordering::Relaxed)
    }

    /// Copies values from a multiple of four.
    pub(super) fn copy(&self, at: usize, into: &mut [f32]) {
        let from = self.within(at, size_of_val(into), align_of::<AtomicU32>()).cast::<AtomicU32>();
        // SAFETY: as above, for as many words as `into` has values.
        let words = unsafe { std::slice::from_raw_parts(from, into.len()) };
        for (value, word) in into.iter_mut().zip(words) {
            *value = f32::from_bits(word.load(Ordering::Relaxed));
        }
        // What is read afterwards is not older than the values.
        fence(Ordering::Acquire);
    }

    /// Has the processor fetch so many bytes, as far as their pages are there.
    pub(super) fn prefetch(&self, at: usize, bytes: usize) {
        crate::kernel::prefetch(self.within(at, bytes, 1), bytes);
    }

    /// The address of a place.
    ///
    /// # Panics
    /// When the place is not aligned, or not all of it is mapped: a defect of this module.
    fn within(&self, at: usize, bytes: usize, align: usize) -> *const u8 {
        let fits = at.checked_add(bytes).is_some_and(|end| end <= self.0.len());
        assert!(fits && at.is_multiple_of(align), "{bytes} bytes at {at} of {}", self.0.len());
        self.0.as_ptr().wrapping_add(at)
    }
}
