//! What a request costs beside what it is about: the share of its time that is neither decoding nor inference.

use std::time::Instant;

use super::client::Outcome;
use super::photographs::Person;
use super::process::{Threads, Usage};
use super::report::{OverheadReport, Range};
use super::server::Server;
use crate::photograph::Size;
use crate::search::latency::median;
use crate::{Error, Progress};

/// Requests before the measured ones: connections, caches and branch predictors are warm then.
const WARM_UP: usize = 5;

/// How the server's threads are called that do nothing but decode, detect, align and embed.
const WORKERS: &str = "face-";

/// Compares requests, one at a time, with the processor time that the server's workers take for them. The same work in another
/// process would not do: where its memory happens to lie makes more of a difference than what is measured.
pub(super) fn overhead(
    server: &Server,
    persons: &[Person],
    requests: usize,
    progress: &dyn Progress,
) -> Result<Vec<OverheadReport>, Error> {
    Size::ALL.into_iter().map(|size| of_size(server, persons, (size, requests), progress)).collect()
}

fn of_size(
    server: &Server,
    persons: &[Person],
    (size, requests): (Size, usize),
    progress: &dyn Progress,
) -> Result<OverheadReport, Error> {
    let client = server.client(persons.iter().map(|person| server.verify(person, person.probe(size))).collect());
    let workers = Threads::of(server.process(), WORKERS)?;
    let (mut whole, mut work) = (Vec::new(), Vec::new());
    let mut usage = Usage::of(server.process());
    progress.begin("overhead", requests as u64);
    for number in 0..WARM_UP + requests {
        if number == WARM_UP {
            usage = Usage::of(server.process());
        }
        let (before, begun) = (workers.seconds()?, Instant::now());
        let outcome = client.send(number);
        let answered = begun.elapsed().as_secs_f64();
        let worked = workers.seconds()? - before;
        if outcome != Outcome::Right {
            return Err(Error::Server(format!("a request alone is not answered: {outcome:?}")));
        }
        if number >= WARM_UP {
            whole.push(1e3 * answered);
            work.push(1e3 * worked);
            progress.advance();
        }
    }
    progress.end();
    Ok(summarise(size, &whole, &work, usage.seconds_since()))
}

/// All in milliseconds but for the processor time of all requests together, which is in seconds.
fn summarise(size: Size, whole: &[f64], work: &[f64], cpu: f64) -> OverheadReport {
    let (request_ms, work_ms) = (Range::of(whole), Range::of(work));
    // Of the same request: a neighbour that slows both down is not in the ratio.
    let shares: Vec<f64> = whole.iter().zip(work).map(|(whole, work)| 1.0 - work / whole).collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let server_cpu_ms = 1e3 * cpu / whole.len().max(1) as f64;
    OverheadReport {
        size,
        requests: whole.len(),
        share: median(&shares),
        share_of_means: 1.0 - mean(work) / mean(whole),
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
