//! Whether the eyes are open (`F_003`) and to be seen (`F_005`).

use super::chart::{self, Chart, Region};
use crate::Point;
use crate::mesh::{EYE_CORNERS, EYE_SIDE_PX, Eye, FaceMesh};

/// The band of skin below the eye that an iris is compared with: along the eye from the outer corner and away from it, in
/// widths of the eye.
const SKIN_ALONG: std::ops::Range<f32> = 0.15..0.85;
const SKIN_BELOW: std::ops::Range<f32> = 0.28..0.5;

/// The dark tenth of what lies between the lids is iris and pupil, if the eye is open.
const DARK_SHARE: f64 = 0.1;

/// An open eye's dark tenth is at least so much darker than the skin below the eye; one that shows less darkness counts
/// for less, in proportion. Lashes on a closed lid are thin, an iris is not.
const IRIS_DARKNESS_FULL: f64 = 0.7;

/// Radius of the disc taken for the iris, in widths of the eye: somewhat less than an iris is wide, since the network
/// places its centre to a few pixels only.
const IRIS_RADIUS: f32 = 0.13;

/// Added to luminances before their ratio is taken: what a sensor gives for black.
const BLACK_LUMINANCE: f64 = 0.003;

/// The iris may be so many times darker than the skin, as a logarithm, and no more is credited: beyond it the number says
/// how dark the iris is, not how well it is seen. It counts for less than the skin, which glasses cannot brighten.
const IRIS_LOG_RATIO_MAX: f64 = 1.0;
const IRIS_WEIGHT: f64 = 0.7;

/// Skin below each eye, and the cheek below that, the person's right side first; polygons of mesh points.
const BELOW_EYE: [[usize; 14]; 2] = [
    [31, 228, 229, 230, 231, 232, 233, 112, 26, 22, 23, 24, 110, 25],
    [261, 448, 449, 450, 451, 452, 453, 341, 256, 252, 253, 254, 339, 255],
];
const CHEEK: [[usize; 5]; 2] = [[50, 205, 187, 147, 123], [280, 425, 411, 376, 352]];

/// What is measured at both eyes, in percent.
pub(super) struct Eyes {
    /// By eye, the person's right one first, of the eye's width; discounted where no iris is seen.
    pub(super) openness_percent: [f64; 2],
    /// How well skin and iris are told apart.
    pub(super) contrast_percent: f64,
}

pub(super) fn measure(mesh: &FaceMesh, face: &Chart<'_>) -> Eyes {
    let eyes = mesh.eyes.each_ref().map(Lids::new);
    let openness_percent = eyes.each_ref().map(|lids| 100.0 * lids.openness() * lids.iris_share());
    // Eye and cheek of one side are lit alike, so the ratios are taken side by side. Of a turned head the nearer eye is
    // seen better: each counts by the square of its width.
    let weights = EYE_CORNERS.map(|[outer, inner]| {
        let (a, b) = (mesh.points[outer], mesh.points[inner]);
        f64::from((a.x - b.x).powi(2) + (a.y - b.y).powi(2))
    });
    let log_ratios = [0, 1].map(|side| visibility(mesh, face, side, eyes[side].iris_luminance()));
    Eyes { openness_percent, contrast_percent: 100.0 * weighted_mean(log_ratios, weights).exp() }
}

/// The mean of the sides that are seen: of a head turned far away the cheek behind the nose is not. No number of none.
fn weighted_mean(values: [f64; 2], weights: [f64; 2]) -> f64 {
    let seen = || values.into_iter().zip(weights).filter(|(value, _)| !value.is_nan());
    seen().map(|(value, weight)| value * weight).sum::<f64>() / seen().map(|(_, weight)| weight).sum::<f64>()
}

