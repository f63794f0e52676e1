//! Why a decodable image does not do, in words that an integrator can act on.

use crate::Check;

/// What is wrong with the image of a face: one variant for each thing that the person in front of the camera can mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Defect {
    /// No face was found.
    NoFace,
    /// What was found is too unlike a human face, or too little of it is seen.
    FaceUnclear,
    /// Mouth or nose are covered: by a mask, a scarf, a hand.
    FaceCovered,
    /// More than one face where exactly one is wanted.
    SeveralFaces,
    /// The face is too small, too large, or cut by the frame.
    FaceSize,
    /// The head is turned.
    Yaw,
    /// The head is raised or lowered.
    Pitch,
    /// The head is tilted.
    Roll,
    /// The face is out of focus or moved.
    Sharpness,
    /// Too little light.
    TooDark,
    /// Too much light.
    TooBright,
    /// Light and dark hardly differ: fog, a veil, a picture that is all but empty.
    LowContrast,
    /// One half of the face is in the dark.
    UnevenLight,
    /// Dark glasses hide the eyes.
    Sunglasses,
    /// The mouth is open.
    MouthOpen,
    /// The eyes are closed.
    EyesClosed,
}

impl Defect {
    /// Every defect.
    pub const ALL: &[Self] = &[
        Self::NoFace,
        Self::FaceUnclear,
        Self::FaceCovered,
        Self::SeveralFaces,
        Self::FaceSize,
        Self::Yaw,
        Self::Pitch,
        Self::Roll,
        Self::Sharpness,
        Self::TooDark,
        Self::TooBright,
        Self::LowContrast,
        Self::UnevenLight,
        Self::Sunglasses,
        Self::MouthOpen,
        Self::EyesClosed,
    ];

    /// What the person in front of the camera should do.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::NoFace => "Show your face to the camera.",
            Self::FaceUnclear => "Show your whole face, uncovered and in good light.",
            Self::FaceCovered => "Take off the mask or scarf and keep your hands away from your face.",
            Self::SeveralFaces => "Only one person may be in the picture.",
            Self::FaceSize => "Come closer or move back until your whole face is in the picture.",
            Self::Yaw => "Look straight ahead: do not turn your head.",
            Self::Pitch => "Hold the camera at eye level and look straight ahead.",
            Self::Roll => "Keep your head upright.",
            Self::Sharpness => "Hold still and let the camera focus.",
            Self::TooDark => "Find more light.",
            Self::TooBright => "Move out of the glaring light.",
            Self::LowContrast => "Clean the lens and find better light.",
            Self::UnevenLight => "Turn until the light falls on both halves of your face.",
            Self::Sunglasses => "Take off your sunglasses.",
            Self::MouthOpen => "Close your mouth.",
            Self::EyesClosed => "Open your eyes.",
        }
    }
}

/// One failed check: what is wrong, the measure that shows it, what it came to, and what it must be.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejection {
    /// What is wrong.
    pub defect: Defect,
    /// The measure that shows it, a stable `snake_case` word with its unit, such as `inter_eye_distance_px`.
    pub measure: &'static str,
    /// The measured value, in the unit of the measure.
    pub value: f64,
    /// The least accepted value, if there is one.
    pub min: Option<f64>,
    /// The greatest accepted value, if there is one.
    pub max: Option<f64>,
}

impl Rejection {
    /// The rejection that a failed check is; `None` of one that was passed.
    #[must_use]
    pub fn of(check: &Check) -> Option<Self> {
        let Check { measure, value, range } = *check;
        check.defect().map(|defect| Self { defect, measure: measure.name(), value, min: range.min, max: range.max })
    }
}
