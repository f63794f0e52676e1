//! What an organisation's images and matches must keep to: the installation's rules, or its own where it is stricter.
//!
//! One table names every rule that an organisation may set for itself. It may be stricter than the installation and never
//! laxer: the operator answers for the false match rate of the whole.

use std::sync::Arc;

use biometric::{Similarity, TenantId};
use face::{Measure, Policy};

/// The rules of one request: one snapshot, whatever is changed meanwhile.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// What images must keep to.
    pub policy: Policy,
    /// From which similarity on a face is that of the person it is said to be.
    pub verify_at: Similarity,
    /// From which similarity on a face is that of a person who was searched.
    pub identify_at: Similarity,
    /// From which similarity on a face is enrolled already. Not an organisation's to change: the contract fixes it.
    pub duplicate_at: Similarity,
}

impl Default for Rules {
    /// The contract's thresholds and the measured limits.
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            verify_at: Similarity::VERIFY,
            identify_at: Similarity::IDENTIFY,
            duplicate_at: Similarity::IDENTIFY,
        }
    }
}

/// For whom a use case is run, and under which rules.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Whose gallery is meant.
    pub tenant: TenantId,
    /// The rules.
    pub rules: Arc<Rules>,
    /// How many persons may be enrolled; `None`: any number.
    pub persons_max: Option<u64>,
}

impl Scope {
    /// For an organisation whose own rules are stricter than the installation's, or have become laxer since; the
    /// installation's own are shared, not copied.
    #[must_use]
    pub fn new(installation: Arc<Rules>, tenant: TenantId, own: &[(String, f64)], persons_max: Option<u64>) -> Self {
        let rules = match own.is_empty() {
            true => installation,
            false => installation.clamped(own).into(),
        };
        Self { tenant, rules, persons_max }
    }
}

/// Which way is stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A greater value is stricter: the installation's is the least.
    AtLeast,
    /// A smaller value is stricter: the installation's is the greatest.
    AtMost,
}

/// A rule that an organisation may set for itself.
pub struct Rule {
    /// Its name: that of the deployment setting where there is one.
    pub name: &'static str,
    /// The unit of its value.
    pub unit: &'static str,
    /// What it asks for, in a sentence.
    pub meaning: &'static str,
    /// Which way is stricter.
    pub bound: Bound,
    get: fn(&Rules) -> f64,
    set: fn(&mut Rules, f64),
}

macro_rules! rules {
    ($($name:literal, $unit:literal, $bound:ident, $($place:ident).+ $(as $similarity:ident)?, $meaning:literal;)+) => {
        /// Every rule that an organisation may set for itself, in the order in which pages show them.
        const TABLE: &[Rule] = &[$(Rule {
            name: $name,
            unit: $unit,
            meaning: $meaning,
            bound: Bound::$bound,
            get: |rules| rules!(@get rules.$($place).+, $($similarity)?),
            set: |rules, value| rules!(@set rules.$($place).+, value, $($similarity)?),
        }),+];
    };
    (@get $place:expr,) => { $place };
    (@get $place:expr, Similarity) => { $place.percent() };
    (@set $place:expr, $value:ident,) => { $place = $value };
    (@set $place:expr, $value:ident, Similarity) => {
        // What is out of range was refused before; it changes nothing here.
        $place = Similarity::from_percent($value).unwrap_or($place)
    };
}

rules! {
    "verify_similarity_percent_min", "percent", AtLeast, verify_at as Similarity,
        "Least similarity at which a face is that of the person it is said to be (verify).";
    "identify_similarity_percent_min", "percent", AtLeast, identify_at as Similarity,
        "Least similarity at which a searched face is that of an enrolled person (identify).";
    "probe_inter_eye_distance_px_min", "pixels", AtLeast, policy.probe_size.inter_eye_distance_px_min,
        "Least distance between the eyes in an image that is verified or identified.";
    "reference_inter_eye_distance_px_min", "pixels", AtLeast, policy.reference.size.inter_eye_distance_px_min,
        "Least distance between the eyes in an image that is enrolled.";
    "reference_margin_percent_min", "percent", AtLeast, policy.reference.margin_percent_min,
        "Least distance of the face to the frame, by the width of the face.";
    "reference_detector_confidence_percent_min", "percent", AtLeast, policy.reference.detector_confidence_percent_min,
        "Least confidence that it is a face.";
    "reference_face_presence_min", "logit", AtLeast, policy.reference.face_presence_min,
        "Least presence of a whole human face.";
    "reference_yaw_degrees_max", "degrees", AtMost, policy.reference.yaw_degrees_max,
        "So far the head may be turned either way.";
    "reference_pitch_degrees_max", "degrees", AtMost, policy.reference.pitch_degrees_max,
        "So far the head may be raised or lowered.";
    "reference_roll_degrees_max", "degrees", AtMost, policy.reference.roll_degrees_max,
        "So far the head may be tilted either way.";
    "reference_sharpness_percent_min", "percent", AtLeast, policy.reference.sharpness_percent_min,
        "Least sharpness of the face.";
    "reference_luminance_mean_percent_min", "percent", AtLeast, policy.reference.luminance_mean_percent_min,
        "Least mean brightness of the face.";
    "reference_luminance_mean_percent_max", "percent", AtMost, policy.reference.luminance_mean_percent_max,
        "Greatest mean brightness of the face.";
    "reference_luminance_contrast_percent_min", "percent", AtLeast, policy.reference.luminance_contrast_percent_min,
        "Least contrast of the face.";
    "reference_under_exposed_percent_max", "percent", AtMost, policy.reference.under_exposed_percent_max,
        "So much of the face may be nearly black.";
    "reference_over_exposed_percent_max", "percent", AtMost, policy.reference.over_exposed_percent_max,
        "So much of the face may be nearly white.";
    "reference_illumination_uniformity_percent_min", "percent", AtLeast, policy.reference.illumination_uniformity_percent_min,
        "Least light on one half of the face by that on the other.";
    "reference_eye_contrast_percent_min", "percent", AtLeast, policy.reference.eye_contrast_percent_min,
        "Least contrast of the eyes; dark glasses lower it.";
    "reference_eye_openness_percent_min", "percent", AtLeast, policy.reference.eye_openness_percent_min,
        "Least openness of both eyes, by their width.";
    "reference_each_eye_openness_percent_min", "percent", AtLeast, policy.reference.each_eye_openness_percent_min,
        "Least openness of either eye alone.";
    "reference_mouth_openness_percent_max", "percent", AtMost, policy.reference.mouth_openness_percent_max,
        "Greatest openness of the mouth, by its width.";
    "reference_mouth_visibility_min", "points", AtLeast, policy.reference.mouth_visibility_min,
        "Least visibility of the mouth; a mask lowers it.";
}

