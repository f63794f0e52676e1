//! Whether the image of a face is fit to be a reference: every measure of it, each in a file of its own.
//!
//! Colours and shapes are measured on the mesh's picture, in which every face has one size; pixels and margins in the
//! image as sent. A measure knows no limit, a limit no pixel: [`CheckLimits`] brings the two together.

mod chart;
mod colour;
mod eyes;
mod limits;
mod luminance;
mod measure;
mod mouth;
pub(crate) mod pose;
mod quality;
mod sharpness;
mod size;

pub use limits::CheckLimits;
pub use measure::{Check, Measure, Range};
pub use size::SizeLimits;

use chart::Chart;

use crate::mesh::{FaceMesh, MESH_SIDE_PX};
use crate::{Face, Frame};

/// A face beside the first counts when it is so large in comparison (smaller ones are passers-by and posters), when so
/// much of it lies in the frame, and when it is a face: by the detector's word if it is so sure, else by the landmark
/// network's.
const COUNTED_SIZE_SHARE_MIN: f32 = 0.5;
const COUNTED_INSIDE_PERCENT_MIN: f64 = 75.0;
const COUNTED_CONFIDENCE_MIN: f32 = 0.85;

/// More faces than this are neither counted nor asked about: each doubtful one costs a look, and a picture can be tiled with
/// hundreds.
const COUNTED_MAX: usize = 16;

/// How many of the faces count. `is_face` asks the landmark network; it is asked only where the detector is not sure.
pub(crate) fn count<E>(
    frame: Frame,
    faces: &[Face],
    mut is_face: impl FnMut(&Face) -> Result<bool, E>,
) -> Result<usize, E> {
    let Some((first, others)) = faces.split_first() else { return Ok(0) };
    let (mut count, mut asked) = (1, 0);
    let mut is_face = |face: &Face| {
        asked += 1;
        if asked > COUNTED_MAX { Ok(false) } else { is_face(face) }
    };
    for face in others {
        if count == COUNTED_MAX {
            break;
        }
        let large = face.bounds.longer_side() >= COUNTED_SIZE_SHARE_MIN * first.bounds.longer_side();
        let inside = size::inside_frame_percent(frame, face) >= COUNTED_INSIDE_PERCENT_MIN;
        if large && inside && (face.confidence >= COUNTED_CONFIDENCE_MIN || is_face(face)?) {
            count += 1;
        }
    }
    Ok(count)
}

/// Whether a face that was looked at is one, by the word of either network: 0 is where the second is undecided.
pub(crate) fn is_face(face: &Face, mesh: &FaceMesh) -> bool {
    face.confidence >= COUNTED_CONFIDENCE_MIN || mesh.presence >= 0.0
}

/// The one check of an image without a face.
pub(crate) fn no_face(limits: &CheckLimits) -> Check {
    Check { measure: Measure::FaceCount, value: 0.0, range: limits.range(Measure::FaceCount) }
}

/// Every check of the face that is the first of so many.
pub(crate) fn examine(frame: Frame, face: &Face, count: usize, mesh: &FaceMesh, limits: &CheckLimits) -> Vec<Check> {
    let chart = Chart::new(&mesh.picture, MESH_SIDE_PX);
    let oval = chart.inside(&mesh.polygon(&luminance::OVAL));
    let head = size::Head::measure(frame, mesh);
    let pose = pose::measure(mesh);
    let light = luminance::measure(mesh, &chart, &oval);
    let eyes = eyes::measure(mesh, &chart);
    let [right_eye, left_eye] = eyes.openness_percent;
    let value = |measure: Measure| match measure {
        Measure::FaceCount => count as f64,
        Measure::DetectorConfidence => 100.0 * f64::from(face.confidence),
        Measure::FacePresence => f64::from(mesh.presence),
        Measure::InterEyeDistance => f64::from(mesh.inter_eye_distance_px()),
        Measure::HeadWidth => head.width_px,
        Measure::HeadHeight => head.height_px,
        Measure::FaceShare => head.share_percent,
        Measure::InsideFrame => size::inside_frame_percent(frame, face),
        Measure::Margin => head.margin_percent,
        Measure::Yaw => pose.yaw_degrees,
        Measure::Pitch => pose.pitch_degrees,
        Measure::Roll => pose.roll_degrees,
        Measure::Sharpness => sharpness::percent(&chart, &oval),
        Measure::LuminanceMean => light.mean_percent,
        Measure::LuminanceContrast => light.contrast_percent,
        Measure::UnderExposed => light.under_exposed_percent,
        Measure::OverExposed => light.over_exposed_percent,
        Measure::IlluminationUniformity => light.uniformity_percent,
        Measure::EyeContrast => eyes.contrast_percent,
        Measure::EyeOpenness => f64::midpoint(right_eye, left_eye),
        Measure::RightEyeOpenness => right_eye,
        Measure::LeftEyeOpenness => left_eye,
        Measure::MouthOpenness => mouth::openness_percent(mesh),
        Measure::MouthVisibility => mouth::visibility(mesh, &chart),
        // Made of the others, below.
        Measure::UnifiedQuality => f64::NAN,
    };
    let measured = Measure::ALL.iter().filter(|measure| **measure != Measure::UnifiedQuality);
    let mut checks: Vec<Check> = measured
        .map(|measure| Check { measure: *measure, value: value(*measure), range: limits.range(*measure) })
        .collect();
    checks.push(quality::unified(&checks));
    checks
}
