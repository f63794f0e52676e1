//! Light on the face (`F_006`).

use super::chart::{self, Chart, Region};
use crate::mesh::FaceMesh;

/// Darker than this of 255 is nearly black, and from this on nearly white.
const NEARLY_BLACK: f32 = 26.0;
const NEARLY_WHITE: f32 = 247.0;

/// The outline of the face.
pub(super) const OVAL: [usize; 36] = [
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
];

/// Each half of the face, from the middle line to the outline, the person's right one first.
const HALVES: [&[usize]; 2] = [
    &[
        109, 10, 151, 9, 6, 197, 195, 5, 4, 2, 164, 0, 17, 152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127,
        162, 21, 54, 103, 67,
    ],
    &[
        338, 10, 151, 9, 6, 197, 195, 5, 4, 2, 164, 0, 17, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454, 356,
        389, 251, 284, 332, 297,
    ],
];

/// What is measured of the light, in percent.
pub(super) struct Light {
    pub(super) mean_percent: f64,
    pub(super) contrast_percent: f64,
    pub(super) under_exposed_percent: f64,
    pub(super) over_exposed_percent: f64,
    pub(super) uniformity_percent: f64,
}

/// Measures the light on the face, whose outline covers `oval`.
pub(super) fn measure(mesh: &FaceMesh, face: &Chart<'_>, oval: &Region) -> Light {
    let luma = oval.values(&face.luma);
    let mean = chart::mean(&luma);
    let variance = luma.iter().map(|value| (f64::from(*value) - mean).powi(2)).sum::<f64>() / luma.len() as f64;
    let share =
        |is: fn(f32) -> bool| 100.0 * luma.iter().filter(|value| is(**value)).count() as f64 / luma.len() as f64;
    Light {
        mean_percent: mean / 2.55,
        contrast_percent: variance.sqrt() / 2.55,
        under_exposed_percent: share(|value| value < NEARLY_BLACK),
        over_exposed_percent: share(|value| value >= NEARLY_WHITE),
        uniformity_percent: uniformity_percent(mesh, face),
    }
}

fn uniformity_percent(mesh: &FaceMesh, face: &Chart<'_>) -> f64 {
    let light = |half: &[usize]| chart::mean(&face.inside(&mesh.polygon(half)).values(&face.luminance));
    let [right, left] = HALVES.map(light);
    if right.is_nan() || left.is_nan() {
        return f64::NAN;
    }
    // Two black halves are even.
    let brighter = right.max(left);
    if brighter > 0.0 { 100.0 * right.min(left) / brighter } else { 100.0 }
}
