//! The one table of what is measured: names, units, the standard's terms, and what a failure means.

use crate::Defect;

macro_rules! measures {
    ($($measure:ident = $name:literal, $unit:literal, $standard:literal, $meaning:literal;)+) => {
        /// Something measured on the image of a face.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Measure {
            $(#[doc = $meaning] $measure,)+
        }

        impl Measure {
            /// Every measure, in the order in which they are reported.
            pub const ALL: &[Self] = &[$(Self::$measure),+];

            /// A stable `snake_case` word that ends with the unit where there is one.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$measure => $name),+ }
            }

            /// The unit of its values.
            #[must_use]
            pub const fn unit(self) -> &'static str {
                match self { $(Self::$measure => $unit),+ }
            }

            /// The name in ISO/IEC 29794-5:2025; empty where the standard has none.
            #[must_use]
            pub const fn standard_name(self) -> &'static str {
                match self { $(Self::$measure => $standard),+ }
            }

            /// What is measured, in a sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$measure => $meaning),+ }
            }
        }
    };
}

measures! {
    FaceCount = "face_count", "faces", "Single face present",
        "Faces in the image that are large and certain enough to count.";
    MouthVisibility = "mouth_visibility", "points", "Mouth occlusion prevention",
        "Presence of the face, lips that differ from the skin around them, and a lower face of the upper face's colour, added.";
    DetectorConfidence = "detector_confidence_percent", "percent", "",
        "How sure the detector is that this is a face.";
    FacePresence = "face_presence", "logit", "Face occlusion prevention",
        "How sure the landmark network is that it sees a whole human face; 0 is undecided.";
    InterEyeDistance = "inter_eye_distance_px", "pixels", "Inter-eye distance",
        "Distance between the middles of the eyes in the image as sent.";
    HeadWidth = "head_width_px", "pixels", "Head size",
        "Width of the face from side to side in the image as sent.";
    HeadHeight = "head_height_px", "pixels", "Head size",
        "Height of the face from forehead to chin in the image as sent.";
    FaceShare = "face_share_percent", "percent", "Head size",
        "Height of the face by the height of the image.";
    InsideFrame = "face_inside_frame_percent", "percent", "Crop of the face image",
        "Share of the face's box that lies inside the frame.";
    Margin = "margin_percent", "percent", "Crop of the face image",
        "Least distance of the face to the frame, by the width of the face; below 0 the frame cuts it.";
    Yaw = "yaw_degrees", "degrees", "Head pose yaw",
        "By how much the head is turned; above 0 to the person's right, which is the picture's left.";
    Pitch = "pitch_degrees", "degrees", "Head pose pitch",
        "By how much the head is raised; below 0 the person looks down.";
    Roll = "roll_degrees", "degrees", "Head pose roll",
        "By how much the head is tilted; above 0 clockwise in the picture.";
    Sharpness = "sharpness_percent", "percent", "Sharpness",
        "Energy of the finest gradients by that of gradients twice as coarse, on a face of fixed size.";
    LuminanceMean = "luminance_mean_percent", "percent", "Luminance mean",
        "Mean brightness of the face, of full scale.";
    LuminanceContrast = "luminance_contrast_percent", "percent", "Dynamic range",
        "Standard deviation of the brightness of the face, of full scale.";
    UnderExposed = "under_exposed_percent", "percent", "Under-exposure prevention",
        "Share of the face that is nearly black.";
    OverExposed = "over_exposed_percent", "percent", "Over-exposure prevention",
        "Share of the face that is nearly white.";
    IlluminationUniformity = "illumination_uniformity_percent", "percent", "Illumination uniformity",
        "Light on the darker half of the face by that on the brighter half.";
    EyeContrast = "eye_contrast_percent", "percent", "Eyes visible",
        "Light on the skin below the eyes by that on the cheeks and by that on the iris, multiplied: low behind dark glasses.";
    EyeOpenness = "eye_openness_percent", "percent", "Eyes open",
        "Distance of the lids by the width of the eye, discounted where no dark iris is seen: the mean of both eyes.";
    RightEyeOpenness = "right_eye_openness_percent", "percent", "Eyes open",
        "The same of the person's right eye; low when only this one is closed.";
    LeftEyeOpenness = "left_eye_openness_percent", "percent", "Eyes open",
        "The same of the person's left eye.";
    MouthOpenness = "mouth_openness_percent", "percent", "Mouth closed",
        "Distance of the lips by the width of the mouth.";
    UnifiedQuality = "unified_quality", "points", "Unified quality score",
        "0 to 100: the worst of all checks, 50 at its limit; from 50 on every check is passed.";
}

