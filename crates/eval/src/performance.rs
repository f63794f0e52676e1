//! The page docs/performance.md, composed from what the benchmarks wrote: no number on it was typed.
//!
//! Every section comes from a file of its own in the folder of the run, so the page can be made again without a run, and a
//! benchmark that was not run leaves its section out.

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::Error;
use crate::limits::{self, LimitsReport};
use crate::load::LoadReport;
use crate::markdown::table;
use crate::search::Verdict;
use crate::stages::StagesReport;

/// Files of a run, by benchmark.
const STAGES: &str = "stages.json";
const LIMITS: &str = "limits.json";
const LOAD: &str = "load.json";
const FLAME: &str = "flame.svg";

/// What the page is made of; what was not measured is not there.
#[derive(Default)]
pub struct Page {
    /// The stages beside OpenCV.
    pub stages: Option<StagesReport>,
    /// Physical limits, and the embedder beside the published one.
    pub limits: Option<LimitsReport>,
    /// Whole requests, beside others and under load.
    pub load: Option<LoadReport>,
    /// The flame graph as SVG.
    pub flame: Option<String>,
    /// The page's address of the folder of its pictures.
    pub pictures: String,
}

impl Page {
    /// Reads what there is of a run. `pictures` is the page's address of the folder that its pictures are copied to.
    ///
    /// # Errors
    /// When a file is there and cannot be read, or nothing is there.
    pub fn read(folder: &Path, pictures: &str) -> Result<Self, Error> {
        let page = Self {
            stages: json(&folder.join(STAGES))?,
            limits: json(&folder.join(LIMITS))?,
            load: folder.join(LOAD).is_file().then(|| LoadReport::read(folder)).transpose()?,
            flame: bytes(&folder.join(FLAME))?.map(|svg| String::from_utf8_lossy(&svg).into_owned()),
            pictures: pictures.to_owned(),
        };
        match page.stages.is_none() && page.limits.is_none() && page.load.is_none() {
            true => Err(Error::data(folder, format!("there is neither {STAGES} nor {LIMITS} nor {LOAD}"))),
            false => Ok(page),
        }
    }

    /// The pictures as SVG, by file name.
    #[must_use]
    pub fn pictures(&self) -> Vec<(String, String)> {
        let mut pictures = self.load.as_ref().map(LoadReport::pictures).unwrap_or_default();
        pictures.extend(self.flame.clone().map(|svg| (FLAME.to_owned(), svg)));
        pictures
    }

    /// The page.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = String::from(
            "# Speed, measured\n\nMade by `make bench`, which measures everything on this page in one go and then writes it; \
             no number was typed. The machine is shared with others: milliseconds move by a tenth and more from run to run. What \
             is compared takes turns, so that ratios hold.\n\n",
        );
        text.push_str(&self.subject());
        text.push_str(&self.targets());
        if let Some(load) = &self.load {
            let mut words = load.section();
            for (name, _) in load.pictures() {
                words.push_str(&format!("![{name}]({}/{name})\n\n", self.pictures));
            }
            section(&mut text, "Whole requests", &words);
        }
        if let Some(stages) = &self.stages {
            section(&mut text, "Stages of a verify request, one thread", &stages.section());
        }
        if let Some(limits) = &self.limits {
            section(&mut text, "The embedder beside the published one", &limits::embedder_section(limits));
            section(&mut text, "Physical limits", &limits::limits_section(limits));
        }
        if self.flame.is_some() {
            let words = format!(
                "Samples of `auther bench stages` by `perf`, within requests only. The inference library has no names of \
                 functions to show, and its kernels do not tell who called them: they count for the caller of the nearest \
                 sample that tells.\n\n![Flame graph of a verify request]({}/{FLAME})\n",
                self.pictures,
            );
            section(&mut text, "Where the time goes", &words);
        }
        section(
            &mut text,
            "Regressions",
            "Times do not tell in a test whether a change made something slower; counts of instructions do. \
             `scripts/bench-instructions.sh`, a part of `make test`, counts those of each stage under callgrind and compares \
             them with crates/face/data/instructions.txt.\n",
        );
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }

    /// What was measured, and on what.
    fn subject(&self) -> String {
        // Stages and limits are measured on one core of it.
        let machine = self.load.as_ref().map(|load| &load.machine);
        let machine = machine.or(self.stages.as_ref().map(|stages| &stages.machine));
        let machine = machine.or(self.limits.as_ref().map(|limits| &limits.machine));
        let opencv = self.stages.as_ref().and_then(|stages| stages.opencv.as_ref());
        let rows = [
            ("machine", machine.map(crate::Machine::words)),
            ("auther", Some(env!("CARGO_PKG_VERSION").to_owned())),
            ("inference runtime", self.limits.as_ref().map(|limits| limits.runtime.clone())),
            ("OpenCV", opencv.cloned()),
        ];
        let rows: Vec<Vec<String>> =
            rows.into_iter().filter_map(|(what, which)| Some(vec![what.to_owned(), which?])).collect();
        table(&["what", "which"], &rows)
    }

    fn targets(&self) -> String {
        let ours = self.limits.iter().flat_map(LimitsReport::targets);
        let word = |verdict: Verdict| match verdict {
            Verdict::Met => "met",
            Verdict::Missed => "**missed**",
            Verdict::NotMeasured => "not measured",
        };
        let targets = self.load.iter().flat_map(|load| load.targets.clone()).chain(ours);
        let rows: Vec<Vec<String>> =
            targets.map(|target| vec![target.target, target.measured, word(target.verdict).to_owned()]).collect();
        match rows.is_empty() {
            true => String::new(),
            false => format!("## Targets\n\n{}", table(&["target", "measured", "verdict"], &rows)),
        }
    }
}

