//! What a gallery is: the one trait that every store implements.

use std::future::Future;
use std::num::NonZeroUsize;
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

    /// For every query the `count` nearest references by score, best first, ties by person id; exact. The answers stand in
    /// the order of the queries.
    ///
    /// All queries share one pass over the tenant's references, as they are at one moment. What one query finds does not
    /// depend on which others are beside it. Scores are the bits that [`Template::compare`] returns.
    ///
    /// The pass happens on the thread that polls the answer, and on up to `threads` - 1 others: so many cores it may use,
    /// and uses fewer where there is little to do.
    ///
    /// # Errors
    /// [`Error::ModelMismatch`] when a probe is of another model than the gallery: none of the queries is answered then.
    fn search<'a>(
        &'a self,
        tenant: TenantId,
        queries: &'a [Query<'a>],
        threads: NonZeroUsize,
    ) -> Answer<'a, Vec<Vec<Candidate>>>;

    /// Pairs of persons whose references have a score of `at` or more, best first, at most `count` of them: who may be
    /// enrolled twice. Of a pair the person with the lesser id comes first; ties by the first person's id, then by the
    /// second's; exact, of the references as they are at one moment.
    ///
    /// Every reference is compared with all others, which is the work of as many searches as there are persons, on the thread
    /// that polls the answer and perhaps on others. `progress` is told now and then, and once at the end, how many references
    /// were compared with all others, and of how many.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    fn duplicates<'a>(
        &'a self,
        tenant: TenantId,
        at: Score,
        count: usize,
        progress: &'a (dyn Fn(u64, u64) + Sync),
    ) -> Answer<'a, Vec<Pair>>;

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

/// What is searched for.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// The template whose nearest references are wanted.
    pub probe: &'a Template,
    /// How many of them at most.
    pub count: usize,
}

/// Two persons, and the comparison score of their references.
pub type Pair = (Person, Person, Score);

/// A reference that the search found near the probe.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Whose reference it is, with the times that an answer shows.
    pub person: Person,
    /// Comparison score of probe and reference.
    pub score: Score,
}