impl Rule {
    /// Whether the value is as strict as the bound, or stricter.
    fn allows(&self, value: f64, bound: f64) -> bool {
        match self.bound {
            Bound::AtLeast => value >= bound,
            Bound::AtMost => value <= bound,
        }
    }
}

impl Rules {
    /// Every rule that an organisation may set for itself, in the order in which pages show them.
    pub const TABLE: &[Rule] = TABLE;

    /// The value of a rule; `None` when there is none of this name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<f64> {
        Self::TABLE.iter().find(|rule| rule.name == name).map(|rule| (rule.get)(self))
    }

    /// These rules with an organisation's own in their place.
    ///
    /// # Errors
    /// [`RuleError`] for the first that cannot be: the organisation is told.
    pub fn stricter(&self, own: &[(String, f64)]) -> Result<Self, RuleError> {
        let mut rules = self.clone();
        for (name, wish) in own {
            let rule = Self::TABLE.iter().find(|rule| rule.name == name);
            let rule = rule.ok_or_else(|| RuleError::Unknown { name: name.clone() })?;
            rules = self.with(&rules, rule, *wish)?;
        }
        Ok(rules)
    }

    /// The same of rules that were accepted once: what the installation has become stricter than since, or does not know
    /// any more, gives way to the installation's.
    #[must_use]
    pub fn clamped(&self, own: &[(String, f64)]) -> Self {
        own.iter().fold(self.clone(), |rules, (name, wish)| {
            let rule = Self::TABLE.iter().find(|rule| rule.name == name);
            rule.and_then(|rule| self.with(&rules, rule, *wish).ok()).unwrap_or(rules)
        })
    }

    /// `so_far` with one more rule, which these rules bound.
    fn with(&self, so_far: &Self, rule: &Rule, wish: f64) -> Result<Self, RuleError> {
        let (name, bound) = (rule.name, (rule.get)(self));
        let is_similarity_out_of_range = rule.name.contains("_similarity_") && Similarity::from_percent(wish).is_err();
        if !wish.is_finite() || is_similarity_out_of_range {
            return Err(RuleError::Number { name });
        }
        if !rule.allows(wish, bound) {
            return Err(RuleError::Laxer { name, wish, bound, which: rule.bound });
        }
        let mut rules = so_far.clone();
        (rule.set)(&mut rules, wish);
        match rules.can_be_met() {
            true => Ok(rules),
            false => Err(RuleError::Contradiction { name }),
        }
    }

    /// Whether some value passes every check.
    fn can_be_met(&self) -> bool {
        Measure::ALL.iter().all(|measure| {
            let range = self.policy.reference.range(*measure);
            range.min.zip(range.max).is_none_or(|(min, max)| min <= max)
        })
    }
}

/// Why an organisation's own rule cannot be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RuleError {
    /// There is no such rule.
    #[error("there is no rule {name}")]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The value is no number that the rule can have.
    #[error("{name}: this is no number that it can have")]
    Number {
        /// The rule.
        name: &'static str,
    },
    /// It would be laxer than the installation's.
    #[error("{name}: {wish} is laxer than this installation allows, {} {bound}", match which {
        Bound::AtLeast => "at least",
        Bound::AtMost => "at most",
    })]
    Laxer {
        /// The rule.
        name: &'static str,
        /// What was asked for.
        wish: f64,
        /// The installation's value.
        bound: f64,
        /// Which way is stricter.
        which: Bound,
    },
    /// No image could meet this rule together with the others.
    #[error("{name}: no image could meet this together with the other rules")]
    Contradiction {
        /// The rule.
        name: &'static str,
    },
}

