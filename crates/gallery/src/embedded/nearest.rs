//! The search: what the index finds, as the store has it.
//!
//! The index knows keys and scores, the store whose row a key is. A row that was removed or replaced since the index was
//! looked at shows there: its score is another. Then everything is searched again.

use std::num::NonZeroUsize;

use biometric::{Score, Template, TenantId};
use search::{Coder, Goal, Job};

use super::record::Row;
use super::site::Site;
use super::{Embedded, load};
use crate::mirror::{Hits, Index, View};
use crate::{Candidate, Error, Query};

/// How often a search is done again before it is given up: what it finds would have to change each time.
const TRIES_MAX: usize = 8;

/// How often the index is built anew for one search: what is wrong a second time lies elsewhere.
const REBUILT_MAX: usize = 1;

impl Embedded {
    pub(super) fn nearest(
        &self,
        tenant: TenantId,
        queries: &[Query<'_>],
        threads: NonZeroUsize,
    ) -> Result<Vec<Vec<Candidate>>, Error> {
        if queries.iter().any(|query| *query.probe.model() != self.site.model) {
            return Err(Error::ModelMismatch);
        }
        let mut rebuilt = 0;
        for _ in 0..TRIES_MAX {
            let view = self.current(tenant)?;
            let Some((coder, index)) = &view.index else { return Ok(vec![Vec::new(); queries.len()]) };
            if queries.iter().any(|query| query.probe.values().len() != coder.width()) {
                return Err(Error::ModelMismatch);
            }
            let is_wrong = match scan(index, coder, queries, threads) {
                Ok(Some(hits)) => match self.resolve(tenant, queries, &hits)? {
                    Some(found) => return Ok(found),
                    None => self.is_wrong(&view)?,
                },
                Ok(None) => self.is_wrong(&view)?,
                Err(_damaged) => true,
            };
            if is_wrong && rebuilt == REBUILT_MAX {
                return Err(Error::Unavailable("the index that was built anew differs from the table".into()));
            }
            if is_wrong {
                load::rebuild(&self.site, view.generation)?;
                rebuilt += 1;
            }
        }
        Err(Error::Unavailable("what is searched for changes faster than it can be read".into()))
    }

    /// Whether an index that differs from the store is wrong, and not just older.
    fn is_wrong(&self, view: &View) -> Result<bool, Error> {
        self.refresh()?;
        Ok(self.site.mirror.position() == Some(view.position))
    }

    /// The candidates of all queries; `None` when the store has one of them no longer as it was found.
    fn resolve(
        &self,
        tenant: TenantId,
        queries: &[Query<'_>],
        hits: &[Hits],
    ) -> Result<Option<Vec<Vec<Candidate>>>, Error> {
        let mut table = self.table();
        let mut all = Vec::with_capacity(queries.len());
        for (query, hits) in queries.iter().zip(hits) {
            let mut scores = hits.iter().map(|(_, score)| *score);
            let candidate = |_, row: Option<Row>| candidate(query.probe, row?, scores.next()?);
            let (_, found) = table.rows(tenant, hits.iter().map(|(key, _)| *key), candidate)?;
            let Some(mut found) = found.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
            found.sort_by(by_score_then_id);
            found.truncate(query.count);
            all.push(found);
        }
        Ok(Some(all))
    }
}

/// For every query what may be among its nearest; `None` when the index is behind.
fn scan(
    index: &Index,
    coder: &Coder,
    queries: &[Query<'_>],
    threads: NonZeroUsize,
) -> Result<Option<Vec<Hits>>, search::Damaged> {
    let wanted = || queries.iter().enumerate().filter(|(_, query)| query.count > 0);
    let prepared: Vec<_> = wanted().map(|(_, query)| coder.query(query.probe.values())).collect();
    let job = |(query, (_, wanted)): (_, (usize, &Query<'_>))| Job { query, goal: Goal::Nearest(wanted.count) };
    let jobs: Vec<_> = prepared.iter().zip(wanted()).map(job).collect();
    let seen = index.scan(&jobs, Site::how(index.len(), threads))?;
    let mut hits = vec![Vec::new(); queries.len()];
    wanted().zip(seen.hits).for_each(|((place, _), found)| hits[place] = found);
    Ok((!seen.is_behind).then_some(hits))
}

/// The candidate that a row is, if its score is the one that was found.
fn candidate(probe: &Template, row: Row, found: f32) -> Option<Candidate> {
    let score = row.reference.compare(probe).ok()?;
    (score.0.to_bits() == found.to_bits()).then_some(Candidate { person: row.person, score })
}

fn by_score_then_id(a: &Candidate, b: &Candidate) -> std::cmp::Ordering {
    order(a.score, b.score).then_with(|| a.person.id.cmp(&b.person.id))
}

/// Best first. Scores of templates are finite; numerically, so that 0 and -0 tie.
pub(super) fn order(a: Score, b: Score) -> std::cmp::Ordering {
    b.partial_cmp(&a).unwrap_or(std::cmp::Ordering::Equal)
}
