//! What the process gives back to the system of the memory that it no longer needs.
//!
//! The C library keeps what is freed, and learns from every large block that is freed to keep larger ones: after a few photographs
//! of 12 megapixels and 64 bodies at once, hundreds of megabytes that nobody used. docs/performance.md says what the process
//! holds with what is here; `auther bench load` measures it.

/// Blocks from this size on, in bytes, are mapped from the system and go back to it when they are freed. A decoded image of one
/// megapixel is smaller: mapping it anew for each request would cost a fault for each of its 700 pages.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const MAPPED_BYTES_MIN: libc::c_int = 4 << 20;

/// So many free bytes at the end of an arena stay with the process. The library's own 128 KiB, which it no longer adapts once the
/// size above is set, would give a request's buffers back with each answer, and take them anew for the next: a fault a page, in
/// sum half a millisecond for a photograph of one megapixel and several for one of twelve.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const KEPT_BYTES_MAX: libc::c_int = 16 << 20;

/// To be called before anything large is allocated: from then on large blocks go back to the system, what a request needs stays
/// for the next one, and there is an arena a core, where the library has eight. What is free in one arena is of no use to the
/// others: with eight the process holds more under 64 connections (`auther bench load`).
pub(crate) fn configure_allocator() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let arenas = libc::c_int::try_from(cores).unwrap_or(libc::c_int::MAX);
        // SAFETY: each takes two numbers and touches no memory of ours; allocation in other threads is locked out meanwhile.
        unsafe {
            // What is not understood is not done: then the library goes on as it always does.
            libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED_BYTES_MIN);
            libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT_BYTES_MAX);
            libc::mallopt(libc::M_ARENA_MAX, arenas);
        }
    }
}

/// Gives back what was needed for a while only: what the models were made from, when they are made.
pub(crate) fn give_back_free() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it gives back pages of free blocks only, under the allocator's own locks.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use super::*;

    /// Resident anonymous memory of this process in KiB.
    fn resident_kib() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").expect("a status");
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("a line");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    #[test]
    fn large_blocks_and_freed_ones_go_back() {
        const BLOCKS: usize = 16;
        configure_allocator();
        let fill = |bytes: usize| (0..BLOCKS).map(|_| vec![1_u8; bytes]).collect::<Vec<_>>();
        let large = fill(2 * MAPPED_BYTES_MIN as usize);
        let held = resident_kib();
        drop(large);
        assert!(resident_kib() + 64 * 1024 < held, "128 MiB were held");
        let (small, mut last) = (fill(MAPPED_BYTES_MIN as usize / 2), Vec::with_capacity(1));
        // Lies behind the others, so that they cannot be cut off the end.
        last.push(fill(1_000));
        let held = resident_kib();
        drop(small);
        give_back_free();
        assert!(resident_kib() + 16 * 1024 < held, "32 MiB were held");
    }
}