/// Dark glass darkens the skin below the eye against the cheek, and hides the difference of iris and skin: the sum of both
/// logarithms of ratios. Neither depends on the colour of the skin or on how much light there is.
fn visibility(mesh: &FaceMesh, face: &Chart<'_>, side: usize, iris: f64) -> f64 {
    let light = |polygon: &[usize]| chart::median(face.inside(&mesh.polygon(polygon)).values(&face.luminance));
    let log = |luminance: f64| (luminance + BLACK_LUMINANCE).ln();
    let (below, cheek) = (light(&BELOW_EYE[side]), light(&CHEEK[side]));
    let (against_cheek, against_iris) = (log(below) - log(cheek), log(below) - log(iris));
    match against_cheek.is_nan() || against_iris.is_nan() {
        true => f64::NAN,
        false => against_cheek.min(0.0) + IRIS_WEIGHT * against_iris.clamp(0.0, IRIS_LOG_RATIO_MAX),
    }
}

/// One eye's picture with the eye's own axes: along from the outer corner to the inner, and away from the brow.
struct Lids<'a> {
    eye: &'a Eye,
    chart: Chart<'a>,
    outer: Point,
    along: Point,
    width: f32,
}

impl<'a> Lids<'a> {
    fn new(eye: &'a Eye) -> Self {
        let (outer, inner) = (eye.lower_lid[0], eye.lower_lid[eye.lower_lid.len() - 1]);
        let (x, y) = (inner.x - outer.x, inner.y - outer.y);
        let width = x.hypot(y).max(f32::EPSILON);
        let chart = Chart::new(&eye.picture, EYE_SIDE_PX);
        Self { eye, chart, outer, along: Point { x: x / width, y: y / width }, width }
    }

    /// In widths of the eye from the outer corner: along the eye, and below it.
    fn locate(&self, x: f32, y: f32) -> (f32, f32) {
        let (x, y) = ((x - self.outer.x) / self.width, (y - self.outer.y) / self.width);
        (x * self.along.x + y * self.along.y, y * self.along.x - x * self.along.y)
    }

    /// The mean distance of the lids by the width of the eye (Soukupova & Cech 2016 use two distances; seven are steadier).
    fn openness(&self) -> f64 {
        let lower = &self.eye.lower_lid[1..];
        let gap = |(lower, upper): (&Point, &Point)| {
            f64::from(self.locate(lower.x, lower.y).1 - self.locate(upper.x, upper.y).1)
        };
        let gaps = lower.iter().zip(&self.eye.upper_lid).map(gap);
        (gaps.sum::<f64>() / self.eye.upper_lid.len() as f64).abs()
    }

    /// How much of an iris is seen between the lids, 0 to 1.
    fn iris_share(&self) -> f64 {
        let skin = Region::of(EYE_SIDE_PX, |x, y| {
            let (along, below) = self.locate(x, y);
            SKIN_ALONG.contains(&along) && SKIN_BELOW.contains(&below)
        });
        let skin = chart::median(skin.values(&self.chart.luma)).max(1.0);
        let mut outline = self.eye.lower_lid.to_vec();
        outline.extend(self.eye.upper_lid.iter().rev());
        let dark = chart::quantile(self.chart.inside(&outline).values(&self.chart.luma), DARK_SHARE);
        // Lids so close that nothing lies between them show no iris.
        if dark.is_nan() { 0.0 } else { ((1.0 - dark / skin) / IRIS_DARKNESS_FULL).clamp(0.0, 1.0) }
    }

    fn iris_luminance(&self) -> f64 {
        let (centre, radius) = (self.eye.iris, IRIS_RADIUS * self.width);
        let disc = Region::of(EYE_SIDE_PX, |x, y| (x - centre.x).hypot(y - centre.y) < radius);
        chart::mean(&disc.values(&self.chart.luminance))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_that_is_not_seen_does_not_count() {
        assert_eq!(weighted_mean([1.0, 3.0], [3.0, 1.0]), 1.5);
        assert_eq!(weighted_mean([f64::NAN, 3.0], [3.0, 1.0]), 3.0);
        assert!(weighted_mean([f64::NAN; 2], [3.0, 1.0]).is_nan());
    }
}
