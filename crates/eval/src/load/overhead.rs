//! What a request costs beside what it is about: the share of its time that is neither decoding nor inference.

use std::time::Instant;

use face::{Pipeline, Policy};

use super::client::Outcome;
use super::photographs::Person;
use super::process::Usage;
use super::report::{OverheadReport, Range};
use super::server::Server;
use crate::photograph::Size;
use crate::{Error, Progress};

/// Requests before the measured ones: connections, caches and branch predictors are warm then.
const WARM_UP: usize = 5;

/// Compares requests one at a time with the same work in this process, by turns: a whole request over HTTP, then decode,
/// detect, align, embed and compare of the same bytes.
pub(super) fn overhead(
    server: &Server,
    persons: &[Person],
    pipeline: &mut Pipeline,
    requests: usize,
    progress: &dyn Progress,
) -> Result<Vec<OverheadReport>, Error> {
    Size::ALL.into_iter().map(|size| of_size(server, persons, pipeline, (size, requests), progress)).collect()
}

fn of_size(
    server: &Server,
    persons: &[Person],
    pipeline: &mut Pipeline,
    (size, requests): (Size, usize),
    progress: &dyn Progress,
) -> Result<OverheadReport, Error> {
    let client = server.client(persons.iter().map(|person| server.verify(person, person.probe(size))).collect());
    let policy = Policy::default();
    let mut template = |bytes: &[u8]| {
        let inspection = pipeline.probe(bytes, &policy)?;
        inspection.template.ok_or_else(|| Error::Server("no face is found in a photograph".into()))
    };
    let references = persons.iter().map(|person| template(&person.reference)).collect::<Result<Vec<_>, Error>>()?;
    let (mut whole, mut inner, mut cpu) = (Vec::new(), Vec::new(), 0.0);
    progress.begin("overhead", requests as u64);
    for number in 0..WARM_UP + requests {
        let (usage, begun) = (Usage::of(server.process()), Instant::now());
        let outcome = client.send(number);
        let answered = begun.elapsed().as_secs_f64();
        // The counter moves in steps of a hundredth of a second: true in the sum over many requests.
        let taken = usage.seconds_since();
        if outcome != Outcome::Right {
            return Err(Error::Server(format!("a request alone is not answered: {outcome:?}")));
        }
        let at = number % persons.len();
        let begun = Instant::now();
        let score = template(persons[at].probe(size))?.compare(&references[at]);
        std::hint::black_box(score.map_err(|error| Error::Server(error.to_string()))?);
        let worked = begun.elapsed().as_secs_f64();
        if number >= WARM_UP {
            whole.push(1e3 * answered);
            inner.push(1e3 * worked);
            cpu += taken;
            progress.advance();
        }
    }
    progress.end();
    Ok(summarise(size, &whole, &inner, cpu))
}

/// All in milliseconds but for the processor time of all requests together, which is in seconds.
fn summarise(size: Size, whole: &[f64], inner: &[f64], cpu: f64) -> OverheadReport {
    let (request_ms, work_ms) = (Range::of(whole), Range::of(inner));
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let server_cpu_ms = 1e3 * cpu / whole.len().max(1) as f64;
    OverheadReport {
        size,
        requests: whole.len(),
        share: 1.0 - work_ms.median / request_ms.median,
        share_of_means: 1.0 - mean(inner) / mean(whole),
        request_ms,
        work_ms,
        server_cpu_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_overhead_is_what_the_work_leaves_of_the_request() {
        let report = summarise(Size::Megapixel, &[20.0, 21.0, 40.0], &[19.0, 19.5, 30.5], 0.06);
        assert!((report.share - (1.0 - 19.5 / 21.0)).abs() < 1e-12, "{report:?}");
        assert!((report.share_of_means - (1.0 - 23.0 / 27.0)).abs() < 1e-12, "{report:?}");
        assert!((report.server_cpu_ms - 20.0).abs() < 1e-9 && report.requests == 3, "{report:?}");
    }
}
