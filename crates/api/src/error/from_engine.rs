//! From the engine's words to the wire's: the one place where both are known.

use biometric::PersonId;
use engine::{Error, Refusal};
use face::{Defect, ImageError, Rejection};

use super::{Case, Code, Detail, Problem};

/// What a client is told of an engine's error; `person` is the one that the request is about, if it is about one.
pub(crate) fn problem_of(error: Error, person: Option<&PersonId>) -> Problem {
    match error {
        Error::Image(error) => image_detail(&error).into(),
        Error::Refused(refusals) => {
            let problem = Problem::with_details(refusals.iter().map(refusal_detail).collect());
            match person {
                Some(person) => problem.about(person.clone()),
                None => problem,
            }
        }
        Error::PersonNotFound => Problem::new(Case::PersonNotFound),
        Error::FaceNotMatched => Problem::new(Case::FaceNotMatched),
        Error::NoPersonMatched => Problem::new(Case::NoPersonMatched),
        Error::GalleryFull { persons_max } => full_detail(persons_max).into(),
        Error::Overloaded { retry_after } => Problem::new(Case::Overloaded).retry_after(retry_after),
        Error::Unavailable(cause) => Problem::new(Case::Unavailable).caused_by(cause),
        Error::Internal(cause) => Problem::internal(cause),
    }
}

/// What the error table says of an engine's error, a sentence a reason, for those who do not speak HTTP: the command line
/// tells of the same failure in the same words.
#[must_use]
pub fn describe(error: &Error) -> Vec<String> {
    match error {
        Error::Image(image) => vec![format!("{}: {image}", Case::ImageFormat.code().text())],
        Error::Refused(refusals) => refusals.iter().map(refusal_sentence).collect(),
        Error::PersonNotFound => vec![sentence(Case::PersonNotFound)],
        Error::FaceNotMatched => vec![sentence(Case::FaceNotMatched)],
        Error::NoPersonMatched => vec![sentence(Case::NoPersonMatched)],
        Error::GalleryFull { persons_max } => {
            vec![format!("{}: {persons_max} persons", sentence(Case::PersonsExhausted))]
        }
        Error::Overloaded { .. } => vec![sentence(Case::Overloaded)],
        Error::Unavailable(cause) => vec![format!("{}: {cause}", sentence(Case::Unavailable))],
        Error::Internal(cause) => vec![format!("{}: {cause}", sentence(Case::Internal))],
    }
}

fn refusal_sentence(refusal: &Refusal) -> String {
    match refusal {
        Refusal::PersonTaken => format!("{} the person id is enrolled already", Case::PersonTaken.code().text()),
        Refusal::FaceEnrolled => sentence(Case::FaceEnrolled),
        Refusal::Face(Rejection { defect, measure, value, min, max }) => {
            let least = min.map(|min| format!(", at least {min}")).unwrap_or_default();
            let most = max.map(|max| format!(", at most {max}")).unwrap_or_default();
            format!("{}: {measure} is {value:.1}{least}{most}", sentence(defect_case(*defect)))
        }
    }
}

/// The code of a defect, for those who do not speak HTTP.
#[must_use]
pub fn code_of(defect: Defect) -> Code {
    defect_case(defect).code()
}

/// The case of a defect: what `type` says of it.
#[must_use]
pub fn defect_case(defect: Defect) -> Case {
    match defect {
        Defect::NoFace => Case::NoFace,
        Defect::FaceUnclear => Case::FaceUnclear,
        Defect::FaceCovered => Case::FaceCovered,
        Defect::SeveralFaces => Case::SeveralFaces,
        Defect::FaceSize => Case::FaceSize,
        Defect::Yaw => Case::Yaw,
        Defect::Pitch => Case::Pitch,
        Defect::Roll => Case::Roll,
        Defect::Sharpness => Case::NotSharp,
        Defect::TooDark => Case::TooDark,
        Defect::TooBright => Case::TooBright,
        Defect::LowContrast => Case::LowContrast,
        Defect::UnevenLight => Case::UnevenLight,
        Defect::Sunglasses => Case::Sunglasses,
        Defect::MouthOpen => Case::MouthOpen,
        Defect::EyesClosed => Case::EyesClosed,
    }
}

fn sentence(case: Case) -> String {
    format!("{} {}", case.code().text(), case.code().message())
}

fn image_detail(error: &ImageError) -> Detail {
    match *error {
        ImageError::UnknownFormat => Detail::new(Case::ImageFormat, "image_format"),
        ImageError::Undecodable(_) => Detail::new(Case::ImageUndecodable, "image_data"),
        ImageError::TooManyBytes { bytes, bytes_max } => {
            Detail::measured(Case::ImageBytes, "image_bytes", bytes as f64, None, bytes_max as f64)
        }
        ImageError::TooManyPixels { width, height, pixels_max } => {
            let pixels = f64::from(width) * f64::from(height);
            Detail::measured(Case::ImagePixels, "image_pixels", pixels, None, pixels_max as f64)
        }
        ImageError::TooSmall { width, height, side_px_min } => {
            let side = f64::from(width.min(height));
            Detail::measured(Case::ImageSide, "image_side_px", side, f64::from(side_px_min), None)
        }
    }
}

/// A plan's persons come back when some are removed, not with time.
fn full_detail(persons_max: u64) -> Detail {
    Detail::measured(Case::PersonsExhausted, "persons", persons_max as f64, None, persons_max as f64)
}

fn refusal_detail(refusal: &Refusal) -> Detail {
    match refusal {
        Refusal::PersonTaken => Detail::new(Case::PersonTaken, "person_id"),
        Refusal::Face(Rejection { defect, measure, value, min, max }) => {
            Detail::measured(defect_case(*defect), measure, *value, *min, *max)
        }
        // No number and no name: either would tell about another person.
        Refusal::FaceEnrolled => Detail::new(Case::FaceEnrolled, "face_enrolled"),
    }
}
