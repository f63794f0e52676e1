//! What is accepted of a reference image.

use super::measure::{Measure, Range};
use super::size::SizeLimits;

/// Limits of every check on an image that becomes a reference: for a person who wants to be enrolled.
///
/// The defaults are chosen between labelled images with a defect and clean ones; `auther eval checks` counts what they
/// reject and what they miss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CheckLimits {
    /// Size of the face.
    pub size: SizeLimits,
    /// Least confidence of the detector in percent: between clean portraits and the faces of animals.
    pub detector_confidence_percent_min: f64,
    /// Least presence of a face, as a logit: well below any clean portrait; a mask is the business of the mouth's limit.
    pub face_presence_min: f64,
    /// Least distance of the face to the frame in percent of its width; at 0 it may touch.
    pub margin_percent_min: f64,
    /// The head may be turned so many degrees either way.
    pub yaw_degrees_max: f64,
    /// The head may be raised or lowered so many degrees.
    pub pitch_degrees_max: f64,
    /// The head may be tilted so many degrees either way.
    pub roll_degrees_max: f64,
    /// Least sharpness in percent.
    pub sharpness_percent_min: f64,
    /// Least mean luminance of the face in percent.
    pub luminance_mean_percent_min: f64,
    /// Greatest mean luminance of the face in percent.
    pub luminance_mean_percent_max: f64,
    /// Least contrast of the face in percent.
    pub luminance_contrast_percent_min: f64,
    /// So much of the face may be nearly black, in percent.
    pub under_exposed_percent_max: f64,
    /// So much of the face may be nearly white, in percent.
    pub over_exposed_percent_max: f64,
    /// Least light on one half of the face by that on the other, in percent.
    pub illumination_uniformity_percent_min: f64,
    /// Least contrast of the eyes in percent; dark glasses lower it.
    pub eye_contrast_percent_min: f64,
    /// Least openness of the eyes in percent.
    pub eye_openness_percent_min: f64,
    /// Least openness of either eye alone in percent: a wink.
    pub each_eye_openness_percent_min: f64,
    /// Greatest openness of the mouth in percent.
    pub mouth_openness_percent_max: f64,
    /// Least visibility of the mouth in points; a mask lowers it.
    pub mouth_visibility_min: f64,
}

impl Default for CheckLimits {
    fn default() -> Self {
        Self {
            size: SizeLimits { inter_eye_distance_px_min: 32.0, inside_frame_percent_min: 80.0 },
            detector_confidence_percent_min: 87.0,
            face_presence_min: 8.0,
            margin_percent_min: 0.0,
            yaw_degrees_max: 20.0,
            pitch_degrees_max: 18.0,
            roll_degrees_max: 20.0,
            sharpness_percent_min: 130.0,
            luminance_mean_percent_min: 18.0,
            luminance_mean_percent_max: 87.0,
            luminance_contrast_percent_min: 4.5,
            under_exposed_percent_max: 35.0,
            over_exposed_percent_max: 15.0,
            illumination_uniformity_percent_min: 20.0,
            eye_contrast_percent_min: 55.0,
            eye_openness_percent_min: 10.2,
            each_eye_openness_percent_min: 5.0,
            mouth_openness_percent_max: 28.0,
            mouth_visibility_min: 14.0,
        }
    }
}

impl CheckLimits {
    /// What is accepted of a measure.
    #[must_use]
    pub const fn range(&self, measure: Measure) -> Range {
        match measure {
            Measure::FaceCount => Range::between(1.0, 1.0),
            Measure::DetectorConfidence => Range::from(self.detector_confidence_percent_min),
            Measure::FacePresence => Range::from(self.face_presence_min),
            Measure::InterEyeDistance => Range::from(self.size.inter_eye_distance_px_min),
            Measure::InsideFrame => Range::from(self.size.inside_frame_percent_min),
            Measure::Margin => Range::from(self.margin_percent_min),
            Measure::Yaw => Range::within(self.yaw_degrees_max),
            Measure::Pitch => Range::within(self.pitch_degrees_max),
            Measure::Roll => Range::within(self.roll_degrees_max),
            Measure::Sharpness => Range::from(self.sharpness_percent_min),
            Measure::LuminanceMean => Range::between(self.luminance_mean_percent_min, self.luminance_mean_percent_max),
            Measure::LuminanceContrast => Range::from(self.luminance_contrast_percent_min),
            Measure::UnderExposed => Range::to(self.under_exposed_percent_max),
            Measure::OverExposed => Range::to(self.over_exposed_percent_max),
            Measure::IlluminationUniformity => Range::from(self.illumination_uniformity_percent_min),
            Measure::EyeContrast => Range::from(self.eye_contrast_percent_min),
            Measure::EyeOpenness => Range::from(self.eye_openness_percent_min),
            Measure::RightEyeOpenness | Measure::LeftEyeOpenness => Range::from(self.each_eye_openness_percent_min),
            Measure::MouthOpenness => Range::to(self.mouth_openness_percent_max),
            Measure::MouthVisibility => Range::from(self.mouth_visibility_min),
            // Only reported.
            Measure::HeadWidth | Measure::HeadHeight | Measure::FaceShare | Measure::UnifiedQuality => Range::ANY,
        }
    }
}
