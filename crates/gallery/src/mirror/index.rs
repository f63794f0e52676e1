//! One tenant's references, and the exact search over them.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound::{Excluded, Unbounded};

use biometric::{Person, PersonId, Score, scan};

use super::nearest::Nearest;
use super::rows::Rows;
use super::{Key, Row};
use crate::Candidate;

/// One tenant's references.
pub(crate) struct Index {
    rows: Rows,
    /// Key and person of every row of `rows`.
    records: Vec<(Key, Person)>,
    by_key: HashMap<Key, usize>,
    by_id: BTreeMap<PersonId, usize>,
}

/// A vector that looks for rows with a score of at least `at`.
pub(crate) struct Probe<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) at: Score,
}

impl Index {
    pub(super) fn new(width: usize) -> Self {
        Self { rows: Rows::new(width), records: Vec::new(), by_key: HashMap::new(), by_id: BTreeMap::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether the row of this key is here.
    pub(crate) fn holds(&self, key: Key) -> bool {
        self.by_key.contains_key(&key)
    }

    /// How many values a reference has.
    pub(crate) fn width(&self) -> usize {
        self.rows.width()
    }

    /// A person by id, with the key and the reference.
    pub(crate) fn get(&self, id: &PersonId) -> Option<(Key, &Person, &[f32])> {
        let row = *self.by_id.get(id)?;
        let (key, person) = &self.records[row];
        Some((*key, person, self.rows.get(row)))
    }

    /// Persons in order of their ids, from the first after `after`.
    pub(crate) fn persons_after(&self, after: Option<&PersonId>) -> impl Iterator<Item = &Person> {
        let from = after.map_or(Unbounded, Excluded);
        self.by_id.range::<PersonId, _>((from, Unbounded)).map(|(_, row)| &self.records[*row].1)
    }

    /// The `count` nearest rows, best first, ties by person id.
    pub(crate) fn nearest(&self, probe: &[f32], count: usize) -> Vec<Candidate> {
        if count == 0 {
            return Vec::new();
        }
        let mut nearest = Nearest::new(count);
        for (first, block) in self.rows.blocks() {
            scan(block, probe, |row, score| nearest.offer(first + row, score, || &self.records[first + row].1.id));
        }
        let candidate = |best: &super::nearest::Ranked<'_>| Candidate {
            person: self.records[best.row].1.clone(),
            score: Score(best.score),
        };
        nearest.into_best_first().iter().map(candidate).collect()
    }

    /// For every probe the keys of rows that reach its score, at most `hits_max` of them, in one pass over memory.
    pub(crate) fn matching(&self, probes: &[Probe<'_>], hits_max: usize) -> Vec<Vec<Key>> {
        let mut hits = vec![Vec::new(); probes.len()];
        for (first, block) in self.rows.blocks() {
            for (probe, hits) in probes.iter().zip(&mut hits) {
                scan(block, probe.values, |row, score| {
                    if score >= probe.at.0 && hits.len() < hits_max {
                        hits.push(self.records[first + row].0);
                    }
                });
            }
        }
        hits
    }

    pub(super) fn put(&mut self, key: Key, Row { person, reference }: Row) {
        if let Some(row) = self.by_key.get(&key) {
            self.rows.set(*row, reference.values());
            self.records[*row].1 = person;
            return;
        }
        let row = self.records.len();
        self.rows.push(reference.values());
        self.by_key.insert(key, row);
        self.by_id.insert(person.id.clone(), row);
        self.records.push((key, person));
    }

    pub(super) fn remove(&mut self, key: Key) {
        let Some(row) = self.by_key.remove(&key) else { return };
        self.rows.swap_remove(row);
        let (_, person) = self.records.swap_remove(row);
        self.by_id.remove(&person.id);
        if let Some((moved, person)) = self.records.get(row) {
            self.by_key.insert(*moved, row);
            if let Some(place) = self.by_id.get_mut(&person.id) {
                *place = row;
            }
        }
    }

    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = (Key, &Person, &[f32])> {
        self.by_id.keys().filter_map(|id| self.get(id))
    }
}