fn section(text: &mut String, heading: &str, body: &str) {
    text.push_str("## ");
    text.push_str(heading);
    text.push_str("\n\n");
    text.push_str(body.trim_end());
    text.push_str("\n\n");
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    let parsed = bytes(path)?.map(|bytes| serde_json::from_slice(&bytes));
    parsed.transpose().map_err(|error| Error::data(path, error.to_string()))
}

/// `None`: there is no such file.
fn bytes(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file(path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::tests::{picture, report};

    fn stages() -> StagesReport {
        let machine = report().machine;
        StagesReport { machine, opencv: Some("4.13.0".into()), pictures: vec![picture()] }
    }

    fn headings(page: &str) -> Vec<&str> {
        page.lines().filter_map(|line| line.strip_prefix("## ")).collect()
    }

    #[test]
    fn every_file_of_a_run_is_a_section() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
        write(STAGES, &serde_json::to_string(&stages()).expect("writes"));
        write(LIMITS, &serde_json::to_string(&report()).expect("writes"));
        write(FLAME, "<svg/>");
        write(LOAD, &serde_json::to_string(&crate::load::targets::tests::report()).expect("writes"));
        let page = Page::read(folder.path(), "performance").expect("reads");
        let text = page.markdown();
        for (name, _) in page.pictures() {
            assert!(text.contains(&format!("(performance/{name})")), "{name}");
        }
        assert_eq!(
            headings(&text),
            [
                "Targets",
                "Whole requests",
                "Stages of a verify request, one thread",
                "The embedder beside the published one",
                "Physical limits",
                "Where the time goes",
                "Regressions"
            ]
        );
        for words in [
            "AMD EPYC, 2 cores",
            "| OpenCV | 4.13.0 |",
            "ONNX Runtime 1.32.0",
            "| 0.73 | met |",
            "(performance/flame.svg)",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(text.contains("| decode | 0.200 | 20.000 | 2.000 | 1.000 | 3.000 | 6.000 | 50 % |"), "{text}");
        assert!(!text.contains("\n\n\n"), "one empty line between parts");
    }

    #[test]
    fn what_was_not_measured_is_left_out_and_what_is_damaged_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(Page::read(folder.path(), "performance").is_err(), "nothing is there");
        std::fs::write(folder.path().join(STAGES), serde_json::to_string(&stages()).expect("writes")).expect("written");
        let text = Page::read(folder.path(), "performance").expect("reads").markdown();
        assert_eq!(headings(&text), ["Stages of a verify request, one thread", "Regressions"]);
        std::fs::write(folder.path().join(LIMITS), "{}").expect("written");
        let error = Page::read(folder.path(), "performance").err().expect("refused").to_string();
        assert!(error.contains(LIMITS), "{error}");
    }
}
