//! The one inner product: every score in the house comes from here, so that two ways to the same comparison cannot
//! disagree in the last bit.

/// Independent partial sums: enough to hide the latency of a fused multiply-add on two 256-bit pipes.
const LANES: usize = 32;

/// One block of a vector.
type Block = [f32; LANES];

/// The inner product of two vectors of equal length.
///
/// The order of the additions is fixed by the length alone, and the AVX2 form performs exactly the operations of the
/// portable one (fused multiply-adds into 32 lanes, then a pairwise sum): both return the same bits.
///
/// # Panics
/// When the lengths differ: a defect of the caller, as templates of one model have one length.
#[must_use]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len(), "vectors of one model have one length");
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        // SAFETY: the processor has just been asked for both features.
        return unsafe { avx2::dot(a, b) };
    }
    portable(a, b)
}

/// The longest chain of roundings that one product goes through in [`dot`]: its fused multiply-adds into a lane, then the
/// pairwise sum of the lanes. What bounds the rounding error of a score.
#[must_use]
pub fn dot_additions(length: usize) -> usize {
    length.div_ceil(LANES) + LANES.ilog2() as usize
}

/// The inner products of `probe` with every one of `rows`, which lie one after the other, in order: `each` gets the
/// row's number and the bits that [`dot`] returns for it.
///
/// The processor is asked for its features once and not once a row.
///
/// # Panics
/// When `rows` is no whole number of rows as long as `probe`: a defect of the caller.
pub fn scan(rows: &[f32], probe: &[f32], mut each: impl FnMut(usize, f32)) {
    if rows.is_empty() {
        return;
    }
    assert!(!probe.is_empty() && rows.len().is_multiple_of(probe.len()), "vectors of one model have one length");
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        // SAFETY: the processor has just been asked for both features.
        return unsafe { avx2::scan(rows, probe, each) };
    }
    for (number, row) in rows.chunks_exact(probe.len()).enumerate() {
        each(number, portable(row, probe));
    }
}

fn portable(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let add = |sums: &mut Block, x: &Block, y: &Block| {
        for lane in 0..LANES {
            sums[lane] = x[lane].mul_add(y[lane], sums[lane]);
        }
    };
    let ((a_blocks, a_rest), (b_blocks, b_rest)) = (a.as_chunks(), b.as_chunks());
    for (x, y) in a_blocks.iter().zip(b_blocks) {
        add(&mut sums, x, y);
    }
    if !a_rest.is_empty() {
        add(&mut sums, &padded(a_rest), &padded(b_rest));
    }
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            sums[lane] += sums[lane + width];
        }
        width /= 2;
    }
    sums[0]
}

fn padded(rest: &[f32]) -> Block {
    let mut block = [0.0; LANES];
    block[..rest.len()].copy_from_slice(rest);
    block
}

/// The operations of [`portable`] in registers. Written out, because the compiler, left alone, begins at the pairwise
/// sum and packs two lanes into a register that holds eight.
#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256, _mm_add_ps, _mm_add_ss, _mm_cvtss_f32, _mm_movehdup_ps, _mm_movehl_ps, _mm256_add_ps,
        _mm256_castps256_ps128, _mm256_extractf128_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_setzero_ps,
    };

    use super::{Block, LANES, padded};

    /// Values in a register.
    const REGISTER: usize = 8;

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn scan(rows: &[f32], probe: &[f32], mut each: impl FnMut(usize, f32)) {
        for (number, row) in rows.chunks_exact(probe.len()).enumerate() {
            each(number, dot(row, probe));
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
        let mut sums = [_mm256_setzero_ps(); LANES / REGISTER];
        let ((a_blocks, a_rest), (b_blocks, b_rest)) = (a.as_chunks(), b.as_chunks());
        for (x, y) in a_blocks.iter().zip(b_blocks) {
            add(&mut sums, x, y);
        }
        if !a_rest.is_empty() {
            add(&mut sums, &padded(a_rest), &padded(b_rest));
        }
        let eight = _mm256_add_ps(_mm256_add_ps(sums[0], sums[2]), _mm256_add_ps(sums[1], sums[3]));
        let four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps::<1>(eight));
        let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn add(sums: &mut [__m256; LANES / REGISTER], x: &Block, y: &Block) {
        let (x, y) = (x.as_chunks::<REGISTER>().0, y.as_chunks::<REGISTER>().0);
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            // SAFETY: both are references to eight values; the load needs no alignment.
            let (x, y) = unsafe { (_mm256_loadu_ps(x.as_ptr()), _mm256_loadu_ps(y.as_ptr())) };
            *sum = _mm256_fmadd_ps(x, y, *sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(length: usize, step: f32) -> Vec<f32> {
        (0..length).map(|i| (i as f32 * step).sin()).collect()
    }

    #[test]
    fn agrees_with_double_precision_at_every_length() {
        for length in 0..300 {
            let (a, b) = (wave(length, 0.37), wave(length, 0.73));
            let exact: f64 = a.iter().zip(&b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
            assert!((f64::from(dot(&a, &b)) - exact).abs() < 1e-4, "length {length}");
        }
    }

    #[test]
    fn dispatched_and_portable_forms_return_the_same_bits() {
        for length in [0, 1, 31, 32, 33, 127, 128, 192, 256, 512, 513] {
            let (a, b) = (wave(length, 0.11), wave(length, 1.7));
            assert_eq!(dot(&a, &b).to_bits(), portable(&a, &b).to_bits(), "length {length}");
        }
    }

    #[test]
    fn a_scan_returns_the_bits_of_dot_for_every_row_in_order() {
        for (length, count) in [(1, 3), (31, 2), (32, 5), (128, 7), (192, 4), (513, 3)] {
            let (rows, probe) = (wave(length * count, 0.13), wave(length, 0.7));
            let expected: Vec<_> = rows.chunks(length).map(|row| dot(row, &probe).to_bits()).enumerate().collect();
            let mut seen = Vec::new();
            scan(&rows, &probe, |number, score| seen.push((number, score.to_bits())));
            assert_eq!(seen, expected, "length {length}");
        }
        scan(&[], &[], |_, _| panic!("no rows"));
    }

    #[test]
    #[should_panic(expected = "one length")]
    fn a_scan_refuses_half_a_row() {
        scan(&[0.0; 5], &[0.0; 2], |_, _| {});
    }
}
