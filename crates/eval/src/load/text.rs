//! The report for people.

use std::fmt::Write as _;

use super::open::OpenLoop;
use super::report::{LoadReport, OverheadReport, Range, SystemReport, Target};
use super::targets::rounded;
use crate::markdown::table;

impl LoadReport {
    /// The report as Markdown, without a title.
    #[must_use]
    pub fn markdown(&self) -> String {
        let targets = table(&["target", "measured", "verdict"], &rows(&self.targets, target));
        format!("### Targets\n\n{targets}{}", self.section())
    }

    /// The same without the targets, as a part of a page that has them all together.
    #[must_use]
    pub fn section(&self) -> String {
        let mut text = String::new();
        conditions(&mut text, self);
        capacity(&mut text, self);
        service(&mut text, self);
        overhead(&mut text, self);
        footprint(&mut text, self);
        text
    }
}

fn rows<T>(of: &[T], row: impl Fn(&T) -> Vec<String>) -> Vec<Vec<String>> {
    of.iter().map(row).collect()
}

fn target(target: &Target) -> Vec<String> {
    vec![target.target.clone(), target.measured.clone(), target.verdict.word().into()]
}

fn conditions(text: &mut String, report: &LoadReport) {
    let _ = write!(text, "{}. ", report.machine.words());
    if !report.peers.is_empty() {
        let versions: Vec<String> = report.peers.iter().map(|(name, version)| format!("{name} {version}")).collect();
        let _ = write!(text, "Beside ours: {}. ", versions.join(", "));
    }
    text.push_str(
        "Client and servers share the machine. Photographs are made from the project's own portraits, with the noise of a \
         sensor, so that they have as many bytes as photographs of their size:\n\n",
    );
    let photograph = |one: &super::PhotographReport| {
        let megabytes: Vec<String> = one.bytes.iter().map(|bytes| format!("{:.2}", *bytes as f64 / 1e6)).collect();
        vec![one.size.name().into(), format!("{} x {}", one.width, one.height), megabytes.join(", ")]
    };
    text.push_str(&table(&["photographs", "pixels", "MB"], &rows(&report.photographs, photograph)));
}

fn range(range: &Range) -> String {
    format!("{} ({}-{})", rounded(range.median), rounded(range.low), rounded(range.high))
}

fn capacity(text: &mut String, report: &LoadReport) {
    if report.capacity.is_empty() {
        return;
    }
    text.push_str(
        "### Verifications a second\n\nBoth cores busy, by turns; the median over the rounds and, in brackets, the least and \
         the greatest. The ratio is taken within a round. Every answer is checked: the photograph is another one of the \
         person who is enrolled.\n\n",
    );
    for capacity in &report.capacity {
        let system = |one: &SystemReport| {
            vec![
                one.system.name().into(),
                range(&one.per_second),
                one.ours_by_it.as_ref().map_or("-".into(), range),
                one.counts.wrong.to_string(),
            ]
        };
        let header = [capacity.size.name(), "a second", "ours by it", "wrong answers"];
        text.push_str(&table(&header, &rows(&capacity.systems, system)));
    }
    text.push_str(
        "To their advantage: OpenCV and dlib have no server to run, keep the reference's features in memory and detect at no \
         more than 640 pixels; deepface's server has its models loaded and ",
    );
    let _ = match report.deepface_workers {
        Some(1) => write!(text, "one process, which served it better than one a core. "),
        Some(workers) => write!(text, "{workers} processes, which served it better than one. "),
        None => write!(text, "as many processes as serve it best. "),
    };
    text.push_str(
        "OpenCV reads SFace as it is published, with weights in blocks of int8; ONNX Runtime, which deepface runs it on, \
         cannot, and gets the same weights in f32. deepface's /represent does what a verification against an enrolled \
         reference takes, and is what ours is compared with; its /verify computes the reference anew.\n\n",
    );
}

