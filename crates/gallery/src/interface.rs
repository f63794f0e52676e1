//! What a gallery is: the one trait that every store implements.

use std::future::Future;
use std::pin::Pin;

use biometric::{ModelId, Person, PersonId, Score, Template, TenantId, Timestamp};

use crate::Error;

/// What a gallery operation returns: boxed, so that the engine can hold whichever store the settings name.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// One way to keep references, and to find the nearest of them.
///
/// There are no default methods on purpose: a store cannot skip a duty. What each duty means, in failure and under
/// concurrency too, is written down as the contract suite, which runs against every implementation.
pub trait Gallery: Send + Sync {
    /// Enrols a person under a new id. The search for a duplicate and the insertion are one decision: of two
    /// simultaneous enrolments of one face under two ids, one is refused. Durable when it returns `Ok`.
    ///
    /// `duplicate_at`: a reference of another person with this score or more is the same face. `persons_max`: so many
    /// persons the tenant may have enrolled; part of the same decision.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the id is taken, the face is enrolled already, or both; otherwise [`Error::Full`] when the
    /// tenant has as many persons as it may. Nothing is written then.
    fn enrol<'a>(
        &'a self,
        tenant: TenantId,
        person: PersonId,
        reference: Template,
        duplicate_at: Score,
        now: Timestamp,
        persons_max: Option<u64>,
    ) -> Answer<'a, Person>;

    /// Replaces a person's reference; the person is never compared with their own old reference.
    ///
    /// # Errors
    /// [`Error::NotFound`], or [`Error::Conflict`] (duplicate) when the face is enrolled under another id.
    fn update<'a>(
        &'a self,
        tenant: TenantId,
        person: PersonId,
        reference: Template,
        duplicate_at: Score,
        now: Timestamp,
    ) -> Answer<'a, Person>;

    /// Forgets a person: the id, the times and the reference.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    fn remove<'a>(&'a self, tenant: TenantId, person: &'a PersonId) -> Answer<'a, ()>;

    /// What is known of a person.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    fn get<'a>(&'a self, tenant: TenantId, person: &'a PersonId) -> Answer<'a, Person>;

    /// A person with their reference, for verification.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    fn reference<'a>(&'a self, tenant: TenantId, person: &'a PersonId) -> Answer<'a, (Person, Template)>;

    /// The `count` nearest references by score, best first, ties by person id; exact.
    ///
    /// Scores are the bits that [`Template::compare`] returns. The scan happens on the thread that polls the answer:
    /// one core, at the speed of memory.
    ///
    /// # Errors
    /// [`Error::ModelMismatch`] when the probe is of another model than the gallery.
    fn search<'a>(&'a self, tenant: TenantId, probe: &'a Template, count: usize) -> Answer<'a, Vec<Candidate>>;

    /// Persons in order of their ids, from the first after `after`, at most `limit`.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    fn list<'a>(&'a self, tenant: TenantId, after: Option<&'a PersonId>, limit: usize) -> Answer<'a, Vec<Person>>;

    /// How many persons are enrolled.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    fn count<'a>(&'a self, tenant: TenantId) -> Answer<'a, u64>;

    /// The model whose templates this gallery holds.
    fn model(&self) -> &ModelId;
}

/// A reference that the search found near the probe.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Whose reference it is, with the times that an answer shows.
    pub person: Person,
    /// Comparison score of probe and reference.
    pub score: Score,
}