impl RuleError {
    /// The rule that it is about.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Unknown { name } => name,
            Self::Number { name } | Self::Laxer { name, .. } | Self::Contradiction { name } => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn own(rules: &[(&str, f64)]) -> Vec<(String, f64)> {
        rules.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
    }

    #[test]
    fn every_row_reads_what_it_writes_and_nothing_else() {
        let names: HashSet<_> = Rules::TABLE.iter().map(|rule| rule.name).collect();
        assert_eq!(names.len(), Rules::TABLE.len());
        let plain = Rules::default();
        for rule in Rules::TABLE {
            let mut changed = plain.clone();
            (rule.set)(&mut changed, 42.5);
            assert_eq!((rule.get)(&changed), 42.5, "{}", rule.name);
            let others = Rules::TABLE.iter().filter(|other| other.name != rule.name);
            assert!(others.into_iter().all(|other| (other.get)(&changed) == (other.get)(&plain)), "{}", rule.name);
        }
    }

    #[test]
    fn names_say_the_unit_and_the_bound() {
        for rule in Rules::TABLE {
            let ending = match rule.bound {
                Bound::AtLeast => "_min",
                Bound::AtMost => "_max",
            };
            assert!(rule.name.ends_with(ending), "{}", rule.name);
            let unit = match rule.unit {
                "pixels" => "_px_",
                "percent" => "_percent_",
                "degrees" => "_degrees_",
                "logit" | "points" => "",
                other => panic!("{other}"),
            };
            assert!(rule.name.contains(unit), "{}", rule.name);
        }
    }

    #[test]
    fn stricter_is_taken_and_laxer_is_refused_with_the_bound() {
        let rules = Rules::default();
        let wishes = own(&[("verify_similarity_percent_min", 90.0), ("reference_yaw_degrees_max", 10.0)]);
        let stricter = rules.stricter(&wishes).expect("stricter");
        assert_eq!((stricter.verify_at.percent(), stricter.policy.reference.yaw_degrees_max), (90.0, 10.0));
        assert_eq!(stricter.duplicate_at, rules.duplicate_at);
        for (name, wish, says) in
            [("verify_similarity_percent_min", 79.0, "at least 80"), ("reference_yaw_degrees_max", 30.0, "at most 20")]
        {
            let error = rules.stricter(&own(&[(name, wish)])).expect_err("laxer");
            assert!(error.to_string().contains(says) && error.name() == name, "{error}");
            assert_eq!(rules.clamped(&own(&[(name, wish)])), rules);
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let rules = Rules::default();
        let error = |wishes: &[(&str, f64)]| rules.stricter(&own(wishes)).expect_err("refused");
        assert!(matches!(error(&[("verify_similarity_percent_min", 101.0)]), RuleError::Number { .. }));
        assert!(matches!(error(&[("reference_yaw_degrees_max", f64::NAN)]), RuleError::Number { .. }));
        assert!(matches!(error(&[("reference_yaw_degrees_max", f64::NEG_INFINITY)]), RuleError::Number { .. }));
        assert!(matches!(error(&[("reference_yaw_degrees_max", -1.0)]), RuleError::Contradiction { .. }));
        assert!(matches!(error(&[("duplicate_similarity_percent_min", 99.0)]), RuleError::Unknown { .. }));
        let crossed = [("reference_luminance_mean_percent_min", 60.0), ("reference_luminance_mean_percent_max", 50.0)];
        assert!(matches!(error(&crossed), RuleError::Contradiction { .. }));
        assert!(rules.clamped(&own(&crossed)).can_be_met());
    }

    proptest! {
        /// Whatever was stored, and however the installation's settings have changed since.
        #[test]
        fn nobody_is_laxer_than_the_installation(
            wishes in prop::collection::vec((0..TABLE.len(), -200.0..200.0_f64), 0..12),
            changes in prop::collection::vec((0..TABLE.len(), 0.0..100.0_f64), 0..6),
        ) {
            let mut installation = Rules::default();
            for (row, value) in changes {
                (TABLE[row].set)(&mut installation, value);
            }
            let own: Vec<_> = wishes.iter().map(|(row, value)| (TABLE[*row].name.to_owned(), *value)).collect();
            let clamped = installation.clamped(&own);
            for rules in installation.stricter(&own).into_iter().chain([clamped]) {
                for rule in TABLE {
                    prop_assert!(rule.allows((rule.get)(&rules), (rule.get)(&installation)), "{}", rule.name);
                }
                for measure in Measure::ALL {
                    let (ours, theirs) = (rules.policy.reference.range(*measure), installation.policy.reference.range(*measure));
                    prop_assert!(ours.min >= theirs.min);
                    prop_assert!(theirs.max.is_none_or(|max| ours.max.is_some_and(|own| own <= max)));
                }
                prop_assert_eq!(rules.duplicate_at, installation.duplicate_at);
                prop_assert_eq!(rules.policy.image, installation.policy.image);
            }
        }
    }
}
