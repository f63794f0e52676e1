//! What the checks are to reach.

use face::Defect;
use serde::Serialize;

use super::pose::PoseReport;
use super::rates::{CheckReport, Counted, SetRate, TogetherReport, group_name};
use super::report::ChecksReport;
use super::sets::Group;
use super::words::word;

/// A number and the bound that it is to keep.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Target {
    /// What is counted or measured.
    pub name: String,
    /// What it came to; none when there was nothing to measure it on.
    pub value: Option<f64>,
    /// How it is to be.
    pub bound: Bound,
    /// The unit of value and bound.
    pub unit: &'static str,
    /// Whether it is reached.
    pub reached: Option<bool>,
    /// Whether another machine may give another value.
    pub depends_on_machine: bool,
}

/// What a value is to keep to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
}

impl Bound {
    fn keeps(self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
        }
    }

    /// As text.
    pub(crate) fn shown(self) -> String {
        match self {
            Self::AtMost(most) => format!("<= {most}"),
            Self::AtLeast(least) => format!(">= {least}"),
        }
    }
}

impl Target {
    fn new(name: impl Into<String>, unit: &'static str, value: Option<f64>, bound: Bound) -> Self {
        let reached = value.map(|value| bound.keeps(value));
        Self { name: name.into(), value, bound, unit, reached, depends_on_machine: false }
    }

    /// A share in percent, of images whose labels are right.
    fn share(name: impl Into<String>, counted: Option<Counted>, bound: Bound) -> Self {
        let rate = counted.map(|counted| counted.rate).filter(|rate| rate.total > 0);
        Self::new(name, "percent", rate.map(|rate| rate.percent), bound)
    }
}

/// Every target.
pub(crate) fn all(report: &ChecksReport) -> Vec<Target> {
    let mut targets = together(&report.together);
    targets.extend(single_checks(&report.checks));
    targets.extend(pose(report.pose.as_ref()));
    let accepted = Counted::sum(report.no_person.iter().map(|rate| &rate.counted)).rate;
    let accepted = (accepted.total > 0).then_some(accepted.count as f64);
    targets.push(Target::new("animals and objects accepted", "images", accepted, Bound::AtMost(0.0)));
    let groups = (!report.groups.is_empty()).then(|| Counted::sum(report.groups.iter().map(|rate| &rate.counted)));
    targets.push(Target::share("faces of a group counted right", groups, Bound::AtLeast(90.0)));
    for sweep in &report.sweeps {
        let name = format!("{}: portraits whose verdict turns back", sweep.sweep);
        let violations = (sweep.portraits > 0).then_some(sweep.violations.count as f64);
        targets.push(Target::new(name, "portraits", violations, Bound::AtMost(0.0)));
    }
    let added = report.timing.as_ref().map(|timing| timing.added_percent);
    let time = Target::new("time added to detection and embedding", "percent", added, Bound::AtMost(60.0));
    targets.push(Target { depends_on_machine: true, ..time });
    targets
}

fn together(reports: &[TogetherReport]) -> Vec<Target> {
    let target = |(group, most): (Group, f64)| {
        let found = reports.iter().find(|report| report.set == group_name(Some(group)));
        let words = match group {
            Group::Studio => "studio portraits, neutral and smiling",
            Group::Portrait => "official and press portraits",
            Group::Other => "other clean images",
        };
        let name = format!("all checks but size, wrong rejects: {words}");
        Target::share(name, found.map(|report| report.rejected_size_aside), Bound::AtMost(most))
    };
    [(Group::Studio, 3.0), (Group::Portrait, 8.0)].map(target).to_vec()
}

fn single_checks(reports: &[CheckReport]) -> Vec<Target> {
    let find = |defect: Defect| reports.iter().find(|report| report.check == word(defect));
    let target = |name: &str, counted: Option<Counted>, most: f64| Target::share(name, counted, Bound::AtMost(most));
    let wrong = |defect| find(defect).map(|report| report.wrong_rejects_total);
    let missed = |defect| find(defect).map(|report| report.misses_total);
    let mouth = find(Defect::MouthOpen);
    let mouth_on = |kinds: &[&str]| mouth.and_then(|report| of_kinds(&report.wrong_rejects, kinds));
    let glasses = find(Defect::Sunglasses);
    let clear = glasses.and_then(|report| of_kinds(&report.wrong_rejects_elsewhere, &["clear eyeglasses"]));
    vec![
        target("eyes closed, wrong rejects: clean images", wrong(Defect::EyesClosed), 1.0),
        target("eyes closed, misses", missed(Defect::EyesClosed), 10.0),
        target("mouth open, wrong rejects: neutral", mouth_on(&["neutral", "frontal neutral"]), 1.0),
        target("mouth open, wrong rejects: smiling", mouth_on(&["smiling"]), 1.0),
        target("mouth open, misses", missed(Defect::MouthOpen), 10.0),
        target("sunglasses, wrong rejects: clean images", wrong(Defect::Sunglasses), 1.0),
        target("sunglasses, wrong rejects: clear eyeglasses", clear, 3.0),
        target("sunglasses, misses", missed(Defect::Sunglasses), 10.0),
        target("face covered, wrong rejects: clean images", wrong(Defect::FaceCovered), 1.0),
        target("mask, misses", missed(Defect::FaceCovered), 5.0),
    ]
}

fn of_kinds(rates: &[SetRate], kinds: &[&str]) -> Option<Counted> {
    let wanted: Vec<&Counted> =
        rates.iter().filter(|rate| kinds.contains(&rate.kind)).map(|rate| &rate.counted).collect();
    (!wanted.is_empty()).then(|| Counted::sum(wanted))
}

fn pose(report: Option<&PoseReport>) -> Vec<Target> {
    let target = |axis: &str| {
        let found = report.and_then(|report| report.axes.iter().find(|one| one.axis == axis));
        let name = format!("{axis}, mean absolute error");
        Target::new(name, "degrees", found.map(|one| one.mae_degrees), Bound::AtMost(4.0))
    };
    ["pitch", "yaw", "roll"].map(target).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_itself_is_reached_and_nothing_measured_is_neither() {
        let target = |value, bound| Target::new("x", "percent", value, bound).reached;
        assert_eq!(target(Some(3.0), Bound::AtMost(3.0)), Some(true));
        assert_eq!(target(Some(3.1), Bound::AtMost(3.0)), Some(false));
        assert_eq!(target(Some(90.0), Bound::AtLeast(90.0)), Some(true));
        assert_eq!(target(Some(89.9), Bound::AtLeast(90.0)), Some(false));
        assert_eq!(target(None, Bound::AtMost(3.0)), None);
        assert_eq!(Target::share("x", Some(Counted::sum([])), Bound::AtMost(3.0)).reached, None);
    }
}
