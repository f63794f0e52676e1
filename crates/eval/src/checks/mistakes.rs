//! The images on which a check is wrong, by name, to be looked at.

use face::{Check, Defect, Measure};
use serde::Serialize;

use super::dataset::number;
use super::rates::Set;
use super::sample::Sample;
use super::sets::Claim;
use super::words::{Value, word, words};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MistakeKind {
    /// A defect is missed.
    Missed,
    /// A defect is reported that is not there.
    WronglyRejected,
    /// No person's face passes.
    Accepted,
    /// The number of faces is wrong.
    Miscounted,
}

impl MistakeKind {
    /// In words.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Missed => "missed",
            Self::WronglyRejected => "wrongly rejected",
            Self::Accepted => "accepted",
            Self::Miscounted => "miscounted",
        }
    }
}

/// One image and one check that is wrong on it.
#[derive(Clone, Debug, Serialize)]
pub struct Mistake {
    /// What is wrong.
    pub kind: MistakeKind,
    /// The check: the defect that it reports, or should.
    pub check: String,
    /// Folder and kind.
    pub set: String,
    /// Folder and file.
    pub image: String,
    /// What was measured, and the limits.
    pub values: Vec<Value>,
    /// Why the label is wrong and the check is right after all, if that is known.
    pub label_error: Option<String>,
}

impl Mistake {
    /// All of them, ordered by kind and check.
    pub(crate) fn all(sets: &[Set<'_>]) -> Vec<Self> {
        let mut mistakes: Vec<Self> =
            sets.iter().flat_map(|set| set.samples.iter().flat_map(|sample| of(set, sample))).collect();
        mistakes.sort_by(|a, b| (a.kind, &a.check, &a.image).cmp(&(b.kind, &b.check, &b.image)));
        mistakes
    }
}

fn of(set: &Set<'_>, sample: &Sample<'_>) -> Vec<Mistake> {
    let mistake = |kind, check: String, values: &[&Check]| Mistake {
        kind,
        check,
        set: set.name(),
        image: sample.image.name(),
        values: values.iter().map(|check| Value::from(*check)).collect(),
        label_error: sample.image.label_error(set.kind).map(str::to_owned),
    };
    let wrong = |defects: &[Defect]| {
        let mut found = Vec::new();
        for defect in defects {
            let failed: Vec<&Check> = sample.checks.iter().filter(|check| check.defect() == Some(*defect)).collect();
            if !failed.is_empty() {
                found.push(mistake(MistakeKind::WronglyRejected, word(*defect).to_owned(), &failed));
            }
        }
        found
    };
    match set.kind.claim {
        Claim::Clean(_) => wrong(Defect::ALL),
        Claim::Free(defects) => wrong(defects),
        Claim::Defective(defects) if sample.reports(defects) => Vec::new(),
        Claim::Defective(defects) => {
            vec![mistake(MistakeKind::Missed, words(defects), &sample.looking_for(defects))]
        }
        Claim::NoPerson if sample.rejected_size_aside() => Vec::new(),
        Claim::NoPerson => {
            let seen = sample.looking_for(&[Defect::FaceUnclear, Defect::FaceCovered]);
            vec![mistake(MistakeKind::Accepted, word(Defect::FaceUnclear).to_owned(), &seen)]
        }
        Claim::FaceCount if counts_right(sample) => Vec::new(),
        Claim::FaceCount => {
            let counted = sample.looking_for(&[Defect::SeveralFaces]);
            vec![mistake(MistakeKind::Miscounted, sample.image.label.clone(), &counted)]
        }
        Claim::Pose | Claim::Apart(_) => Vec::new(),
    }
}

/// Whether as many faces count as the label says.
pub(crate) fn counts_right(sample: &Sample<'_>) -> bool {
    number(&sample.image.label, "faces") == sample.value(Measure::FaceCount)
}
