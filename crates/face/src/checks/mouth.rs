//! Whether the mouth is closed (`F_004`) and the lower face uncovered (`F_002`).

use super::chart::{self, Chart, Region};
use super::colour::Lab;
use crate::mesh::FaceMesh;

/// Inner edge of the lips above and below, at the middle and on either side of it.
const LIPS_ABOVE_AND_BELOW: [[usize; 2]; 3] = [[13, 14], [82, 87], [312, 317]];

/// Corners of the mouth.
const MOUTH_CORNERS: [usize; 2] = [61, 291];

/// Outer and inner outline of the lips.
const LIPS_OUTSIDE: [usize; 20] =
    [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185];
const LIPS_INSIDE: [usize; 20] =
    [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191];

/// The skin around the lips: so far away from them in pixels of the face's picture.
const AROUND_LIPS_FROM: usize = 1;
const AROUND_LIPS_TO: usize = 4;

/// Patches of the upper face: forehead, between the brows, below each eye, bridge of the nose.
const UPPER_FACE: [&[usize]; 5] = [
    &[109, 10, 338, 337, 151, 108],
    &[107, 9, 336, 285, 8, 55],
    &[31, 228, 229, 230, 231, 232, 233, 112, 26, 22, 23, 24, 110, 25],
    &[261, 448, 449, 450, 451, 452, 453, 341, 256, 252, 253, 254, 339, 255],
    &[122, 6, 351, 419, 197, 196],
];

/// Patches of the lower face: below the lip, chin, beside the mouth on either side, above the lip.
const LOWER_FACE: [&[usize]; 5] = [
    &[181, 84, 17, 314, 405, 406, 313, 18, 83, 182],
    &[182, 83, 18, 313, 406, 369, 396, 175, 171, 140],
    &[207, 216, 212, 214],
    &[427, 436, 432, 434],
    &[165, 167, 164, 393, 391, 269, 267, 0, 37, 39],
];

/// Lightness tells less than colour of whether lips are there: shadows are light and dark, too.
const LIGHTNESS_WEIGHT: f64 = 0.5;

/// No more than so much difference of the lips is credited, in units of CIELAB: lipstick makes no face surer.
const LIP_DIFFERENCE_MAX: f64 = 10.0;

/// How much a lower face that is less red and less yellow than the upper one counts.
const COLOUR_LOSS_WEIGHT: f64 = 0.3;

/// Distance of the lips by the width of the mouth, in percent.
pub(super) fn openness_percent(mesh: &FaceMesh) -> f64 {
    let distance = |[a, b]: [usize; 2]| {
        let (a, b) = (mesh.points[a], mesh.points[b]);
        f64::from((a.x - b.x).hypot(a.y - b.y))
    };
    let gap = LIPS_ABOVE_AND_BELOW.map(distance).iter().sum::<f64>() / LIPS_ABOVE_AND_BELOW.len() as f64;
    100.0 * gap / distance(MOUTH_CORNERS)
}

/// What speaks for an uncovered lower face, added: the landmark network's presence, how much the lips differ from the skin
/// around them, and, if there is less red and yellow below than above (skin has both, most masks have neither), that loss.
/// A beard keeps its lips.
pub(super) fn visibility(mesh: &FaceMesh, face: &Chart<'_>) -> f64 {
    let outside = face.inside(&mesh.polygon(&LIPS_OUTSIDE));
    let lips = outside.without(&face.inside(&mesh.polygon(&LIPS_INSIDE)));
    let around = outside.grown(AROUND_LIPS_TO).without(&outside.grown(AROUND_LIPS_FROM));
    let difference = match (median_colour(face, &lips), median_colour(face, &around)) {
        (Some(lips), Some(around)) => (lips - around).length(LIGHTNESS_WEIGHT).min(LIP_DIFFERENCE_MAX),
        // No lips to be seen, nothing to credit.
        (_, _) => 0.0,
    };
    let colour = match (typical_colour(mesh, face, &UPPER_FACE), typical_colour(mesh, face, &LOWER_FACE)) {
        (Some(upper), Some(lower)) => (lower - upper).chroma_sum(),
        (_, _) => 0.0,
    };
    f64::from(mesh.presence) + difference + COLOUR_LOSS_WEIGHT * colour.min(0.0)
}

/// The median of the patches' medians, channel by channel.
fn typical_colour(mesh: &FaceMesh, face: &Chart<'_>, patches: &[&[usize]]) -> Option<Lab> {
    let patch = |points: &&[usize]| median_colour(face, &face.inside(&mesh.polygon(points)));
    Lab::median(&patches.iter().filter_map(patch).collect::<Vec<_>>(), 1)
}

fn median_colour(face: &Chart<'_>, region: &Region) -> Option<Lab> {
    let colours: Vec<Lab> = region.pixels().map(|at| Lab::of(face.rgb[at])).collect();
    Lab::median(&colours, chart::PIXELS_MIN)
}
