//! Deciding the commands of one transaction: each sees what the earlier ones of the batch did.

use std::collections::HashMap;

use biometric::{Person, PersonId, Score, Template, TenantId, Timestamp};
use rusqlite::Connection;
use search::{Goal, Job};

use super::head::Head;
use super::record::{Checksum, Row};
use super::site::Site;
use super::{follow, load, record};
use crate::Error;
use crate::database::fault::Fault;
use crate::mirror::{Delta, Entry, Key};

/// How many commands share one commit: the disk waits once for all of them. At 128 a commit costs less than the rows.
pub(super) const BATCH_COMMANDS_MAX: usize = 128;

/// How many matching rows a duplicate search needs to know. Every other command of the batch may have replaced or
/// removed one of them and one may be the person's own; if there is one more, it stands.
const HITS_MAX: usize = BATCH_COMMANDS_MAX + 1;

/// How often the index is built anew for one search, when it turns out to be damaged.
const SCANS_MAX: usize = 3;

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
    /// Its mirror is what was committed before; it stands still while the transaction holds the write lock.
    site: &'a Site,
    head: Head,
    /// What this batch changed so far.
    delta: Delta,
    /// How many persons each tenant gained by it, or lost.
    gained: HashMap<TenantId, i64>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(transaction: &'a Connection, site: &'a Site, head: Head) -> Self {
        Self { transaction, site, head, delta: Delta::new(), gained: HashMap::new() }
    }

    /// Decides and writes; `Err` when the store fails, which fails the whole batch.
    pub(super) fn run(&mut self, commands: &[Command]) -> Result<Vec<Verdict>, Fault> {
        let matching = self.matching(commands)?;
        commands.iter().zip(&matching).map(|(command, matching)| self.decide(command, matching)).collect()
    }

    /// Where the store stands after the batch, and what changed.
    pub(super) fn finish(self) -> Result<(Head, Delta), Fault> {
        if !self.delta.is_empty() {
            follow::trim(self.transaction, self.head.position.version)?;
            self.head.write(self.transaction)?;
        }
        Ok((self.head, self.delta))
    }

    /// For every command the committed rows of its tenant that its face matches: one pass over a tenant's references,
    /// however many commands.
    fn matching(&self, commands: &[Command]) -> Result<Vec<Vec<Key>>, Fault> {
        let mut matching = vec![Vec::new(); commands.len()];
        let mut tenants: Vec<TenantId> = commands.iter().map(|command| command.tenant).collect();
        tenants.sort_unstable();
        tenants.dedup();
        for tenant in tenants {
            let own = commands.iter().enumerate().filter(|(_, command)| command.tenant == tenant);
            let (places, sought): (Vec<usize>, Vec<&Reference>) =
                own.filter_map(|(place, command)| Some((place, self.sought(command)?))).unzip();
            for (place, keys) in places.into_iter().zip(self.committed(tenant, &sought)?) {
                matching[place] = keys;
            }
        }
        Ok(matching)
    }

    /// The reference of a command that is to be searched for.
    fn sought<'c>(&self, command: &'c Command) -> Option<&'c Reference> {
        let reference = command.action.reference()?;
        (self.accepts(&reference.template) && reference.duplicate_at <= REACHABLE_MAX).then_some(reference)
    }

    /// For every reference that is searched for, the committed rows of one tenant that reach its score.
    fn committed(&self, tenant: TenantId, sought: &[&Reference]) -> Result<Vec<Vec<Key>>, Fault> {
        let nothing = vec![Vec::new(); sought.len()];
        if sought.is_empty() {
            return Ok(nothing);
        }
        for _ in 0..SCANS_MAX {
            let Some(view) = self.site.mirror.view(tenant) else { break };
            let Some((coder, index)) = &view.index else { return Ok(nothing) };
            let queries: Vec<_> = sought.iter().map(|reference| coder.query(reference.template.values())).collect();
            let goal = |reference: &Reference| Goal::Reaching { score: reference.duplicate_at.0, rows_max: HITS_MAX };
            let jobs = queries.iter().zip(sought).map(|(query, reference)| Job { query, goal: goal(reference) });
            match index.scan(&jobs.collect::<Vec<_>>(), Site::how(index.len(), Site::cores())) {
                Ok(seen) if !seen.is_behind => {
                    let keys = |hits: Vec<(Key, f32)>| hits.into_iter().map(|(key, _)| key).collect();
                    return Ok(seen.hits.into_iter().map(keys).collect());
                }
                // Nobody knows of later changes while the write lock is held here.
                Ok(_) | Err(_) => load::rebuild(self.site, view.generation)?,
            }
        }
        Err(Fault::Database("the index is damaged again and again".into()))
    }

    fn decide(&mut self, command: &Command, matching: &[Key]) -> Result<Verdict, Fault> {
        let Command { tenant, person, action } = command;
        if action.reference().is_some_and(|reference| !self.accepts(&reference.template)) {
            return Ok(Err(Error::ModelMismatch));
        }
        let known = record::find(self.transaction, &self.site.model, &self.head, *tenant, person)?;
        let known = known.map(|(key, row)| (key, row.person));
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
        *template.model() == self.site.model && self.head.width().is_none_or(|known| known == width)
    }

    /// How many persons the tenant has, what this batch did included.
    fn persons(&self, tenant: TenantId) -> u64 {
        let index = self.site.mirror.view(tenant).and_then(|view| view.index);
        let committed = index.map_or(0, |(_, index)| index.len() as u64);
        committed.saturating_add_signed(self.gained.get(&tenant).copied().unwrap_or(0))
    }

    /// Whether the face is that of another person: of a committed row that this batch left alone, or of one it wrote.
    fn is_duplicate(&self, tenant: TenantId, reference: &Reference, own: Option<Key>, matching: &[Key]) -> bool {
        let reaches = |row: &Template| {
            let score = row.compare(&reference.template);
            score.is_ok_and(|score| score >= reference.duplicate_at)
        };
        let committed = matching.iter().any(|key| Some(*key) != own && !self.delta.contains_key(key));
        committed
            || self
                .delta
                .iter()
                .filter(|(key, entry)| entry.tenant == tenant && Some(**key) != own)
                .any(|(_, entry)| entry.reference.as_ref().is_some_and(reaches))
    }

    fn enrol(&mut self, tenant: TenantId, id: PersonId, reference: &Reference) -> Result<Person, Fault> {
        let key = self.head.position.version + 1;
        let person = Person { id, created: reference.now, updated: reference.now };
        let row = Row { person: person.clone(), reference: reference.template.clone() };
        let sum = record::insert(self.transaction, tenant, key, &row)?;
        let width = reference.template.values().len();
        self.head.origin.get_or_insert_with(|| (self.site.model.as_str().into(), width));
        self.count(tenant, 1);
        self.note(tenant, key, Some((row.reference, sum)))?;
        Ok(person)
    }

    fn update(&mut self, tenant: TenantId, key: Key, known: Person, new: &Reference) -> Result<Person, Fault> {
        // A clock that was set back does not make a person younger than their enrolment.
        let person = Person { updated: new.now.max(known.created), ..known };
        let row = Row { person: person.clone(), reference: new.template.clone() };
        let sum = record::update(self.transaction, tenant, key, &row)?;
        self.note(tenant, key, Some((row.reference, sum)))?;
        Ok(person)
    }

    fn remove(&mut self, tenant: TenantId, key: Key) -> Result<(), Fault> {
        record::delete(self.transaction, key)?;
        self.count(tenant, -1);
        self.note(tenant, key, None)
    }

    fn count(&mut self, tenant: TenantId, gained: i64) {
        self.head.persons += gained;
        *self.gained.entry(tenant).or_default() += gained;
    }

    fn note(&mut self, tenant: TenantId, key: Key, row: Option<(Template, Checksum)>) -> Result<(), Fault> {
        let (reference, sum) = row.unzip();
        self.head.step(tenant, key, sum);
        self.delta.insert(key, Entry { tenant, reference });
        follow::note(self.transaction, &self.head, tenant, key)
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
