//! What this crate needs of the engine: the seam at which tests put a fake.

use std::future::Future;
use std::pin::Pin;

use biometric::{Person, PersonId, Similarity, TenantId};
use engine::{Engine, Error, ImageBytes};
use face::Examination;

/// What an operation returns; boxed, so that the router is one type whatever does the work.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// The use cases behind the calls, as [`Engine`] has them; their meaning and errors are described there.
#[expect(missing_docs, reason = "each is the method of Engine that has its name")]
pub trait Operations: Send + Sync {
    fn enrol(&self, tenant: TenantId, id: PersonId, image: ImageBytes) -> Answer<'_, Person>;
    fn update(&self, tenant: TenantId, id: PersonId, image: ImageBytes) -> Answer<'_, Person>;
    fn remove<'a>(&'a self, tenant: TenantId, id: &'a PersonId) -> Answer<'a, ()>;
    fn get<'a>(&'a self, tenant: TenantId, id: &'a PersonId) -> Answer<'a, Person>;
    fn identify(&self, tenant: TenantId, image: ImageBytes) -> Answer<'_, Person>;
    fn verify(&self, tenant: TenantId, id: PersonId, image: ImageBytes) -> Answer<'_, Person>;
    fn compare(&self, source: ImageBytes, target: ImageBytes) -> Answer<'_, Similarity>;
    fn check(&self, image: ImageBytes) -> Answer<'_, Examination>;
    fn ready(&self) -> Answer<'_, ()>;
}

// `Engine::` in front of each name: were a method of the engine renamed, `self.enrol(..)` would call itself.
impl Operations for Engine {
    fn enrol(&self, tenant: TenantId, id: PersonId, image: ImageBytes) -> Answer<'_, Person> {
        Box::pin(Engine::enrol(self, tenant, id, image))
    }

    fn update(&self, tenant: TenantId, id: PersonId, image: ImageBytes) -> Answer<'_, Person> {
        Box::pin(Engine::update(self, tenant, id, image))
    }

    fn remove<'a>(&'a self, tenant: TenantId, id: &'a PersonId) -> Answer<'a, ()> {
        Box::pin(Engine::remove(self, tenant, id))
    }

    fn get<'a>(&'a self, tenant: TenantId, id: &'a PersonId) -> Answer<'a, Person> {
        Box::pin(Engine::get(self, tenant, id))
    }

    fn identify(&self, tenant: TenantId, image: ImageBytes) -> Answer<'_, Person> {
        Box::pin(Engine::identify(self, tenant, image))
    }

    fn verify(&self, tenant: TenantId, id: PersonId, image: ImageBytes) -> Answer<'_, Person> {
        Box::pin(Engine::verify(self, tenant, id, image))
    }

    fn compare(&self, source: ImageBytes, target: ImageBytes) -> Answer<'_, Similarity> {
        Box::pin(Engine::compare(self, source, target))
    }

    fn check(&self, image: ImageBytes) -> Answer<'_, Examination> {
        Box::pin(Engine::check(self, image))
    }

    fn ready(&self) -> Answer<'_, ()> {
        Box::pin(Engine::ready(self))
    }
}
