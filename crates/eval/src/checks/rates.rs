//! Counting over sets of images of one kind.

use std::collections::BTreeMap;

use face::Defect;
use serde::Serialize;

use super::sample::Sample;
use super::sets::{Claim, Group, KINDS, Kind};
use crate::stats::Rate;

/// A share of images, without those whose labels are known to be wrong, and with them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Counted {
    /// Images with a label error left out.
    pub rate: Rate,
    /// All images, labels taken as they are.
    pub as_labelled: Rate,
}

impl Counted {
    /// Of each image: whether it counts, and whether its label is wrong.
    fn of(images: impl Iterator<Item = (bool, bool)>) -> Self {
        let (mut right, mut all) = ((0, 0), (0, 0));
        for (counts, label_wrong) in images {
            all = (all.0 + u64::from(counts), all.1 + 1);
            if !label_wrong {
                right = (right.0 + u64::from(counts), right.1 + 1);
            }
        }
        Self { rate: Rate::new(right.0, right.1), as_labelled: Rate::new(all.0, all.1) }
    }

    /// Several sets as one.
    pub(crate) fn sum<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let (mut right, mut all) = ((0, 0), (0, 0));
        for Self { rate, as_labelled } in parts {
            right = (right.0 + rate.count, right.1 + rate.total);
            all = (all.0 + as_labelled.count, all.1 + as_labelled.total);
        }
        Self { rate: Rate::new(right.0, right.1), as_labelled: Rate::new(all.0, all.1) }
    }
}

/// A share of the images of one set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SetRate {
    /// Folder and kind.
    pub set: String,
    /// The kind of image.
    pub kind: &'static str,
    /// How many.
    #[serde(flatten)]
    pub counted: Counted,
}

/// The images of one kind in one folder.
pub(crate) struct Set<'a> {
    pub(crate) folder: &'a str,
    pub(crate) kind: &'static Kind,
    pub(crate) samples: Vec<&'a Sample<'a>>,
}

impl<'a> Set<'a> {
    /// All sets that there are, in the order of the table.
    pub(crate) fn all(samples: &'a [Sample<'a>]) -> Vec<Self> {
        let mut sets = Vec::new();
        for kind in KINDS {
            let mut folders: BTreeMap<&str, Vec<&Sample<'_>>> = BTreeMap::new();
            let holds = |sample: &&Sample<'_>| sample.image.kinds.iter().any(|other| other.name == kind.name);
            for sample in samples.iter().filter(holds) {
                folders.entry(&sample.image.folder).or_default().push(sample);
            }
            sets.extend(folders.into_iter().map(|(folder, samples)| Self { folder, kind, samples }));
        }
        sets
    }

    pub(crate) fn name(&self) -> String {
        format!("{}: {}", self.folder, self.kind.name)
    }

    /// The share of its images for which this holds.
    pub(crate) fn rate(&self, counts: impl Fn(&Sample<'_>) -> bool) -> SetRate {
        let judged = self.samples.iter().map(|sample| (counts(sample), sample.image.label_error(self.kind).is_some()));
        SetRate { set: self.name(), kind: self.kind.name, counted: Counted::of(judged) }
    }

    /// The group, if the images are clean.
    pub(crate) fn group(&self) -> Option<Group> {
        match self.kind.claim {
            Claim::Clean(group) => Some(group),
            Claim::Defective(_) | Claim::Free(_) => None,
            Claim::NoPerson | Claim::FaceCount | Claim::Pose | Claim::Apart(_) => None,
        }
    }

    /// The defects one of which is expected of every image; empty when none is.
    pub(crate) fn expected(&self) -> &'static [Defect] {
        match self.kind.claim {
            Claim::Defective(defects) => defects,
            Claim::Clean(_) | Claim::Free(_) => &[],
            Claim::NoPerson | Claim::FaceCount | Claim::Pose | Claim::Apart(_) => &[],
        }
    }

    /// Whether this defect is promised not to be there although the images may have others.
    pub(crate) fn is_free_of(&self, defect: Defect) -> bool {
        match self.kind.claim {
            Claim::Free(defects) => defects.contains(&defect),
            Claim::Clean(_) | Claim::Defective(_) => false,
            Claim::NoPerson | Claim::FaceCount | Claim::Pose | Claim::Apart(_) => false,
        }
    }
}

/// What one check does, by set.
#[derive(Clone, Debug, Serialize)]
pub struct CheckReport {
    /// The check: the defect that it finds.
    pub check: &'static str,
    /// Clean images that it rejects.
    pub wrong_rejects: Vec<SetRate>,
    /// All of them together.
    pub wrong_rejects_total: Counted,
    /// Images that may have other defects, but not this one, and are rejected for it.
    pub wrong_rejects_elsewhere: Vec<SetRate>,
    /// Images with the defect that are not rejected for it.
    pub misses: Vec<SetRate>,
    /// All of them together.
    pub misses_total: Counted,
}

