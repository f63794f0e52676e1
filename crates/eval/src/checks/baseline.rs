//! The counts of before, so that a change that makes a check worse is seen.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::rates::SetRate;
use super::report::ChecksReport;
use crate::Error;
use crate::stats::Rate;

/// Counts by name, of which fewer are better, and which targets were reached.
///
/// An image at a limit may fall on the other side of it on another processor, whose arithmetic rounds otherwise: such a
/// difference is told, too, and is for people to judge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// Wrong verdicts.
    pub wrong: BTreeMap<String, Count>,
    /// Whether each target is reached; those that depend on the machine are left out.
    pub targets: BTreeMap<String, bool>,
}

/// So many of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How many.
    pub count: u64,
    /// Of how many.
    pub of: u64,
}

impl From<&Rate> for Count {
    fn from(rate: &Rate) -> Self {
        Self { count: rate.count, of: rate.total }
    }
}

/// A report beside the counts of before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// More wrong verdicts, or a target that is no longer reached.
    pub regressions: Vec<String>,
    /// Fewer wrong verdicts, or a target that is reached now.
    pub improvements: Vec<String>,
    /// What cannot be compared, since the images are others.
    pub incomparable: Vec<String>,
}

impl Baseline {
    /// Reads a file that [`Self::write`] wrote.
    ///
    /// # Errors
    /// When it cannot be read or is something else.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::file(path))?;
        serde_json::from_str(&text).map_err(|error| Error::data(path, error.to_string()))
    }

    /// Writes it as JSON.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(self).map_err(|error| Error::data(path, error.to_string()))?;
        std::fs::write(path, text + "\n").map_err(Error::file(path))
    }

    /// The counts of a report.
    #[must_use]
    pub fn of(report: &ChecksReport) -> Self {
        let mut wrong = BTreeMap::new();
        let mut add = |what: &str, rates: &[SetRate], wrong_is_the_rest: bool| {
            for SetRate { set, counted, .. } in rates {
                let Rate { count, total, .. } = counted.rate;
                let count = if wrong_is_the_rest { total - count } else { count };
                wrong.insert(format!("{what} | {set}"), Count { count, of: total });
            }
        };
        for check in &report.checks {
            add(&format!("{} wrongly reported", check.check), &check.wrong_rejects, false);
            add(&format!("{} wrongly reported", check.check), &check.wrong_rejects_elsewhere, false);
            add(&format!("{} missed", check.check), &check.misses, false);
        }
        add("accepted", &report.no_person, false);
        add("miscounted", &report.groups, true);
        for sweep in &report.sweeps {
            wrong.insert(format!("verdict turns back | {}", sweep.sweep), Count::from(&sweep.violations));
        }
        let lasting = report.targets.iter().filter(|target| !target.depends_on_machine);
        let targets = lasting.filter_map(|target| Some((target.name.clone(), target.reached?))).collect();
        Self { wrong, targets }
    }

    /// What has become worse and better since.
    #[must_use]
    pub fn compare(&self, now: &Self) -> Comparison {
        let mut comparison = Comparison::default();
        for (name, before) in &self.wrong {
            comparison.count(name, *before, now.wrong.get(name).copied());
        }
        for (name, before) in &self.targets {
            match (before, now.targets.get(name)) {
                (true, Some(false)) => comparison.regressions.push(format!("target no longer reached: {name}")),
                (false, Some(true)) => comparison.improvements.push(format!("target reached now: {name}")),
                (_, None) => comparison.incomparable.push(format!("target: {name}: not measured now")),
                (true, Some(true)) | (false, Some(false)) => {}
            }
        }
        let new = now.wrong.keys().filter(|name| !self.wrong.contains_key(*name));
        comparison.incomparable.extend(new.map(|name| format!("{name}: not measured before")));
        comparison
    }
}

impl Comparison {
    fn count(&mut self, name: &str, before: Count, now: Option<Count>) {
        let Some(now) = now else {
            return self.incomparable.push(format!("{name}: not measured now"));
        };
        let text = format!("{name}: {} of {}, {} before", now.count, now.of, before.count);
        match now.count.cmp(&before.count) {
            _ if now.of != before.of => self.incomparable.push(format!("{text} of {}: other images", before.of)),
            std::cmp::Ordering::Greater => self.regressions.push(text),
            std::cmp::Ordering::Less => self.improvements.push(text),
            std::cmp::Ordering::Equal => {}
        }
    }

    /// Whether nothing has become worse.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.regressions.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline(wrong: &[(&str, u64, u64)], targets: &[(&str, bool)]) -> Baseline {
        Baseline {
            wrong: wrong
                .iter()
                .map(|(name, count, of)| ((*name).to_owned(), Count { count: *count, of: *of }))
                .collect(),
            targets: targets.iter().map(|(name, reached)| ((*name).to_owned(), *reached)).collect(),
        }
    }

    #[test]
    fn more_is_worse_fewer_is_better_and_the_same_is_neither() {
        let before = baseline(&[("a", 1, 60), ("b", 2, 60), ("c", 3, 60)], &[("t", true), ("u", false)]);
        let now = baseline(&[("a", 2, 60), ("b", 1, 60), ("c", 3, 60)], &[("t", false), ("u", true)]);
        let comparison = before.compare(&now);
        assert_eq!(comparison.regressions, ["a: 2 of 60, 1 before", "target no longer reached: t"]);
        assert_eq!(comparison.improvements, ["b: 1 of 60, 2 before", "target reached now: u"]);
        assert!(!comparison.holds() && comparison.incomparable.is_empty());
        assert_eq!(before.compare(&before), Comparison::default());
    }

    #[test]
    fn other_images_are_no_regression_and_are_said_to_be_others() {
        let before = baseline(&[("a", 1, 60), ("gone", 0, 5)], &[("t", true)]);
        let comparison = before.compare(&baseline(&[("a", 9, 90), ("new", 4, 5)], &[]));
        assert!(comparison.holds());
        assert_eq!(comparison.incomparable.len(), 4, "{:?}", comparison.incomparable);
    }

    #[test]
    fn what_is_written_is_read() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let baseline = baseline(&[("a", 1, 60)], &[("t", true)]);
        baseline.write(file.path()).expect("written");
        assert_eq!(Baseline::read(file.path()).expect("read"), baseline);
        std::fs::write(file.path(), "{}").expect("written");
        assert!(Baseline::read(file.path()).is_err(), "an empty object would find nothing worse");
    }

    #[test]
    fn the_committed_counts_are_well_formed() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/checks_baseline.json");
        let baseline = Baseline::read(Path::new(path)).expect("well-formed");
        assert!(baseline.wrong.len() > 100 && baseline.targets.len() > 10);
    }
}
