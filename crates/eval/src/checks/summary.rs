//! The report for people.

use std::fmt::Write as _;

use super::baseline::Comparison;
use super::mistakes::Mistake;
use super::pose::PoseReport;
use super::rates::{ApartReport, CheckReport, Counted, SetRate, TogetherReport};
use super::report::{ChecksReport, DataReport, LimitReport};
use super::scale::scale;
use super::sweep::SweepReport;
use super::targets::Target;
use super::timing::TimingReport;
use super::words::{number, range};
use crate::markdown::{rate, table};

/// The report as Markdown, without mistakes and pictures: what a terminal is for.
#[must_use]
pub fn markdown(report: &ChecksReport) -> String {
    let mut text = format!("# Image checks\n\n{}\n\n", report.subject);
    text.push_str(&comparison(report.comparison.as_ref()));
    text.push_str(&targets(&report.targets));
    text.push_str(&data(&report.data));
    text.push_str(&wrong_rejects(&report.checks));
    text.push_str(&misses(&report.checks));
    text.push_str(&together(&report.together));
    text.push_str(&pose(report.pose.as_ref()));
    text.push_str(&others(report));
    for sweep in &report.sweeps {
        text.push_str(&sweep_table(sweep));
    }
    text.push_str(&timing(report.timing.as_ref()));
    text
}

/// The whole report, with the pictures that are beside it.
pub(super) fn markdown_with_pictures(report: &ChecksReport) -> String {
    let mut text = markdown(report);
    text.push_str("## Mistakes\n\nAll of them are in one picture, `mistakes.png`, beside the report when it is made; it shows faces and is not published. Where a reason is given, the label is wrong and the check is right; those images are in no rate but the one \"as labelled\".\n\n");
    text.push_str(&mistakes(&report.mistakes));
    text.push_str("## Measures and limits\n\nShare of the images at or below a value; clean images, and images with the defect that the measure is to find.\n\n");
    text.push_str(&limits(&report.limits));
    for sweep in &report.sweeps {
        let _ = writeln!(text, "![{}]({})", sweep.sweep, super::plots::sweep_file(sweep.sweep));
    }
    for LimitReport { measure, .. } in limited(&report.limits) {
        let _ = writeln!(text, "![{measure}]({})", super::plots::measure_file(measure));
    }
    text
}

fn comparison(comparison: Option<&Comparison>) -> String {
    let Some(Comparison { regressions, improvements, incomparable }) = comparison else { return String::new() };
    let mut text = String::from("## Against the baseline\n\n");
    match regressions.len() {
        0 => text.push_str("Nothing has become worse.\n\n"),
        worse => {
            let _ = writeln!(text, "**{worse} have become worse.**\n");
        }
    }
    for (head, lines) in [("worse", regressions), ("better", improvements), ("not compared", incomparable)] {
        lines.iter().for_each(|line| {
            let _ = writeln!(text, "- {head}: {}", line.replace(" | ", ", "));
        });
    }
    text + "\n"
}

fn targets(targets: &[Target]) -> String {
    let row = |target: &Target| {
        let value = target.value.map_or("not measured".to_owned(), |value| format!("{value:.2}"));
        let reached = match target.reached {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "-",
        };
        vec![target.name.clone(), value, target.bound.shown(), target.unit.to_owned(), reached.to_owned()]
    };
    let rows: Vec<Vec<String>> = targets.iter().map(row).collect();
    format!("## Targets\n\n{}", table(&["target", "value", "bound", "unit", "reached"], &rows))
}