impl CheckReport {
    /// One for each defect.
    pub(crate) fn all(sets: &[Set<'_>]) -> Vec<Self> {
        Defect::ALL.iter().map(|defect| Self::new(*defect, sets)).collect()
    }

    fn new(defect: Defect, sets: &[Set<'_>]) -> Self {
        let reported = |set: &Set<'_>| set.rate(|sample| sample.reports(&[defect]));
        let missed = |set: &Set<'_>| set.rate(|sample| !sample.reports(set.expected()));
        let rates = |of: &dyn Fn(&Set<'_>) -> SetRate, which: &dyn Fn(&&Set<'_>) -> bool| -> Vec<SetRate> {
            sets.iter().filter(which).map(of).collect()
        };
        let wrong_rejects = rates(&reported, &|set| set.group().is_some());
        let misses = rates(&missed, &|set| set.expected().first() == Some(&defect));
        Self {
            check: super::words::word(defect),
            wrong_rejects_total: Counted::sum(wrong_rejects.iter().map(|rate| &rate.counted)),
            wrong_rejects,
            wrong_rejects_elsewhere: rates(&reported, &|set| set.is_free_of(defect)),
            misses_total: Counted::sum(misses.iter().map(|rate| &rate.counted)),
            misses,
        }
    }
}

/// All checks together on one clean set.
#[derive(Clone, Debug, Serialize)]
pub struct TogetherReport {
    /// Folder and kind.
    pub set: String,
    /// Images that are rejected for anything.
    pub rejected: Counted,
    /// Images that are rejected for anything but the size of the face.
    pub rejected_size_aside: Counted,
}

impl TogetherReport {
    /// One for each clean set; then of each group of them and of all, where there are several.
    pub(crate) fn all(sets: &[Set<'_>]) -> Vec<Self> {
        let clean: Vec<&Set<'_>> = sets.iter().filter(|set| set.group().is_some()).collect();
        let one = |set: &&Set<'_>| Self {
            set: set.name(),
            rejected: set.rate(|sample| sample.rejected()).counted,
            rejected_size_aside: set.rate(|sample| sample.rejected_size_aside()).counted,
        };
        let mut reports: Vec<Self> = clean.iter().map(one).collect();
        let groups = [Some(Group::Studio), Some(Group::Portrait), Some(Group::Other), None];
        let sums: Vec<Self> = groups
            .iter()
            .map(|group| {
                let members: Vec<Self> =
                    clean.iter().filter(|set| group.is_none() || set.group() == *group).map(one).collect();
                Self {
                    set: group_name(*group).to_owned(),
                    rejected: Counted::sum(members.iter().map(|member| &member.rejected)),
                    rejected_size_aside: Counted::sum(members.iter().map(|member| &member.rejected_size_aside)),
                }
            })
            .collect();
        reports.extend(sums);
        reports
    }
}

/// How a group of clean sets is called in the report; `None` is all of them.
pub(crate) const fn group_name(group: Option<Group>) -> &'static str {
    match group {
        Some(Group::Studio) => "together: neutral and smiling",
        Some(Group::Portrait) => "together: official and press portraits",
        Some(Group::Other) => "together: other clean images",
        None => "together: all clean images",
    }
}

/// Images of which nothing is claimed.
#[derive(Clone, Debug, Serialize)]
pub struct ApartReport {
    /// Folder and kind.
    pub set: String,
    /// Rejected for anything but the size of the face.
    pub rejected_size_aside: Counted,
    /// The checks that are of interest.
    pub checks: String,
    /// Rejected by one of them.
    pub rejected_by_them: Option<Counted>,
}

impl ApartReport {
    pub(crate) fn all(sets: &[Set<'_>]) -> Vec<Self> {
        let one = |set: &Set<'_>| match set.kind.claim {
            Claim::Apart(defects) => Some(Self {
                set: set.name(),
                rejected_size_aside: set.rate(|sample| sample.rejected_size_aside()).counted,
                checks: super::words::words(defects),
                rejected_by_them: (!defects.is_empty()).then(|| set.rate(|sample| sample.reports(defects)).counted),
            }),
            Claim::Clean(_) | Claim::Defective(_) | Claim::Free(_) => None,
            Claim::NoPerson | Claim::FaceCount | Claim::Pose => None,
        };
        sets.iter().filter_map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_errors_are_left_out_of_one_count_and_kept_in_the_other() {
        // Two rightly labelled, one of which counts; two wrongly labelled that both count.
        let counted = Counted::of([(true, false), (false, false), (true, true), (true, true)].into_iter());
        assert_eq!((counted.rate.count, counted.rate.total), (1, 2));
        assert_eq!((counted.as_labelled.count, counted.as_labelled.total), (3, 4));
        let sum = Counted::sum([&counted, &counted]);
        assert_eq!((sum.rate.count, sum.rate.total, sum.as_labelled.count), (2, 4, 6));
    }
}