fn service(text: &mut String, report: &LoadReport) {
    let Some(load) = &report.load else { return };
    let _ = write!(
        text,
        "### Under load\n\nVerifications of 1 megapixel. {} connections that wait for their answers get {} answers a second: \
         the capacity; the generator takes {:.1} % of the machine's processor time for it. Then requests come at random times \
         (Poisson), whether or not those before them have been answered; the loads take turns. A latency counts from when the \
         request was meant to be sent (Tene, \"How NOT to measure latency\"), so that a server that stalls is seen to. Latencies \
         are those of the admitted; what is refused is answered 503.\n\n",
        load.connections,
        rounded(load.capacity),
        100.0 * load.generator_cpu,
    );
    let row = |step: &super::Step| {
        let OpenLoop { per_second, counts, goodput, latencies, late_share, generator_cpu, .. } = &step.open;
        let ms = |share| latencies.at(share).map_or("-".into(), |ms| format!("{ms:.0}"));
        vec![
            format!("{:.1}", step.times_capacity),
            rounded(*per_second),
            rounded(*goodput),
            counts.right.to_string(),
            format!("{} ({} with Retry-After)", counts.refused, counts.refused_with_retry_after),
            counts.wrong.to_string(),
            ms(0.5),
            ms(0.9),
            ms(0.99),
            ms(0.999),
            format!("{:.1} %", 100.0 * late_share),
            format!("{:.1} %", 100.0 * generator_cpu),
        ]
    };
    let header = [
        "capacities",
        "sent/s",
        "goodput/s",
        "admitted",
        "refused",
        "wrong",
        "p50 ms",
        "p90",
        "p99",
        "p99.9",
        "sent late",
        "generator",
    ];
    text.push_str(&table(&header, &rows(&load.steps, row)));
    text.push_str(
        "Sent late: more than 5 ms after it was meant to be; the delay is in the latency. Generator: its share of the \
         machine's processor time.\n\n",
    );
}

fn overhead(text: &mut String, report: &LoadReport) {
    if report.overhead.is_empty() {
        return;
    }
    text.push_str(
        "### What a request costs beside its work\n\nOne request at a time. Work is the processor time of the server's worker \
         threads meanwhile: they decode, detect, align and embed, and overwrite what they needed for it. What is left is HTTP, \
         the client's part of it included, JSON, base64, the key, the gallery, the comparison, the hand-over to a worker, and \
         the counters.\n\n",
    );
    let row = |one: &OverheadReport| {
        vec![
            one.size.name().into(),
            one.requests.to_string(),
            range(&one.request_ms),
            range(&one.work_ms),
            format!("{:.1} %", 100.0 * one.share),
            format!("{:.1} %", 100.0 * one.share_of_means),
            format!("{:.1}", one.server_cpu_ms),
        ]
    };
    let header = [
        "photographs",
        "requests",
        "request, ms",
        "work, ms",
        "overhead",
        "of the means",
        "server's processor time, ms",
    ];
    text.push_str(&table(&header, &rows(&report.overhead, row)));
}

fn footprint(text: &mut String, report: &LoadReport) {
    let megabytes = |bytes: u64| format!("{:.0}", bytes as f64 / 1e6);
    let row = |(when, memory): &(String, super::Memory)| {
        vec![when.clone(), megabytes(memory.resident), megabytes(memory.anonymous), megabytes(memory.file)]
    };
    let memory = &report.memory;
    let states = [
        ("idle, models loaded".to_owned(), memory.idle),
        (format!("the most under {} connections, both sizes", memory.connections), memory.loaded),
    ];
    let _ = write!(
        text,
        "### Memory and start\n\n{}",
        table(&["serving process", "resident MB", "of no file", "of files"], &rows(&states, row))
    );
    let _ = write!(
        text,
        "Under the connections {} requests were answered and {} refused. From the start of the process to the answer that it \
         is ready, with an empty gallery: {} ms, {} starts.\n\n",
        memory.counts.right,
        memory.counts.refused,
        range(&report.start.ready_ms),
        report.start.starts,
    );
}

#[cfg(test)]
mod tests {
    use super::super::targets::tests::report;

    #[test]
    fn all_that_was_measured_is_in_the_text() {
        let text = report().markdown();
        for expected in [
            "a processor, 2 cores. Beside ours: deepface 0.0.103.",
            "| 1 megapixel: at least 4 times the deepface API | 5.00 times | met |",
            "| 1 megapixel | 866 x 1155 | 0.30 |",
            "| deepface API, /represent | 8.00 (7.20-8.80) | 5.00 (0.500-9.00) | 0 |",
            "2 processes, which served it better than one.",
            "| 2.0 | 80.0 | 40.0 | 1000 | 7 (7 with Retry-After) | 0 | 150 | 270 | 297 | 300 | 0.1 % | 3.0 % |",
            "| 1 megapixel | 100 | 50.0 (48.0-70.0) | 48.0 (47.0-60.0) | 4.0 % | 4.5 % | 49.0 |",
            "| idle, models loaded | 200 | 150 | 50 |",
            "700 (650-900) ms, 5 starts",
        ] {
            assert!(text.contains(expected), "{expected:?} is not in {text}");
        }
    }
}
