//! Persons who may be enrolled twice: every reference is searched for among all others.

use std::collections::HashMap;

use biometric::{Score, Template, TenantId};
use search::{Coder, Damaged, Goal, Job};

use super::nearest::order;
use super::site::Site;
use super::{Embedded, load};
use crate::mirror::{Index, Key};
use crate::{Error, Pair};

/// How many references share a pass over memory: beyond that, a core has its hands full.
const BATCH: usize = 16;

/// How often all is done again when the index turns out to be damaged, or older than what another process has wiped.
const TRIES_MAX: usize = 3;

/// Two keys, the lesser first, and the score of their references.
type Found = (Key, Key, f32);

impl Embedded {
    pub(super) fn pairs(
        &self,
        tenant: TenantId,
        at: Score,
        count: usize,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Vec<Pair>, Error> {
        for _ in 0..TRIES_MAX {
            let view = self.current(tenant)?;
            let Some((coder, index)) = &view.index else {
                progress(0, 0);
                return Ok(Vec::new());
            };
            match scan(index, coder, at, count, progress) {
                Ok(found) => return self.persons(tenant, found, count),
                Err(_damaged) => load::rebuild(&self.site, view.generation)?,
            }
        }
        Err(Error::Unavailable("the index is damaged again and again".into()))
    }

    /// Whose the keys are. A pair of which the store has one no longer as it was is left out: it was removed or replaced
    /// while the others were compared.
    fn persons(&self, tenant: TenantId, found: Vec<Found>, count: usize) -> Result<Vec<Pair>, Error> {
        let mut keys: Vec<Key> = found.iter().flat_map(|(one, other, _)| [*one, *other]).collect();
        keys.sort_unstable();
        keys.dedup();
        let (_, rows) = self.table().rows(tenant, keys.into_iter(), |key, row| Some((key, row?)))?;
        let rows: HashMap<Key, _> = rows.into_iter().flatten().collect();
        let pair = |(one, other, found): Found| {
            let (one, other) = (rows.get(&one)?, rows.get(&other)?);
            let score = score_of(&one.reference, &other.reference, found)?;
            let (first, second) = if one.person.id < other.person.id { (one, other) } else { (other, one) };
            Some((first.person.clone(), second.person.clone(), score))
        };
        let mut pairs: Vec<Pair> = found.into_iter().filter_map(pair).collect();
        let ids = |(first, second, _): &Pair| (first.id.clone(), second.id.clone());
        pairs.sort_by(|a, b| order(a.2, b.2).then_with(|| ids(a).cmp(&ids(b))));
        pairs.truncate(count);
        Ok(pairs)
    }
}

fn score_of(one: &Template, other: &Template, found: f32) -> Option<Score> {
    one.compare(other).ok().filter(|score| score.0.to_bits() == found.to_bits())
}

/// The best pairs with a score of `at` or more: `count` of them, and whoever ties with the last.
fn scan(
    index: &Index,
    coder: &Coder,
    at: Score,
    count: usize,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Vec<Found>, Damaged> {
    let all = index.len() as u64;
    let (mut best, mut done) = (Best { at: at.0, count, found: Vec::new() }, 0);
    let (mut keys, mut values) = (Vec::with_capacity(BATCH), Vec::with_capacity(BATCH * coder.width()));
    let mut compare = |keys: &mut Vec<Key>, values: &mut Vec<f32>| {
        best.offer(index, coder, keys, values)?;
        done += keys.len() as u64;
        keys.clear();
        values.fill(0.0);
        std::hint::black_box(&mut *values).clear();
        progress(done, all);
        Ok::<_, Damaged>(())
    };
    index.each(coder.width(), &mut |key, vector: &[f32]| {
        keys.push(key);
        values.extend_from_slice(vector);
        if keys.len() == BATCH { compare(&mut keys, &mut values) } else { Ok(()) }
    })?;
    compare(&mut keys, &mut values)?;
    progress(all, all);
    Ok(best.into_best())
}

/// The best pairs so far.
struct Best {
    /// What a pair has to reach; rises when there are enough.
    at: f32,
    count: usize,
    found: Vec<Found>,
}

impl Best {
    /// Compares some rows with all.
    fn offer(&mut self, index: &Index, coder: &Coder, keys: &[Key], values: &[f32]) -> Result<(), Damaged> {
        if self.count == 0 {
            return Ok(());
        }
        let queries: Vec<_> = values.chunks_exact(coder.width()).map(|vector| coder.query(vector)).collect();
        // Each of the best pairs of all is among the best so many of its own row, which finds itself, too.
        let rows_max = self.count.saturating_add(1);
        let job = |query| Job { query, goal: Goal::Reaching { score: self.at, rows_max: rows_max.saturating_add(1) } };
        let jobs: Vec<_> = queries.iter().map(job).collect();
        let reaching = index.scan(&jobs, Site::how(index.len(), Site::cores()))?.hits;
        for ((key, query), mut hits) in keys.iter().zip(&queries).zip(reaching) {
            if hits.len() > rows_max {
                let job = Job { query, goal: Goal::Nearest(rows_max) };
                hits = index.scan(&[job], Site::how(index.len(), Site::cores()))?.hits.pop().unwrap_or_default();
            }
            // Every pair is found from both sides.
            let later = hits.into_iter().filter(|(other, score)| other > key && *score >= self.at);
            self.found.extend(later.map(|(other, score)| (*key, other, score)));
        }
        if self.found.len() / 2 > self.count {
            self.keep_best();
        }
        Ok(())
    }

    /// Leaves out what cannot be among the best any more; what ties with the last may be.
    fn keep_best(&mut self) {
        if let Some(last) = self.count.checked_sub(1).filter(|last| *last < self.found.len()) {
            let (_, (_, _, score), _) = self.found.select_nth_unstable_by(last, |a, b| order(Score(a.2), Score(b.2)));
            self.at = self.at.max(*score);
            self.found.retain(|(_, _, score)| *score >= self.at);
        }
    }

    fn into_best(mut self) -> Vec<Found> {
        self.keep_best();
        self.found
    }
}
