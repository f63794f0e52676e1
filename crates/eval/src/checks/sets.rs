//! Which images stand for what: the table from the words of a label to a kind of image and what is claimed of it.
//!
//! Words decide, not file names, so that another folder with the same words is judged by the same rules. Only words that
//! mean something else elsewhere are bound to the folders that they come from.

use face::Defect;

/// Clean images that a target takes together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// Taken in a studio by one protocol: what a good enrolment looks like.
    Studio,
    /// Official and press portraits.
    Portrait,
    /// Everything else.
    Other,
}

/// What the label promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Fit to be a reference: every rejection is wrong.
    Clean(Group),
    /// Unfit: one of these defects must be reported. Misses count for the check of the first.
    Defective(&'static [Defect]),
    /// Nothing is said of the whole image, but these defects are not there.
    Free(&'static [Defect]),
    /// No person's face: must not be accepted.
    NoPerson,
    /// As many faces as the label says.
    FaceCount,
    /// Held as the label says.
    Pose,
    /// Nothing is claimed; how many are rejected, and how many for one of these defects, is reported apart.
    Apart(&'static [Defect]),
}

/// One kind of image.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) claim: Claim,
    /// Words of a label, one of which makes an image of this kind; a final `*` stands for any ending.
    words: &'static [&'static str],
    /// Beginnings of the names of the folders in which the words mean this; empty for all folders.
    folders: &'static [&'static str],
    /// Words that forbid it.
    unless: &'static [&'static str],
}

impl Kind {
    const fn new(name: &'static str, claim: Claim, words: &'static [&'static str]) -> Self {
        Self { name, claim, words, folders: &[], unless: &[] }
    }

    const fn only_in(self, folders: &'static [&'static str]) -> Self {
        Self { folders, ..self }
    }

    const fn unless(self, unless: &'static [&'static str]) -> Self {
        Self { unless, ..self }
    }

    /// Whether this word makes an image of this kind.
    pub(crate) fn is_named_by(&self, word: &str) -> bool {
        self.words.iter().any(|pattern| matches(pattern, word))
    }

    fn holds(&self, folder: &str, words: &[&str]) -> bool {
        let here = self.folders.is_empty() || self.folders.iter().any(|start| folder.starts_with(start));
        let forbidden = words.iter().any(|word| self.unless.iter().any(|pattern| matches(pattern, word)));
        here && !forbidden && words.iter().any(|word| self.is_named_by(word))
    }
}

fn matches(pattern: &str, word: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == word, |start| word.starts_with(start))
}

/// The words of a label.
pub(crate) fn words(label: &str) -> Vec<&str> {
    label.split('|').map(str::trim).filter(|word| !word.is_empty()).collect()
}

/// The kinds that an image in this folder with this label is of.
pub(crate) fn kinds(folder: &str, label: &str) -> Vec<&'static Kind> {
    let words = words(label);
    KINDS.iter().filter(|kind| kind.holds(folder, &words)).collect()
}

/// The folders that the committed counts were made on: said to be absent when they are.
pub(crate) const FOLDERS: &[&str] = &[
    "aaf_subset",
    "caltech_faces",
    "congress_pairs",
    "frontal_ccby_extra",
    "groups",
    "inspireface_tests",
    "lfw_attrs",
    "london_faces_800",
    "masks",
    "noface",
    "nuaa_pad",
    "pose_aflw2000_16",
    "quality_hires",
    "usgov_portraits",
    "utk_balanced",
    "yawdd",
];

/// Words that say that dark glass hides the eyes, or may.
const DARK: &[&str] = &["sunglasses", "sunglasses_dark", "goggles"];
const DARK_OR_TINTED: &[&str] = &["sunglasses", "sunglasses_dark", "goggles", "glasses_tinted"];

