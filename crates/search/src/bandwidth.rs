//! How fast this machine reads memory.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use memmap2::MmapMut;

/// Bytes that each thread reads in a pass: far more than any cache holds.
const PASS_BYTES: usize = 256 << 20;

/// Passes, of which the fastest counts: other work on the machine only makes it slower.
const PASSES: usize = 8;

/// Bytes a second that so many threads read from memory together: in order, in large pages, adding up all there is.
///
/// A scan of codes cannot be faster: at 20 GB/s, a million templates of 68 bytes take 3.4 ms at the least.
///
/// # Panics
/// When the memory is not to be had.
#[must_use]
pub fn memory_bandwidth(threads: NonZeroUsize) -> f64 {
    let start = Barrier::new(threads.get());
    // Before there are threads: one that ended without memory would leave the others waiting for it.
    let maps = (0..threads.get()).map(|_| MmapMut::map_anon(PASS_BYTES).expect("memory to read from"));
    let maps: Vec<_> = maps.collect();
    let start = &start;
    let read = |mut map: MmapMut| {
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::HugePage);
        map.fill(1);
        let mut seconds = f64::INFINITY;
        for _ in 0..PASSES {
            start.wait();
            let begun = Instant::now();
            black_box(sum(black_box(&map)));
            seconds = seconds.min(begun.elapsed().as_secs_f64());
        }
        PASS_BYTES as f64 / seconds
    };
    thread::scope(|scope| {
        let readers: Vec<_> = maps.into_iter().map(|map| scope.spawn(move || read(map))).collect();
        readers.into_iter().map(|reader| reader.join().unwrap_or_else(|p| std::panic::resume_unwind(p))).sum()
    })
}

/// Adds up words, in several sums at once so that no addition waits for the one before.
fn sum(bytes: &[u8]) -> u64 {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has just been asked for the feature.
        return unsafe { sum_avx2(bytes) };
    }
    sum_words(bytes)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn sum_avx2(bytes: &[u8]) -> u64 {
    sum_words(bytes)
}

#[inline(always)]
fn sum_words(bytes: &[u8]) -> u64 {
    let mut sums = [0_u64; 32];
    for block in bytes.as_chunks::<256>().0 {
        for (sum, word) in sums.iter_mut().zip(block.as_chunks::<8>().0) {
            *sum = sum.wrapping_add(u64::from_le_bytes(*word));
        }
    }
    sums.iter().fold(0, |all, sum| all.wrapping_add(*sum))
}
