//! A picture as brightness, and regions of it to measure in.

use std::sync::LazyLock;

use zeroize::Zeroizing;

use crate::Point;

/// A square picture with its brightness, computed once for all measures.
pub(super) struct Chart<'a> {
    pub(super) side: usize,
    pub(super) rgb: &'a [[u8; 3]],
    /// Luma as it is stored, 0 to 255 (ITU-R BT.601): what the eye takes for evenly spaced.
    pub(super) luma: Zeroizing<Vec<f32>>,
    /// Luminance as it was in the light, 0 to 1 (IEC 61966-2-1, ITU-R BT.709): what ratios are taken of.
    pub(super) luminance: Zeroizing<Vec<f32>>,
}

impl<'a> Chart<'a> {
    pub(super) fn new(picture: &'a [u8], side: usize) -> Self {
        let rgb = picture.as_chunks::<3>().0;
        let luma = |[r, g, b]: &[u8; 3]| 0.299 * f32::from(*r) + 0.587 * f32::from(*g) + 0.114 * f32::from(*b);
        let luminance = |[r, g, b]: &[u8; 3]| 0.2126 * linear(*r) + 0.7152 * linear(*g) + 0.0722 * linear(*b);
        let (luma, luminance) = (rgb.iter().map(luma).collect(), rgb.iter().map(luminance).collect());
        Self { side, rgb, luma: Zeroizing::new(luma), luminance: Zeroizing::new(luminance) }
    }

    /// The pixels whose centres lie inside the polygon.
    pub(super) fn inside(&self, polygon: &[Point]) -> Region {
        Region::polygon(self.side, polygon)
    }
}

/// The inverse of sRGB's transfer function (IEC 61966-2-1), 0 to 1.
pub(super) fn linear(value: u8) -> f32 {
    static OF_ALL: LazyLock<[f32; 256]> = LazyLock::new(|| {
        std::array::from_fn(|value| {
            let value = value as f32 / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        })
    });
    OF_ALL[usize::from(value)]
}

/// Some of the pixels of a square picture.
#[derive(Clone)]
pub(super) struct Region {
    side: usize,
    covers: Vec<bool>,
}

impl Region {
    /// By the even-odd rule, row by row.
    fn polygon(side: usize, polygon: &[Point]) -> Self {
        let mut covers = vec![false; side * side];
        let mut crossings = Vec::new();
        for (row, pixels) in covers.chunks_exact_mut(side).enumerate() {
            let y = row as f32;
            crossings.clear();
            for (a, b) in polygon.iter().zip(polygon.iter().cycle().skip(1)) {
                if (a.y <= y) != (b.y <= y) {
                    crossings.push(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x));
                }
            }
            crossings.sort_unstable_by(f32::total_cmp);
            for [from, to] in crossings.as_chunks::<2>().0 {
                let first = from.ceil().clamp(0.0, side as f32) as usize;
                let end = (to.floor() + 1.0).clamp(0.0, side as f32) as usize;
                if first < end {
                    pixels[first..end].fill(true);
                }
            }
        }
        Self { side, covers }
    }

    /// The pixels for which this holds, given column and row.
    pub(super) fn of(side: usize, holds: impl Fn(f32, f32) -> bool) -> Self {
        let covers = (0..side * side).map(|at| holds((at % side) as f32, (at / side) as f32)).collect();
        Self { side, covers }
    }

    /// The pixels that are not more than so many columns and rows away.
    pub(super) fn grown(&self, pixels: usize) -> Self {
        let side = self.side;
        let mut along_rows = self.covers.clone();
        for (grown, row) in along_rows.chunks_exact_mut(side).zip(self.covers.chunks_exact(side)) {
            (1..=pixels.min(side - 1)).for_each(|away| add_both_ways(grown, row, away));
        }
        let mut covers = along_rows.clone();
        (1..=pixels.min(side - 1)).for_each(|away| add_both_ways(&mut covers, &along_rows, away * side));
        Self { side, covers }
    }

    /// The pixels that are more than so many columns or rows away from everything outside.
    pub(super) fn shrunk(&self, pixels: usize) -> Self {
        self.inverted().grown(pixels).inverted()
    }

    fn inverted(&self) -> Self {
        Self { side: self.side, covers: self.covers.iter().map(|covered| !covered).collect() }
    }

    /// The pixels that are not in the other region.
    pub(super) fn without(&self, other: &Self) -> Self {
        let covers = self.covers.iter().zip(&other.covers).map(|(here, there)| *here && !there).collect();
        Self { side: self.side, covers }
    }

    /// Positions of the pixels, in reading order.
    pub(super) fn pixels(&self) -> impl Iterator<Item = usize> {
        let rows = self.covers.chunks_exact(self.side).enumerate();
        // A region is small as a rule: most rows have none of it, which is seen at a glance.
        let with_some = rows.filter(|(_, row)| row.iter().fold(false, |some, covered| some | covered));
        with_some.flat_map(move |(y, row)| {
            let covered = row.iter().enumerate().filter(|(_, covered)| **covered);
            covered.map(move |(x, _)| y * self.side + x)
        })
    }

    /// The values at its pixels.
    pub(super) fn values(&self, of: &[f32]) -> Vec<f32> {
        self.pixels().map(|at| of[at]).collect()
    }
}

