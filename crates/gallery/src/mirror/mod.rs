//! Every tenant's references as the search needs them, as of one version of the store.
//!
//! What is here is values: whoever searches takes an [`Index`] and looks at it for as long as it likes, and whoever changes
//! something makes a new one beside it, which the next search gets. Most of a gallery lies in a snapshot, a file that the
//! operating system pages in as it is needed; what changed since lies in memory, in small blocks.
//!
//! The store numbers its changes; a mirror says up to which number it knows them. Whoever brings it forward hands over
//! the rows that changed as they are *now*, not what happened to them, so that applying the same news twice, or newer
//! news first, does no harm.

mod block;
mod index;
mod shared;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use biometric::{Template, TenantId};
use search::{Coder, Snapshot, Tier};

use index::Edit;
pub(crate) use index::{Hits, Index};
pub(crate) use shared::{Shared, View};

/// A row of the store: the version at which its person was enrolled, so never used twice.
pub(crate) type Key = i64;

/// A place in the history of a store: how many changes there were, and a number that two histories do not share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) version: i64,
    pub(crate) mark: i64,
}

/// Rows that changed, by key, as they are now.
pub(crate) type Delta = BTreeMap<Key, Entry>;

/// One changed row.
#[derive(Clone)]
pub(crate) struct Entry {
    /// Whose gallery it belongs to.
    pub(crate) tenant: TenantId,
    /// What it holds; `None` when it is gone.
    pub(crate) reference: Option<Template>,
}

/// All references as of one position.
#[derive(Clone)]
pub(crate) struct Mirror {
    position: Position,
    tier: Tier,
    /// Known once there is a reference.
    coder: Option<Coder>,
    indexes: HashMap<TenantId, Arc<Index>>,
    /// All tenants' together.
    rows: usize,
    /// The position of the snapshot under it; `None` when everything lies in memory.
    snapshot: Option<Position>,
    /// How many rows changed since then.
    changes: usize,
}

/// What makes a mirror of a later position of an earlier one.
struct Patch {
    position: Position,
    coder: Option<Coder>,
    indexes: Vec<(TenantId, Index)>,
    changes: usize,
}

impl Mirror {
    /// The mirror of a store without references.
    pub(crate) fn empty(position: Position, tier: Tier) -> Self {
        Self { position, tier, coder: None, indexes: HashMap::new(), rows: 0, snapshot: None, changes: 0 }
    }

    /// What a snapshot holds.
    pub(crate) fn of(snapshot: &Snapshot, coder: Coder) -> Self {
        let position = Position { version: snapshot.version(), mark: snapshot.mark() };
        let index = |(space, base)| (TenantId(space), Arc::new(Index::of(base)));
        let indexes: HashMap<_, _> = snapshot.spaces().map(index).collect();
        let rows = indexes.values().map(|index| index.len()).sum();
        let (tier, coder, snapshot) = (coder.tier(), Some(coder), Some(position));
        Self { position, tier, coder, indexes, rows, snapshot, changes: 0 }
    }

    /// The last change that is known here.
    pub(crate) fn position(&self) -> Position {
        self.position
    }

    /// How vectors are coded; `None` before the first.
    pub(crate) fn coder(&self) -> Option<&Coder> {
        self.coder.as_ref()
    }

    /// How many references there are, all tenants together.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The position of the snapshot under it; `None` when everything lies in memory.
    pub(crate) fn snapshot(&self) -> Option<Position> {
        self.snapshot
    }

    /// Every tenant's references, in order of the tenants.
    pub(crate) fn indexes(&self) -> Vec<(TenantId, &Index)> {
        let mut all: Vec<_> = self.indexes.iter().map(|(tenant, index)| (*tenant, index.as_ref())).collect();
        all.sort_unstable_by_key(|(tenant, _)| *tenant);
        all
    }

    /// Goes to a later position by all rows that changed since; `false` when it cannot, and has to be loaded anew.
    pub(crate) fn advance(&mut self, to: Position, changed: &Delta) -> bool {
        let known = |tenant| self.indexes.get(&tenant).cloned();
        let patch = Patch::new(self.tier, self.coder.clone(), to, changed, known);
        patch.map(|patch| self.take(patch)).is_some()
    }

    /// Answers with what was there before, which is to be dropped where nobody waits: what nobody else holds is wiped then.
    fn take(&mut self, patch: Patch) -> Vec<Arc<Index>> {
        self.position = patch.position;
        self.coder = patch.coder;
        self.changes += patch.changes;
        let mut before = Vec::with_capacity(patch.indexes.len());
        for (tenant, index) in patch.indexes {
            self.rows += index.len();
            before.extend(match index.len() {
                0 => self.indexes.remove(&tenant),
                _ => self.indexes.insert(tenant, Arc::new(index)),
            });
        }
        self.rows -= before.iter().map(|index| index.len()).sum::<usize>();
        before
    }

    #[cfg(test)]
    pub(crate) fn contents(&self) -> Vec<(TenantId, Key, Vec<u32>)> {
        let mut all = Vec::new();
        for (tenant, index) in self.indexes() {
            let mut push = |key, values: &[f32]| {
                all.push((tenant, key, values.iter().map(|value| value.to_bits()).collect()));
                Ok::<_, search::Damaged>(())
            };
            index.each(self.coder.as_ref().map_or(0, Coder::width), &mut push).expect("readable");
        }
        all
    }
}

impl Patch {
    /// The work of a change, which needs nobody to wait: `known` gives what a tenant has so far. `None` when the vectors
    /// have another length than those that are there.
    fn new(
        tier: Tier,
        coder: Option<Coder>,
        position: Position,
        changed: &Delta,
        known: impl Fn(TenantId) -> Option<Arc<Index>>,
    ) -> Option<Self> {
        let width = changed.values().find_map(|entry| Some(entry.reference.as_ref()?.values().len()));
        let coder = coder.or_else(|| width.map(|width| Coder::new(width, tier)));
        let Some(used) = &coder else {
            // Nothing was there and nothing comes.
            return Some(Self { position, coder, indexes: Vec::new(), changes: changed.len() });
        };
        let mut edits: BTreeMap<TenantId, Vec<Edit<'_>>> = BTreeMap::new();
        for (key, Entry { tenant, reference }) in changed {
            let values = reference.as_ref().map(Template::values);
            if values.is_some_and(|values| values.len() != used.width()) {
                return None;
            }
            edits.entry(*tenant).or_default().push((*key, values));
        }
        let edit = |(tenant, edits): (TenantId, Vec<_>)| {
            let index = known(tenant);
            (tenant, index.as_deref().unwrap_or(&Index::default()).edited(used, &edits))
        };
        let indexes = edits.into_iter().map(edit).collect();
        Some(Self { position, coder, indexes, changes: changed.len() })
    }
}
