//! Every tenant's references in memory, as of one version of the store: what searches, reads and decisions look at.
//!
//! The store numbers its changes; a mirror says up to which number it knows them. Whoever brings it forward hands over
//! the rows that changed as they are *now*, not what happened to them, so that applying the same news twice, or newer
//! news first, does no harm.

mod index;
mod nearest;
mod rows;
mod shared;

use std::collections::{BTreeMap, HashMap};

use biometric::{Person, Template, TenantId};

pub(crate) use index::{Index, Probe};
pub(crate) use shared::Shared;

/// A row of the store: the version at which its person was enrolled, so never used twice.
pub(crate) type Key = i64;

/// Rows that changed, by key, as they are now.
pub(crate) type Delta = BTreeMap<Key, Entry>;

/// One changed row.
#[derive(Clone)]
pub(crate) struct Entry {
    /// Whose gallery it belongs to.
    pub(crate) tenant: TenantId,
    /// What it holds; `None` when it is gone.
    pub(crate) row: Option<Row>,
}

/// A person and their reference.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) person: Person,
    pub(crate) reference: Template,
}

/// The version of a mirror that has loaded nothing: before that of an empty store.
const UNLOADED: i64 = -1;

/// All references as of one version.
pub(crate) struct Mirror {
    version: i64,
    tenants: HashMap<TenantId, Index>,
}

impl Mirror {
    /// A mirror that has loaded nothing yet.
    pub(crate) fn unloaded() -> Self {
        Self { version: UNLOADED, tenants: HashMap::new() }
    }

    /// A mirror to be filled with all that a store holds at `version`.
    pub(crate) fn at(version: i64) -> Self {
        Self { version, tenants: HashMap::new() }
    }

    /// The last change that is known here.
    pub(crate) fn version(&self) -> i64 {
        self.version
    }

    /// Whether a store was loaded at all.
    pub(crate) fn is_loaded(&self) -> bool {
        self.version != UNLOADED
    }

    /// A tenant's references; `None` when nobody is enrolled.
    pub(crate) fn tenant(&self, tenant: TenantId) -> Option<&Index> {
        self.tenants.get(&tenant)
    }

    /// Goes from `from` or any later version to `to`, by all rows that changed between the two.
    ///
    /// Does nothing when it is there already, or was emptied meanwhile and has to load anew.
    pub(crate) fn advance(&mut self, from: i64, to: i64, changed: Delta) {
        if self.version < from || self.version >= to {
            return;
        }
        // A person id that was removed and enrolled again has two rows: the old one leaves first.
        let (present, gone): (Delta, Delta) = changed.into_iter().partition(|(_, entry)| entry.row.is_some());
        for (key, entry) in gone {
            self.remove(entry.tenant, key);
        }
        for (key, Entry { tenant, row }) in present {
            if let Some(row) = row {
                self.put(tenant, key, row);
            }
        }
        self.version = to;
    }

    /// Adds a row, or replaces the one of the same key.
    pub(crate) fn put(&mut self, tenant: TenantId, key: Key, row: Row) {
        let width = row.reference.values().len();
        self.tenants.entry(tenant).or_insert_with(|| Index::new(width)).put(key, row);
    }

    fn remove(&mut self, tenant: TenantId, key: Key) {
        let Some(index) = self.tenants.get_mut(&tenant) else { return };
        index.remove(key);
        if index.len() == 0 {
            self.tenants.remove(&tenant);
        }
    }

    #[cfg(test)]
    pub(crate) fn rows(&self) -> Vec<(TenantId, Key, Person, Vec<u32>)> {
        let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect();
        let mut all: Vec<_> = self
            .tenants
            .iter()
            .flat_map(|(tenant, index)| index.iter().map(move |(k, p, v)| (*tenant, k, p.clone(), bits(v))))
            .collect();
        all.sort_by_key(|(tenant, key, _, _)| (*tenant, *key));
        all
    }
}