fn data(data: &DataReport) -> String {
    let row = |set: &super::report::SetSize| {
        vec![set.set.clone(), set.images.to_string(), set.label_errors.to_string(), set.claim.clone()]
    };
    let rows: Vec<Vec<String>> = data.sets.iter().map(row).collect();
    let mut text = format!(
        "## Data\n\n{} images; of {} more nothing is claimed. Images with a label error (crates/eval/data/checks_label_errors.csv) \
         are left out of every rate; \"as labelled\" counts them too.\n\n{}",
        data.images,
        data.unclaimed,
        table(&["set", "images", "label errors", "claim"], &rows),
    );
    for (what, names) in [("Folders", &data.absent_folders), ("Kinds of image", &data.absent_kinds)] {
        if !names.is_empty() {
            let _ = writeln!(text, "{what} that are absent and were skipped: {}.\n", names.join(", "));
        }
    }
    for (image, why) in &data.refused {
        let _ = writeln!(text, "Not decoded: {image}: {why}.\n");
    }
    text
}

fn wrong_rejects(checks: &[CheckReport]) -> String {
    let Some(first) = checks.first() else { return String::new() };
    let sets: Vec<&str> = first.wrong_rejects.iter().map(|set| set.set.as_str()).collect();
    let header = [vec!["check"], sets, vec!["together", "as labelled"]].concat();
    let row = |check: &CheckReport| {
        let mut row = vec![check.check.to_owned()];
        row.extend(check.wrong_rejects.iter().map(|set| of(&set.counted)));
        row.push(rate(&check.wrong_rejects_total.rate));
        row.push(as_labelled(&check.wrong_rejects_total));
        row
    };
    let rows: Vec<Vec<String>> = checks.iter().map(row).collect();
    let elsewhere = checks.iter().flat_map(|check| check.wrong_rejects_elsewhere.iter().map(|set| (check.check, set)));
    let elsewhere: Vec<Vec<String>> = elsewhere.map(|(check, set)| set_row(check, set)).collect();
    format!(
        "## Wrong rejects\n\nClean images that a check rejects.\n\n{}Images that may have other defects, but not this one:\n\n{}",
        table(&header, &rows),
        table(&["check", "set", "wrong rejects", "as labelled"], &elsewhere),
    )
}

fn misses(checks: &[CheckReport]) -> String {
    let mut rows = Vec::new();
    for check in checks.iter().filter(|check| !check.misses.is_empty()) {
        rows.extend(check.misses.iter().map(|set| set_row(check.check, set)));
        let total = &check.misses_total;
        rows.push(vec![check.check.to_owned(), "**together**".to_owned(), rate(&total.rate), as_labelled(total)]);
    }
    format!(
        "## Misses\n\nImages with a defect that are not rejected for it.\n\n{}",
        table(&["check", "set", "misses", "as labelled"], &rows)
    )
}

fn set_row(check: &str, set: &SetRate) -> Vec<String> {
    vec![check.to_owned(), set.set.clone(), rate(&set.counted.rate), as_labelled(&set.counted)]
}

fn together(reports: &[TogetherReport]) -> String {
    let row = |report: &TogetherReport| {
        let TogetherReport { set, rejected, rejected_size_aside } = report;
        vec![set.clone(), rate(&rejected_size_aside.rate), as_labelled(rejected_size_aside), rate(&rejected.rate)]
    };
    let rows: Vec<Vec<String>> = reports.iter().map(row).collect();
    let header = ["clean set", "rejected, size aside", "as labelled", "rejected, size included"];
    format!("## All checks together\n\n{}", table(&header, &rows))
}

