//! Deciding the commands of one transaction: each sees what the earlier ones of the batch did.

use biometric::{ModelId, Person, PersonId, Score, Template, TenantId, Timestamp};
use rusqlite::Connection;

use super::head::Head;
use super::{follow, record};
use crate::Error;
use crate::database::fault::Fault;
use crate::mirror::{Delta, Entry, Index, Key, Mirror, Probe, Row};

/// How many commands share one commit: the disk waits once for all of them. At 128 a commit costs less than the rows.
pub(super) const BATCH_COMMANDS_MAX: usize = 128;

/// How many matching rows a duplicate search needs to know. Every other command of the batch may have replaced or
/// removed one of them and one may be the person's own; if there is one more, it stands.
const HITS_MAX: usize = BATCH_COMMANDS_MAX + 1;

/// No score is above this: templates are unit vectors, but for rounding. A higher threshold asks for no search.
const REACHABLE_MAX: Score = Score(1.01);

/// One write that somebody waits for.
pub(super) struct Command {
    pub(super) tenant: TenantId,
    pub(super) person: PersonId,
    pub(super) action: Action,
}

/// What is to be written.
pub(super) enum Action {
    /// With the number of persons that the tenant may have.
    Enrol(Reference, Option<u64>),
    Update(Reference),
    Remove,
    /// Fails the way a defect would.
    #[cfg(test)]
    Panic,
}

/// A reference that is new.
pub(super) struct Reference {
    pub(super) template: Template,
    pub(super) duplicate_at: Score,
    pub(super) now: Timestamp,
}

/// What became of one command: the person as written, or removed.
pub(super) type Verdict = Result<Person, Error>;

/// The commands of one transaction.
pub(super) struct Batch<'a> {
    transaction: &'a Connection,
    model: &'a ModelId,
    /// What was committed before; it stands still while the transaction holds the write lock.
    mirror: &'a Mirror,
    head: Head,
    /// What this batch changed so far.
    delta: Delta,
}

impl<'a> Batch<'a> {
    pub(super) fn new(transaction: &'a Connection, model: &'a ModelId, mirror: &'a Mirror, head: Head) -> Self {
        Self { transaction, model, mirror, head, delta: Delta::new() }
    }

    /// Decides and writes; `Err` when the store fails, which fails the whole batch.
    pub(super) fn run(&mut self, commands: &[Command]) -> Result<Vec<Verdict>, Fault> {
        let matching = self.matching(commands);
        commands.iter().zip(&matching).map(|(command, matching)| self.decide(command, matching)).collect()
    }

    /// Where the store stands after the batch, and what changed.
    pub(super) fn finish(self) -> Result<(Head, Delta), Fault> {
        if !self.delta.is_empty() {
            follow::trim(self.transaction, self.head.version)?;
            self.head.write(self.transaction)?;
        }
        Ok((self.head, self.delta))
    }