/// Adds to each what is so many places before and behind it.
fn add_both_ways(to: &mut [bool], from: &[bool], places: usize) {
    let rest = from.len() - places;
    to[places..].iter_mut().zip(&from[..rest]).for_each(|(to, before)| *to |= before);
    to[..rest].iter_mut().zip(&from[places..]).for_each(|(to, behind)| *to |= behind);
}

/// Fewer pixels than this say nothing about a region.
pub(super) const PIXELS_MIN: usize = 4;

/// The mean; no number when there are too few values.
pub(super) fn mean(values: &[f32]) -> f64 {
    if values.len() < PIXELS_MIN {
        return f64::NAN;
    }
    values.iter().map(|value| f64::from(*value)).sum::<f64>() / values.len() as f64
}

/// The value below which this share of the values lies; no number when there are too few.
pub(super) fn quantile(mut values: Vec<f32>, share: f64) -> f64 {
    if values.len() < PIXELS_MIN {
        return f64::NAN;
    }
    let at = ((values.len() - 1) as f64 * share).round() as usize;
    f64::from(*values.select_nth_unstable_by(at, f32::total_cmp).1)
}

/// The middle value; no number when there are too few.
pub(super) fn median(values: Vec<f32>) -> f64 {
    quantile(values, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(from: f32, to: f32) -> Vec<Point> {
        [(from, from), (to, from), (to, to), (from, to)].map(|(x, y)| Point { x, y }).to_vec()
    }

    #[test]
    fn a_polygon_covers_the_pixels_inside_it_and_no_others() {
        let region = Region::polygon(8, &square(1.5, 4.5));
        assert_eq!(region.pixels().collect::<Vec<_>>(), [18, 19, 20, 26, 27, 28, 34, 35, 36]);
        assert_eq!(Region::polygon(8, &square(-50.0, 50.0)).pixels().count(), 64);
        assert_eq!(Region::polygon(8, &square(50.0, 90.0)).pixels().count(), 0);
        assert_eq!(Region::polygon(8, &[]).pixels().count(), 0);
        let wild = [f32::NAN, f32::INFINITY, -1e30].map(|v| Point { x: v, y: v });
        assert!(Region::polygon(8, &wild).pixels().count() <= 64);
    }

    #[test]
    fn growing_and_shrinking_undo_one_another_on_a_square() {
        let region = Region::polygon(16, &square(5.5, 9.5));
        assert_eq!(region.pixels().count(), 16);
        let grown = region.grown(2);
        assert_eq!(grown.pixels().count(), 64);
        assert!(grown.shrunk(2).pixels().eq(region.pixels()));
        assert_eq!(grown.without(&region).pixels().count(), 48);
    }

    #[test]
    fn growing_and_shrinking_reach_so_far_and_no_farther_also_at_the_edges() {
        const SIDE: usize = 12;
        let scattered = Region::of(SIDE, |x, y| (x * 5.0 + y * 7.0) % 11.0 < 2.0 || x * y > 70.0);
        for pixels in [0, 1, 3, SIDE, 5 * SIDE] {
            let any_near = |at: usize, covered: bool| {
                let is_near = |other: &usize| {
                    (at % SIDE).abs_diff(other % SIDE) <= pixels && (at / SIDE).abs_diff(other / SIDE) <= pixels
                };
                (0..SIDE * SIDE).filter(is_near).any(|other| scattered.covers[other] == covered)
            };
            let expected: Vec<bool> = (0..SIDE * SIDE).map(|at| any_near(at, true)).collect();
            assert_eq!(scattered.grown(pixels).covers, expected, "{pixels}");
            let expected: Vec<bool> = (0..SIDE * SIDE).map(|at| !any_near(at, false)).collect();
            assert_eq!(scattered.shrunk(pixels).covers, expected, "{pixels}");
        }
    }

    #[test]
    fn too_few_values_say_nothing() {
        assert!(mean(&[1.0, 2.0, 3.0]).is_nan() && median(vec![1.0; 3]).is_nan());
        assert_eq!(median(vec![5.0, 1.0, 9.0, 2.0, 3.0]), 3.0);
        assert_eq!(quantile(vec![0.0, 1.0, 2.0, 3.0, 4.0], 0.25), 1.0);
    }

    #[test]
    fn white_black_and_grey_have_the_brightness_they_should() {
        let picture = [[255; 3], [0; 3], [188; 3], [128; 3]].concat();
        let chart = Chart::new(&picture, 2);
        assert!((chart.luminance[0] - 1.0).abs() < 1e-6 && chart.luminance[1] == 0.0);
        assert!((chart.luminance[2] - 0.5029).abs() < 1e-3, "sRGB 188 is half the light");
        assert!((chart.luma[3] - 128.0).abs() < 1e-3);
    }
}
