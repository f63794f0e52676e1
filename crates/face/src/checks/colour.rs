//! Colours as far apart as they look (CIE 1976 L*a*b*, white D65).

use std::ops::Sub;

use super::chart::linear;

/// A colour in CIELAB, or the difference of two.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lab {
    lightness: f64,
    /// Green to red.
    a: f64,
    /// Blue to yellow.
    b: f64,
}

/// White under daylight (CIE D65, 2 degrees).
const WHITE: [f64; 3] = [0.950_456, 1.0, 1.088_754];

impl Lab {
    /// Of an sRGB pixel (IEC 61966-2-1).
    pub(super) fn of(pixel: [u8; 3]) -> Self {
        let [r, g, b] = pixel.map(|value| f64::from(linear(value)));
        let xyz = [
            0.412_453 * r + 0.357_580 * g + 0.180_423 * b,
            0.212_671 * r + 0.715_160 * g + 0.072_169 * b,
            0.019_334 * r + 0.119_193 * g + 0.950_227 * b,
        ];
        let [x, y, z] = std::array::from_fn(|i| response(xyz[i] / WHITE[i]));
        Self { lightness: 116.0 * y - 16.0, a: 500.0 * (x - y), b: 200.0 * (y - z) }
    }

    /// The median in each channel; `None` of fewer than so many.
    pub(super) fn median(colours: &[Self], least: usize) -> Option<Self> {
        if colours.len() < least.max(1) {
            return None;
        }
        let middle = |channel: fn(&Self) -> f64| {
            let mut values: Vec<f64> = colours.iter().map(channel).collect();
            let at = (values.len() - 1) / 2;
            *values.select_nth_unstable_by(at, f64::total_cmp).1
        };
        Some(Self { lightness: middle(|c| c.lightness), a: middle(|c| c.a), b: middle(|c| c.b) })
    }

    /// Length of a difference, its lightness weighted.
    pub(super) fn length(self, lightness_weight: f64) -> f64 {
        (lightness_weight * self.lightness).hypot(self.a).hypot(self.b)
    }

    /// Redness and yellowness together.
    pub(super) fn chroma_sum(self) -> f64 {
        self.a + self.b
    }
}

impl Sub for Lab {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { lightness: self.lightness - other.lightness, a: self.a - other.a, b: self.b - other.b }
    }
}

/// The cube root, with a straight piece near black.
fn response(t: f64) -> f64 {
    /// `(6/29)^3`
    const STRAIGHT_BELOW: f64 = 0.008_856;
    if t > STRAIGHT_BELOW { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colours() {
        for (pixel, [lightness, a, b]) in [
            ([255, 255, 255], [100.0, 0.0, 0.0]),
            ([0, 0, 0], [0.0, 0.0, 0.0]),
            ([255, 0, 0], [53.24, 80.09, 67.20]),
            ([0, 0, 255], [32.30, 79.19, -107.86]),
        ] {
            let lab = Lab::of(pixel);
            let apart = [lab.lightness - lightness, lab.a - a, lab.b - b];
            assert!(apart.iter().all(|difference| difference.abs() < 0.05), "{pixel:?}: {lab:?}");
        }
    }

    #[test]
    fn the_median_is_by_channel() {
        let colours = [[10, 200, 3], [20, 100, 2], [30, 0, 1]].map(Lab::of);
        let median = Lab::median(&colours, 3).expect("enough");
        assert_eq!(median.lightness, colours[1].lightness);
        assert_eq!(Lab::median(&colours, 4), None);
    }
}