    /// For every command the committed rows of its tenant that its face matches: one pass over a tenant's references,
    /// however many commands.
    fn matching(&self, commands: &[Command]) -> Vec<Vec<Key>> {
        let mut matching = vec![Vec::new(); commands.len()];
        let mut tenants: Vec<TenantId> = commands.iter().map(|command| command.tenant).collect();
        tenants.sort_unstable();
        tenants.dedup();
        for tenant in tenants {
            let Some(index) = self.mirror.tenant(tenant) else { continue };
            let (places, probes): (Vec<usize>, Vec<Probe<'_>>) = commands
                .iter()
                .enumerate()
                .filter(|(_, command)| command.tenant == tenant)
                .filter_map(|(place, command)| Some((place, self.probe(command, index)?)))
                .unzip();
            for (place, keys) in places.into_iter().zip(index.matching(&probes, HITS_MAX)) {
                matching[place] = keys;
            }
        }
        matching
    }

    fn probe<'c>(&self, command: &'c Command, index: &Index) -> Option<Probe<'c>> {
        let reference = command.action.reference()?;
        let values = reference.template.values();
        (values.len() == index.width() && reference.duplicate_at <= REACHABLE_MAX)
            .then_some(Probe { values, at: reference.duplicate_at })
    }

    fn decide(&mut self, command: &Command, matching: &[Key]) -> Result<Verdict, Fault> {
        let Command { tenant, person, action } = command;
        if action.reference().is_some_and(|reference| !self.accepts(&reference.template)) {
            return Ok(Err(Error::ModelMismatch));
        }
        let known = self.find(*tenant, person);
        match (action, known) {
            (Action::Enrol(reference, persons_max), known) => {
                let duplicate = self.is_duplicate(*tenant, reference, known.as_ref().map(|(key, _)| *key), matching);
                if known.is_some() || duplicate {
                    return Ok(Err(Error::Conflict { taken: known.is_some(), duplicate }));
                }
                if let Some(persons_max) = persons_max.filter(|max| self.persons(*tenant) >= *max) {
                    return Ok(Err(Error::Full { persons_max }));
                }
                self.enrol(*tenant, person.clone(), reference).map(Ok)
            }
            (Action::Update(reference), Some((key, known))) => {
                if self.is_duplicate(*tenant, reference, Some(key), matching) {
                    return Ok(Err(Error::Conflict { taken: false, duplicate: true }));
                }
                self.update(*tenant, key, known, reference).map(Ok)
            }
            (Action::Remove, Some((key, known))) => self.remove(*tenant, key).map(|()| Ok(known)),
            (Action::Update(_) | Action::Remove, None) => Ok(Err(Error::NotFound)),
            #[cfg(test)]
            (Action::Panic, _) => panic!("as the test wants it"),
        }
    }

    fn accepts(&self, template: &Template) -> bool {
        let width = template.values().len();
        template.model() == self.model && self.head.width().is_none_or(|known| known == width)
    }

    fn find(&self, tenant: TenantId, id: &PersonId) -> Option<(Key, Person)> {
        let new = self.delta.iter().find_map(|(key, entry)| {
            let row = entry.row.as_ref().filter(|row| entry.tenant == tenant && row.person.id == *id)?;
            Some((*key, row.person.clone()))
        });
        new.or_else(|| {
            let (key, person, _) = self.mirror.tenant(tenant)?.get(id)?;
            (!self.delta.contains_key(&key)).then(|| (key, person.clone()))
        })
    }

    /// How many persons the tenant has, what this batch did included.
    fn persons(&self, tenant: TenantId) -> u64 {
        let index = self.mirror.tenant(tenant);
        let committed = index.map_or(0, |index| index.len() as u64);
        let changed = self.delta.iter().filter(|(_, entry)| entry.tenant == tenant);
        changed.fold(committed, |persons, (key, entry)| {
            let was_there = index.is_some_and(|index| index.holds(*key));
            match (was_there, entry.row.is_some()) {
                (false, true) => persons + 1,
                (true, false) => persons - 1,
                (true, true) | (false, false) => persons,
            }
        })
    }

    /// Whether the face is that of another person: of a committed row that this batch left alone, or of one it wrote.
    fn is_duplicate(&self, tenant: TenantId, reference: &Reference, own: Option<Key>, matching: &[Key]) -> bool {
        let reaches = |row: &Row| {
            let score = row.reference.compare(&reference.template);
            score.is_ok_and(|score| score >= reference.duplicate_at)
        };
        let committed = matching.iter().any(|key| Some(*key) != own && !self.delta.contains_key(key));
        committed
            || self
                .delta
                .iter()
                .filter(|(key, entry)| entry.tenant == tenant && Some(**key) != own)
                .any(|(_, entry)| entry.row.as_ref().is_some_and(reaches))
    }

    fn enrol(&mut self, tenant: TenantId, id: PersonId, reference: &Reference) -> Result<Person, Fault> {
        let key = self.head.version + 1;
        let person = Person { id, created: reference.now, updated: reference.now };
        let row = Row { person: person.clone(), reference: reference.template.clone() };
        record::insert(self.transaction, tenant, key, &row)?;
        let width = reference.template.values().len();
        self.head.origin.get_or_insert_with(|| (self.model.as_str().into(), width));
        self.head.persons += 1;
        self.note(tenant, key, Some(row))?;
        Ok(person)
    }

    fn update(&mut self, tenant: TenantId, key: Key, known: Person, new: &Reference) -> Result<Person, Fault> {
        // A clock that was set back does not make a person younger than their enrolment.
        let person = Person { updated: new.now.max(known.created), ..known };
        let row = Row { person: person.clone(), reference: new.template.clone() };
        record::update(self.transaction, tenant, key, &row)?;
        self.note(tenant, key, Some(row))?;
        Ok(person)
    }

    fn remove(&mut self, tenant: TenantId, key: Key) -> Result<(), Fault> {
        record::delete(self.transaction, key)?;
        self.head.persons -= 1;
        self.note(tenant, key, None)
    }

    fn note(&mut self, tenant: TenantId, key: Key, row: Option<Row>) -> Result<(), Fault> {
        self.head.version += 1;
        self.delta.insert(key, Entry { tenant, row });
        follow::note(self.transaction, self.head.version, tenant, key)
    }
}

impl Action {
    fn reference(&self) -> Option<&Reference> {
        match self {
            Self::Enrol(reference, _) | Self::Update(reference) => Some(reference),
            Self::Remove => None,
            #[cfg(test)]
            Self::Panic => None,
        }
    }
}
