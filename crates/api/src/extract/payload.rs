//! What the bodies of the requests say.

use biometric::Similarity;
use engine::ImageBytes;

use super::fields::{Fields, Name};
use crate::error::{Detail, Problem};

/// A body with known fields.
pub(crate) trait Payload: Send + Sized + 'static {
    /// How many images it carries: what its size is limited by.
    const IMAGES: usize;

    /// Checks every field, so that the refusal lists all that is wrong.
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Problem>;
}

/// One face: enrol, update, identify, verify.
pub(crate) struct FaceImage {
    pub(crate) face: ImageBytes,
}

impl Payload for FaceImage {
    const IMAGES: usize = 1;

    fn from_fields(fields: &Fields<'_>) -> Result<Self, Problem> {
        Ok(Self { face: fields.image(Name::FaceImage)? })
    }
}

/// Two faces and from when on they are alike: compare.
pub(crate) struct ImagePair {
    pub(crate) source: ImageBytes,
    pub(crate) target: ImageBytes,
    pub(crate) threshold: Similarity,
}

impl Payload for ImagePair {
    const IMAGES: usize = 2;

    fn from_fields(fields: &Fields<'_>) -> Result<Self, Problem> {
        let source = fields.image_also_named(Name::SourceImage, Name::SourcetImage);
        let target = fields.image(Name::TargetImage);
        let threshold = fields.percentage(Name::SimilarityThreshold);
        match (source, target, threshold) {
            (Ok(source), Ok(target), Ok(threshold)) => {
                Ok(Self { source, target, threshold: threshold.unwrap_or(Similarity::VERIFY) })
            }
            (source, target, threshold) => {
                let details: [Option<Detail>; 3] = [source.err(), target.err(), threshold.err()];
                Err(Problem::with_details(details.into_iter().flatten().collect()))
            }
        }
    }
}
