//! Whether the face is in focus (`F_007`).

use zeroize::Zeroizing;

use super::chart::{Chart, Region};

/// Two scales of smoothing, in pixels of the face's picture (standard deviation of a Gaussian).
const FINE: f32 = 1.0;
const COARSE: f32 = 2.0;

/// So far from the outline of the face inwards in pixels: its edge against the background is no feature of it.
const OUTLINE_PX: usize = 4;

/// A Gaussian is cut off after so many standard deviations.
const REACH: f32 = 4.0;

/// Energy below this is that of an evenly grey face: nothing to be sharp.
const ENERGY_MIN: f64 = 1e-6;

/// Energy of the gradients at the fine scale by that at the coarse scale, in percent.
///
/// A ratio, so that neither contrast nor skin decides: blurring takes more from fine gradients than from coarse ones. It
/// falls towards 100 % with growing blur. The face has a fixed size here, so a small face that was enlarged is as
/// unsharp as it looks.
pub(super) fn percent(face: &Chart<'_>, oval: &Region) -> f64 {
    let inner: Vec<usize> = oval.shrunk(OUTLINE_PX).pixels().collect();
    let energy = |sigma: f32| gradient_energy(&smooth(&face.luma, face.side, sigma), face.side, &inner);
    let (fine, coarse) = (energy(FINE), energy(COARSE));
    if fine.is_nan() { f64::NAN } else { 100.0 * fine / coarse.max(ENERGY_MIN) }
}

/// The mean square of Sobel's gradient over the pixels; no number of none.
fn gradient_energy(values: &[f32], side: usize, pixels: &[usize]) -> f64 {
    let mut sum = 0.0;
    let mut count = 0_u32;
    let interior = 1..side - 1;
    for at in pixels.iter().filter(|at| interior.contains(&(**at / side)) && interior.contains(&(**at % side))) {
        let value = |down: isize, right: isize| values[at.wrapping_add_signed(down * side as isize + right)];
        let across = |down: isize| value(down, 1) - value(down, -1);
        let along = |right: isize| value(1, right) - value(-1, right);
        let x = across(-1) + 2.0 * across(0) + across(1);
        let y = along(-1) + 2.0 * along(0) + along(1);
        sum += f64::from(x * x + y * y);
        count += 1;
    }
    sum / f64::from(count)
}

/// Gaussian smoothing of a square picture, which is continued in the mirror beyond its edges.
fn smooth(values: &[f32], side: usize, sigma: f32) -> Zeroizing<Vec<f32>> {
    let reach = (REACH * sigma).round() as usize;
    let weights: Vec<f32> = (0..=reach).map(|i| (-0.5 * (i as f32 / sigma).powi(2)).exp()).collect();
    let sum = weights[0] + 2.0 * weights[1..].iter().sum::<f32>();
    let weights: Vec<f32> = weights.iter().map(|weight| weight / sum).collect();
    convolve_columns(&convolve_rows(values, side, &weights), side, &weights)
}

/// `weights` are those of the middle and of one side.
fn convolve_rows(values: &[f32], side: usize, weights: &[f32]) -> Zeroizing<Vec<f32>> {
    let reach = weights.len() - 1;
    let mut result = Zeroizing::new(vec![0.0; values.len()]);
    let mut padded = Zeroizing::new(vec![0.0; side + 2 * reach]);
    for (row, smoothed) in values.chunks_exact(side).zip(result.chunks_exact_mut(side)) {
        padded[reach..reach + side].copy_from_slice(row);
        for i in 1..=reach {
            padded[reach - i] = row[i];
            padded[reach + side - 1 + i] = row[side - 1 - i];
        }
        for (at, value) in smoothed.iter_mut().enumerate() {
            *value = weights[0] * padded[at + reach];
        }
        for (i, weight) in weights.iter().enumerate().skip(1) {
            let (before, after) = (&padded[reach - i..], &padded[reach + i..]);
            for ((value, a), b) in smoothed.iter_mut().zip(before).zip(after) {
                *value += weight * (a + b);
            }
        }
    }
    result
}

/// The same down the columns: whole rows are added, neighbour by neighbour.
fn convolve_columns(values: &[f32], side: usize, weights: &[f32]) -> Zeroizing<Vec<f32>> {
    let mut result = Zeroizing::new(vec![0.0; values.len()]);
    let row = |at: usize| &values[at * side..][..side];
    for (at, smoothed) in result.chunks_exact_mut(side).enumerate() {
        smoothed.iter_mut().zip(row(at)).for_each(|(value, here)| *value = weights[0] * here);
        for (i, weight) in weights.iter().enumerate().skip(1) {
            // Beyond the edge the rows come back.
            let above = row(at.abs_diff(i));
            let below = row(if at + i < side { at + i } else { 2 * (side - 1) - at - i });
            for ((value, a), b) in smoothed.iter_mut().zip(above).zip(below) {
                *value += weight * (a + b);
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 64;

    /// Stripes with soft edges of this width.
    fn stripes(softness: f32) -> Vec<u8> {
        let level = |x: usize| 128.0 + 100.0 * ((x as f32 * 0.4).sin() * 6.0 / softness).tanh();
        (0..SIDE * SIDE).flat_map(|at| [level(at % SIDE) as u8; 3]).collect()
    }

    fn sharpness(picture: &[u8]) -> f64 {
        percent(&Chart::new(picture, SIDE), &Region::of(SIDE, |_, _| true))
    }

    #[test]
    fn softer_edges_are_less_sharp_and_contrast_does_not_matter() {
        let values = [1.0, 2.0, 6.0].map(|softness| sharpness(&stripes(softness)));
        assert!(values.is_sorted_by(|a, b| a > b), "{values:?}");
        let pale: Vec<u8> = stripes(1.0).iter().map(|value| 100 + value / 4).collect();
        assert!((sharpness(&pale) / values[0] - 1.0).abs() < 0.05);
    }

    #[test]
    fn an_empty_face_is_not_sharp() {
        assert_eq!(sharpness(&[77; SIDE * SIDE * 3]), 0.0);
    }

    #[test]
    fn smoothing_keeps_the_sum_and_the_middle() {
        let mut values = vec![0.0; SIDE * SIDE];
        values[32 * SIDE + 32] = 1.0;
        let smoothed = smooth(&values, SIDE, 2.0);
        assert!((smoothed.iter().sum::<f32>() - 1.0).abs() < 1e-4);
        let peak = smoothed.iter().copied().fold(0.0, f32::max);
        assert_eq!(smoothed[32 * SIDE + 32], peak);
        assert!((peak - 1.0 / (2.0 * std::f32::consts::PI * 4.0)).abs() < 1e-3);
    }
}
