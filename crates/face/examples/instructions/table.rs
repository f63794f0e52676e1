//! The committed counts, and what comes of holding others to them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// By so much a count may be above or below what is committed, in percent: what the place of a function in memory, a copy's
/// alignment and the like can make of it.
const TOLERANCE_PERCENT: f64 = 3.0;

/// How a change of the counts is accepted.
const BLESS: &str = "scripts/bench-instructions.sh --bless";

/// What the line with the circumstances begins with.
const CIRCUMSTANCES: &str = "# counted with ";

/// Instructions by stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    /// Compiler and kind of processor.
    pub(crate) circumstances: String,
    pub(crate) counts: BTreeMap<String, u64>,
}

/// What came of a comparison.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    /// A line for each stage that is not as it was.
    changes: Vec<String>,
    /// The circumstances of both, when they are not the same: nothing is held then.
    differing: Option<[String; 2]>,
    stages: usize,
}

impl Table {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut table = Self::default();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            if let Some(circumstances) = line.strip_prefix(CIRCUMSTANCES) {
                circumstances.clone_into(&mut table.circumstances);
                continue;
            }
            if line.starts_with('#') {
                continue;
            }
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [stage, count] = fields[..] else { return Err(format!("{line:?} is not a stage and a count")) };
            let count = count.parse().map_err(|_| format!("{line:?} has no count"))?;
            if table.counts.insert(stage.to_owned(), count).is_some() {
                return Err(format!("{stage} is there twice"));
            }
        }
        Ok(table)
    }

    /// The file.
    pub(crate) fn format(&self) -> String {
        let mut text = format!(
            "# Instructions of a stage under callgrind; written by `{BLESS}`, compared by `make test`.\n{CIRCUMSTANCES}{}\n",
            self.circumstances,
        );
        for (stage, count) in &self.counts {
            let _ = writeln!(text, "{stage} {count}");
        }
        text
    }

    /// Holds counts to this table.
    pub(crate) fn compare(&self, counted: &Self) -> Outcome {
        let mut changes = Vec::new();
        for (stage, &count) in &counted.counts {
            let Some(&was) = self.counts.get(stage) else {
                changes.push(format!("{stage}: {count} instructions, and not in the table"));
                continue;
            };
            let percent = 100.0 * (count as f64 / was.max(1) as f64 - 1.0);
            if percent.abs() > TOLERANCE_PERCENT {
                let word = if percent > 0.0 { "more" } else { "fewer" };
                changes.push(format!("{stage}: {count} instructions, {:.1} % {word} than {was}", percent.abs()));
            }
        }
        for stage in self.counts.keys().filter(|stage| !counted.counts.contains_key(*stage)) {
            changes.push(format!("{stage}: in the table, and not counted"));
        }
        let same = self.circumstances == counted.circumstances;
        let differing = (!same).then(|| [self.circumstances.clone(), counted.circumstances.clone()]);
        Outcome { changes, differing, stages: counted.counts.len() }
    }
}

impl Outcome {
    /// Whether nothing has changed, as far as that can be told.
    pub(crate) fn holds(&self) -> bool {
        self.changes.is_empty() || self.differing.is_some()
    }

    pub(crate) fn words(&self) -> String {
        let changes = self.changes.join("\n");
        match (&self.differing, self.changes.is_empty()) {
            (_, true) => {
                format!("{} stages: as many instructions as in the table, within {TOLERANCE_PERCENT} %", self.stages)
            }
            (Some([was, is]), false) => {
                format!("{changes}\nNothing is held to the table: it was counted with {was}, this with {is}.")
            }
            (None, false) => format!(
                "{changes}\nMore is slower. What is meant to be, fewer or more, is accepted by `{BLESS}`; commit the table then."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(circumstances: &str, counts: &[(&str, u64)]) -> Table {
        let counts = counts.iter().map(|(stage, count)| ((*stage).to_owned(), *count)).collect();
        Table { circumstances: circumstances.into(), counts }
    }

    #[test]
    fn a_table_is_read_as_it_was_written() {
        let written = table("rustc 1.95.0, x86_64, kernel avx2", &[("align", 2), ("decode", 123_456_789_012)]);
        assert_eq!(Table::parse(&written.format()).expect("reads"), written);
    }

    #[test]
    fn lines_that_are_no_counts_are_refused() {
        for text in ["align", "align x", "align -1", "align 1 2", "align 1\nalign 1"] {
            assert!(Table::parse(text).is_err(), "{text}");
        }
        assert_eq!(Table::parse("# only words\n\n").expect("reads"), Table::default());
    }

    #[test]
    fn what_moves_within_the_tolerance_holds() {
        let committed = table("a", &[("align", 1_000), ("embed", 1_000)]);
        let outcome = committed.compare(&table("a", &[("align", 1_029), ("embed", 971)]));
        assert!(outcome.holds() && outcome.words().starts_with("2 stages: as many"), "{outcome:?}");
    }

    #[test]
    fn more_and_fewer_are_told_with_by_how_much_and_how_to_accept_it() {
        let committed = table("a", &[("align", 1_000), ("embed", 1_000), ("gone", 1)]);
        let outcome = committed.compare(&table("a", &[("align", 1_100), ("embed", 900), ("new", 5)]));
        assert!(!outcome.holds());
        let words = outcome.words();
        for part in [
            "align: 1100 instructions, 10.0 % more than 1000",
            "embed: 900 instructions, 10.0 % fewer than 1000",
            "new: 5 instructions, and not in the table",
            "gone: in the table, and not counted",
            "--bless",
        ] {
            assert!(words.contains(part), "{part}: {words}");
        }
    }

    #[test]
    fn counts_of_another_compiler_are_shown_and_not_held() {
        let outcome = table("old", &[("align", 1_000)]).compare(&table("new", &[("align", 2_000)]));
        assert!(outcome.holds());
        assert!(outcome.words().contains("counted with old, this with new"), "{}", outcome.words());
    }
}