/// Every kind, clean ones first.
pub(crate) const KINDS: &[Kind] = &[
    Kind::new("neutral", Claim::Clean(Group::Studio), &["neutral"]),
    Kind::new("smiling", Claim::Clean(Group::Studio), &["smiling"]),
    Kind::new("official portrait", Claim::Clean(Group::Portrait), &["portrait", "president_portrait"]),
    Kind::new("congress portrait", Claim::Clean(Group::Portrait), &["hi"]).only_in(&["congress"]),
    Kind::new("clean frontal", Claim::Clean(Group::Portrait), &["clean_frontal"]),
    Kind::new("frontal neutral", Claim::Clean(Group::Other), &["frontal_neutral", "frontal_neutral_masked_bg"]),
    Kind::new("frontal of all ages", Claim::Clean(Group::Other), &["frontal_age*"]),
    Kind::new("frontal in strong light", Claim::Clean(Group::Other), &["frontal_varied_light"]),
    Kind::new("no mask", Claim::Clean(Group::Other), &["no_mask"]),
    Kind::new("clear eyeglasses", Claim::Free(&[Defect::Sunglasses]), &["eyeglasses"]).unless(DARK_OR_TINTED),
    Kind::new("not yawning", Claim::Free(&[Defect::MouthOpen]), &["mouth_not_yawning"]),
    // Whoever wears dark glasses is to be told so first; the eyes behind them cannot be judged.
    Kind::new("eyes closed", Claim::Defective(&[Defect::EyesClosed]), &["eyes_closed"]).unless(DARK_OR_TINTED),
    Kind::new("one eye closed", Claim::Defective(&[Defect::EyesClosed]), &["one_eye"]).unless(DARK_OR_TINTED),
    Kind::new("yawning", Claim::Defective(&[Defect::MouthOpen]), &["mouth_open_yawn"]),
    Kind::new("mouth open", Claim::Defective(&[Defect::MouthOpen]), &["mouth_open", "mouth_wide_open"]),
    Kind::new("dark glasses", Claim::Defective(&[Defect::Sunglasses]), DARK),
    Kind::new(
        "mask",
        Claim::Defective(&[Defect::FaceCovered, Defect::FaceUnclear, Defect::NoFace]),
        &["mask", "with_mask"],
    ),
    Kind::new("turned", Claim::Defective(&[Defect::Yaw]), &["turned*"]),
    Kind::new("chin up or down", Claim::Defective(&[Defect::Pitch]), &["chin_up", "chin_down"]),
    Kind::new("tilted", Claim::Defective(&[Defect::Roll]), &["roll", "roll_gt*"]),
    Kind::new("blurred", Claim::Defective(&[Defect::Sharpness]), &["blur"]),
    Kind::new("animal", Claim::NoPerson, &["animal*"]),
    Kind::new("object", Claim::NoPerson, &["object", "landscape", "noface"]),
    Kind::new("group", Claim::FaceCount, &["faces=*"]),
    Kind::new("measured pose", Claim::Pose, &["pitch=*"]),
    Kind::new("tinted glasses", Claim::Apart(&[Defect::Sunglasses]), &["glasses_tinted"]),
    Kind::new("hand over mouth", Claim::Apart(&[Defect::FaceCovered]), &["hand_over_mouth"]),
    Kind::new("webcam", Claim::Apart(&[]), &["live"]),
    Kind::new("webcam, printed face", Claim::Apart(&[]), &["print"]),
    Kind::new("tight crop", Claim::Apart(&[]), &["asian", "black", "indian", "white"]).only_in(&["utk"]),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn names(folder: &str, label: &str) -> Vec<&'static str> {
        kinds(folder, label).iter().map(|kind| kind.name).collect()
    }

    #[test]
    fn each_word_of_a_label_counts() {
        assert_eq!(names("yawdd", "mouth_open_yawn|sunglasses"), ["yawning", "dark glasses"]);
        assert_eq!(names("yawdd", "mouth_not_yawning|eyeglasses"), ["clear eyeglasses", "not yawning"]);
        assert_eq!(names("aaf_subset", "eyes_closed|mouth_open"), ["eyes closed", "mouth open"]);
        assert_eq!(names("aaf_subset", "frontal_age13-17"), ["frontal of all ages"]);
        assert_eq!(names("lfw_attrs", "turned_image_left"), ["turned"]);
        assert_eq!(names("pose_aflw2000_16", "pitch=-4.7;yaw=0.9;roll=5.6"), ["measured pose"]);
    }

    #[test]
    fn a_word_is_not_its_beginning_and_a_missing_word_claims_nothing() {
        assert_eq!(names("quality_hires", "mouth_open_tongue"), Vec::<&str>::new());
        assert_eq!(names("quality_hires", "frontal_neutral_dark"), Vec::<&str>::new());
        assert_eq!(names("yawdd", ""), Vec::<&str>::new());
        assert_eq!(names("masks", "no_mask"), ["no mask"]);
    }

    #[test]
    fn closed_eyes_behind_dark_glasses_are_not_judged() {
        assert_eq!(names("yawdd", "mouth_open_yawn|eyes_closed"), ["eyes closed", "yawning"]);
        assert_eq!(names("yawdd", "eyes_closed|sunglasses"), ["dark glasses"]);
    }

    #[test]
    fn other_folders_with_the_same_words_are_judged_alike_except_where_a_word_is_bound() {
        assert_eq!(names("unseen_portraits", "neutral"), ["neutral"]);
        assert_eq!(names("unseen", "faces=12"), ["group"]);
        assert_eq!(names("unseen", "hi"), Vec::<&str>::new());
        assert_eq!(names("congress_more", "hi"), ["congress portrait"]);
    }

    #[test]
    fn names_are_unique_and_whatever_has_a_defect_names_it() {
        let names: HashSet<_> = KINDS.iter().map(|kind| kind.name).collect();
        assert_eq!(names.len(), KINDS.len());
        for kind in KINDS {
            match kind.claim {
                Claim::Defective(defects) | Claim::Free(defects) => assert!(!defects.is_empty(), "{}", kind.name),
                Claim::Clean(_) | Claim::NoPerson | Claim::FaceCount | Claim::Pose | Claim::Apart(_) => {}
            }
        }
    }
}