fn pose(report: Option<&PoseReport>) -> String {
    let Some(PoseReport { heads, left_out, axes }) = report else { return String::new() };
    let row = |axis: &super::pose::AxisReport| {
        vec![
            axis.axis.to_owned(),
            format!("{:.2}", axis.mae_degrees),
            format!("{:+.2}", axis.bias_degrees),
            format!("{:.1}", axis.worst_degrees),
            axis.worst.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = axes.iter().map(row).collect();
    format!(
        "## Pose\n\n{heads} heads within 45 degrees about every axis ({left_out} left out), degrees.\n\n{}",
        table(&["axis", "mean absolute error", "mean error", "worst", "where"], &rows)
    )
}

fn others(report: &ChecksReport) -> String {
    let rows =
        |what: &str, rates: &[SetRate]| -> Vec<Vec<String>> { rates.iter().map(|set| set_row(what, set)).collect() };
    let mut all = rows("accepted, size aside", &report.no_person);
    all.extend(rows("faces counted right", &report.groups));
    let apart = |one: &ApartReport| {
        let by_them =
            one.rejected_by_them.map_or("-".to_owned(), |counted| format!("{} by {}", of(&counted), one.checks));
        vec![one.set.clone(), rate(&one.rejected_size_aside.rate), by_them]
    };
    let apart: Vec<Vec<String>> = report.apart.iter().map(apart).collect();
    format!(
        "## Animals, objects, groups\n\n{}## Without a claim\n\n{}",
        table(&["what", "set", "rate", "as labelled"], &all),
        table(&["set", "rejected, size aside", "of these"], &apart),
    )
}

fn sweep_table(sweep: &SweepReport) -> String {
    let row = |step: &super::sweep::StepReport| {
        vec![
            step.at.to_string(),
            step.median.map_or("-".to_owned(), number),
            format!("{} of {}", step.rejected.count, step.rejected.total),
            format!("{} of {}", step.rejected_otherwise.count, step.rejected_otherwise.total),
        ]
    };
    let rows: Vec<Vec<String>> = sweep.steps.iter().map(row).collect();
    let median = format!("median {}", sweep.measure);
    let rejected = format!("rejected by {}", sweep.checks);
    let mut text = format!(
        "## Sweep: {}\n\n{} portraits; steps: {}. Verdicts that turn back: {}{}.\n\n{}",
        sweep.sweep,
        sweep.portraits,
        sweep.unit,
        rate(&sweep.violations),
        if sweep.violating.is_empty() { String::new() } else { format!(" ({})", sweep.violating.join(", ")) },
        table(&[sweep.unit, &median, &rejected, "rejected by another check"], &rows),
    );
    if let Some(mae) = sweep.roll_mae_degrees {
        let _ = writeln!(text, "Mean absolute difference of the measured roll from the angle: {mae:.2} degrees.\n");
    }
    text + &scale(sweep)
}

fn timing(timing: Option<&TimingReport>) -> String {
    let Some(timing) = timing else { return String::new() };
    let row = |stage: &str, ms: f64| vec![stage.to_owned(), format!("{ms:.1}")];
    let rows = [
        row("detect", timing.detect_ms),
        row("align and embed", timing.align_and_embed_ms),
        row("checks", timing.checks_ms),
        row("of these: landmarks", timing.landmarks_ms),
    ];
    format!(
        "## Time\n\n{} portraits, {} times each by turns, one thread.\n\n{}The checks add {:.0} %.\n\n",
        timing.portraits,
        timing.rounds,
        table(&["stage", "median ms"], &rows),
        timing.added_percent,
    )
}

fn mistakes(mistakes: &[Mistake]) -> String {
    let row = |mistake: &Mistake| {
        let values: Vec<String> = mistake.values.iter().map(super::words::Value::sentence).collect();
        vec![
            mistake.kind.name().to_owned(),
            mistake.check.clone(),
            mistake.image.clone(),
            values.join("; "),
            mistake.label_error.clone().unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = mistakes.iter().map(row).collect();
    table(&["what", "check", "image", "measured", "label error"], &rows)
}

fn limits(limits: &[LimitReport]) -> String {
    let row =
        |limit: &LimitReport| vec![limit.measure.to_owned(), range(face::Range { min: limit.min, max: limit.max })];
    table(&["measure", "accepted"], &limits.iter().map(row).collect::<Vec<_>>())
}

fn limited(limits: &[LimitReport]) -> impl Iterator<Item = &LimitReport> {
    limits.iter().filter(|limit| limit.min.is_some() || limit.max.is_some())
}

fn of(counted: &Counted) -> String {
    format!("{}/{}", counted.rate.count, counted.rate.total)
}

fn as_labelled(counted: &Counted) -> String {
    format!("{} of {}", counted.as_labelled.count, counted.as_labelled.total)
}
