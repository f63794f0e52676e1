//! The use cases as a trait: the seam at which the HTTP API and the back-office meet the engine, and tests put a fake.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use biometric::{Person, PersonId, Similarity};
use face::Examination;

use crate::{Engine, Error, ImageBytes, Rules, Scope};

/// What an operation returns; boxed, so that whoever calls is one type whatever does the work.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// The use cases, as [`Engine`] has them; their meaning and errors are described there.
#[expect(missing_docs, reason = "each is the method of Engine that has its name")]
pub trait Operations: Send + Sync {
    fn enrol<'a>(&'a self, scope: &'a Scope, id: PersonId, image: ImageBytes) -> Answer<'a, Person>;
    fn update<'a>(&'a self, scope: &'a Scope, id: PersonId, image: ImageBytes) -> Answer<'a, Person>;
    fn remove<'a>(&'a self, scope: &'a Scope, id: &'a PersonId) -> Answer<'a, ()>;
    fn get<'a>(&'a self, scope: &'a Scope, id: &'a PersonId) -> Answer<'a, Person>;
    fn list<'a>(&'a self, scope: &'a Scope, after: Option<&'a PersonId>, limit: usize) -> Answer<'a, Vec<Person>>;
    fn count<'a>(&'a self, scope: &'a Scope) -> Answer<'a, u64>;
    fn identify<'a>(&'a self, scope: &'a Scope, image: ImageBytes) -> Answer<'a, Person>;
    fn verify<'a>(&'a self, scope: &'a Scope, id: PersonId, image: ImageBytes) -> Answer<'a, Person>;
    fn compare<'a>(&'a self, scope: &'a Scope, source: ImageBytes, target: ImageBytes) -> Answer<'a, Similarity>;
    fn check<'a>(&'a self, scope: &'a Scope, image: ImageBytes) -> Answer<'a, Examination>;
    fn erase_collections<'a>(&'a self, scope: &'a Scope) -> Answer<'a, ()>;
    fn admits(&self) -> Result<(), Error>;
    fn ready(&self) -> Answer<'_, ()>;
    fn rules(&self) -> Arc<Rules>;
}

// `Engine::` in front of each name: were a method of the engine renamed, `self.enrol(..)` would call itself.
impl Operations for Engine {
    fn enrol<'a>(&'a self, scope: &'a Scope, id: PersonId, image: ImageBytes) -> Answer<'a, Person> {
        Box::pin(Engine::enrol(self, scope, id, image))
    }

    fn update<'a>(&'a self, scope: &'a Scope, id: PersonId, image: ImageBytes) -> Answer<'a, Person> {
        Box::pin(Engine::update(self, scope, id, image))
    }

    fn remove<'a>(&'a self, scope: &'a Scope, id: &'a PersonId) -> Answer<'a, ()> {
        Box::pin(Engine::remove(self, scope, id))
    }

    fn get<'a>(&'a self, scope: &'a Scope, id: &'a PersonId) -> Answer<'a, Person> {
        Box::pin(Engine::get(self, scope, id))
    }

    fn list<'a>(&'a self, scope: &'a Scope, after: Option<&'a PersonId>, limit: usize) -> Answer<'a, Vec<Person>> {
        Box::pin(Engine::list(self, scope, after, limit))
    }

    fn count<'a>(&'a self, scope: &'a Scope) -> Answer<'a, u64> {
        Box::pin(Engine::count(self, scope))
    }

    fn identify<'a>(&'a self, scope: &'a Scope, image: ImageBytes) -> Answer<'a, Person> {
        Box::pin(Engine::identify(self, scope, image))
    }

    fn verify<'a>(&'a self, scope: &'a Scope, id: PersonId, image: ImageBytes) -> Answer<'a, Person> {
        Box::pin(Engine::verify(self, scope, id, image))
    }

    fn compare<'a>(&'a self, scope: &'a Scope, source: ImageBytes, target: ImageBytes) -> Answer<'a, Similarity> {
        Box::pin(Engine::compare(self, scope, source, target))
    }

    fn check<'a>(&'a self, scope: &'a Scope, image: ImageBytes) -> Answer<'a, Examination> {
        Box::pin(Engine::check(self, scope, image))
    }

    fn erase_collections<'a>(&'a self, scope: &'a Scope) -> Answer<'a, ()> {
        Box::pin(Engine::erase_collections(self, scope))
    }

    fn admits(&self) -> Result<(), Error> {
        Engine::admits(self)
    }

    fn ready(&self) -> Answer<'_, ()> {
        Box::pin(Engine::ready(self))
    }

    fn rules(&self) -> Arc<Rules> {
        Engine::rules(self)
    }
}
