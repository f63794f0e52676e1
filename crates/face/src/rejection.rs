//! Why a decodable image does not do, in numbers that an integrator can act on.

/// What is wrong with the image of a face: one variant for each check that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Defect {
    /// No face was found.
    NoFace,
    /// More than one face where exactly one is wanted.
    SeveralFaces,
    /// The face is too small, too large, or cut by the frame.
    FaceSize,
}

/// One failed check: the measure, what it came to, and what it must be.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejection {
    /// What is wrong.
    pub defect: Defect,
    /// The measure that shows it, a stable snake_case word with its unit, such as `inter_eye_distance_px`.
    pub measure: &'static str,
    /// The measured value, in the unit of the measure.
    pub value: f64,
    /// The least accepted value, if there is one.
    pub min: Option<f64>,
    /// The greatest accepted value, if there is one.
    pub max: Option<f64>,
}
