//! Many more probes than are timed, each answered by every tier and kernel and by the full scan.

use std::num::NonZeroUsize;

use search::{How, Kernel, Tier};

use super::exact::Exact;
use super::ours::Ours;
use super::queries::Queries;
use super::report::Agreement;
use super::rounds::agrees;
use crate::{Error, Progress, parallel};

/// Probes in a call: as many as are ever searched together.
const BATCH: usize = 16;

/// Compares all answers; the threads take calls by turns.
pub(super) fn agreement(
    ours: &Ours,
    (data, rows): (&str, usize),
    queries: &Queries,
    exact: &[Exact],
    progress: &dyn Progress,
) -> Result<Vec<Agreement>, Error> {
    let mut all = Vec::new();
    for tier in Tier::ALL {
        for kernel in Kernel::available() {
            let how = How { kernel, threads: NonZeroUsize::MIN };
            let calls = queries.count().div_ceil(BATCH);
            progress.begin(&format!("{tier} {kernel}"), calls as u64);
            let work = |agreed: &mut usize, call: usize| {
                let first = call * BATCH;
                let count = BATCH.min(queries.count() - first);
                let hits = ours.search(tier, queries.probes(first, count), how)?;
                *agreed += hits.iter().zip(&exact[first..]).filter(|(hits, exact)| agrees(hits, exact)).count();
                progress.advance();
                Ok::<(), Error>(())
            };
            let agreed = parallel::share_out(calls, || Ok(0), work)?.iter().sum();
            progress.end();
            let (data, kernel) = (data.to_owned(), kernel.name().to_owned());
            all.push(Agreement { data, rows, tier: tier.to_string(), kernel, queries: queries.count(), agreed });
        }
    }
    Ok(all)
}