impl Measure {
    /// What is wrong with an image that misses the limits, below the least or above the greatest value.
    #[must_use]
    pub const fn defect(self, too_low: bool) -> Defect {
        match self {
            Self::FaceCount if too_low => Defect::NoFace,
            Self::FaceCount => Defect::SeveralFaces,
            Self::DetectorConfidence | Self::FacePresence | Self::UnifiedQuality => Defect::FaceUnclear,
            Self::InterEyeDistance
            | Self::HeadWidth
            | Self::HeadHeight
            | Self::FaceShare
            | Self::InsideFrame
            | Self::Margin => Defect::FaceSize,
            Self::Yaw => Defect::Yaw,
            Self::Pitch => Defect::Pitch,
            Self::Roll => Defect::Roll,
            Self::Sharpness => Defect::Sharpness,
            Self::LuminanceMean if too_low => Defect::TooDark,
            Self::LuminanceMean => Defect::TooBright,
            Self::LuminanceContrast => Defect::LowContrast,
            Self::UnderExposed => Defect::TooDark,
            Self::OverExposed => Defect::TooBright,
            Self::IlluminationUniformity => Defect::UnevenLight,
            Self::EyeContrast => Defect::Sunglasses,
            Self::EyeOpenness | Self::RightEyeOpenness | Self::LeftEyeOpenness => Defect::EyesClosed,
            Self::MouthOpenness => Defect::MouthOpen,
            Self::MouthVisibility => Defect::FaceCovered,
        }
    }
}

/// The values of a measure that are accepted; an end that is absent accepts everything on its side.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Range {
    /// The least accepted value.
    pub min: Option<f64>,
    /// The greatest accepted value.
    pub max: Option<f64>,
}

impl Range {
    /// Everything is accepted: the measure is only reported.
    pub const ANY: Self = Self { min: None, max: None };

    /// From this value on.
    #[must_use]
    pub const fn from(min: f64) -> Self {
        Self { min: Some(min), max: None }
    }

    /// Up to this value.
    #[must_use]
    pub const fn to(max: f64) -> Self {
        Self { min: None, max: Some(max) }
    }

    /// From one value to the other.
    #[must_use]
    pub const fn between(min: f64, max: f64) -> Self {
        Self { min: Some(min), max: Some(max) }
    }

    /// Between the negative and the positive value.
    #[must_use]
    pub const fn within(either_way: f64) -> Self {
        Self::between(-either_way, either_way)
    }

    /// Whether the value is too low; what is no number is too low for every limit.
    fn is_missed_below(&self, value: f64) -> bool {
        self.min.is_some_and(|min| value.is_nan() || value < min)
    }

    fn is_missed_above(&self, value: f64) -> bool {
        self.max.is_some_and(|max| value.is_nan() || value > max)
    }
}

/// A measure, what it came to, and what is accepted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Check {
    /// What was measured.
    pub measure: Measure,
    /// The value, in the measure's unit; not a number where it could not be measured.
    pub value: f64,
    /// What is accepted.
    pub range: Range,
}

impl Check {
    /// What is wrong, if the value is not accepted.
    #[must_use]
    pub fn defect(&self) -> Option<Defect> {
        match (self.range.is_missed_below(self.value), self.range.is_missed_above(self.value)) {
            (true, _) => Some(self.measure.defect(true)),
            (false, true) => Some(self.measure.defect(false)),
            (false, false) => None,
        }
    }

    /// How good the value is: 100 at best (a studio portrait), 50 at its limit, in proportion between and beyond, never
    /// below 0; `None` of a measure without a limit, or that is a yes or a no.
    #[must_use]
    pub fn points(&self) -> Option<f64> {
        super::quality::points(self)
    }

    /// Whether the value is accepted.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.defect().is_none()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_snake_case_and_end_with_the_unit() {
        let names: HashSet<_> = Measure::ALL.iter().map(|measure| measure.name()).collect();
        assert_eq!(names.len(), Measure::ALL.len());
        for measure in Measure::ALL {
            let (name, unit) = (measure.name(), measure.unit());
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
            let ending = match unit {
                "percent" => "_percent",
                "degrees" => "_degrees",
                "pixels" => "_px",
                _ => "",
            };
            assert!(name.ends_with(ending), "{name} in {unit}");
        }
    }

    #[test]
    fn limits_are_accepted_themselves_and_no_number_never_is() {
        let check = |value, range| Check { measure: Measure::LuminanceMean, value, range }.defect();
        let range = Range::between(10.0, 90.0);
        assert_eq!([10.0, 50.0, 90.0].map(|value| check(value, range)), [None; 3]);
        assert_eq!(check(9.99, range), Some(Defect::TooDark));
        assert_eq!(check(90.01, range), Some(Defect::TooBright));
        assert_eq!(check(f64::NAN, range), Some(Defect::TooDark));
        assert_eq!(check(f64::NAN, Range::to(1.0)), Some(Defect::TooBright));
        assert_eq!(check(f64::NAN, Range::ANY), None);
    }
}
