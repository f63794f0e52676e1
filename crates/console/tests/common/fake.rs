//! An engine without pixels: it remembers persons, whatever the image shows.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use biometric::{Person, PersonId, Similarity, TenantId, Timestamp};
use engine::{Answer, Error, ImageBytes, Operations, Rules, Scope};
use face::Examination;

/// The persons of each tenant, by id.
#[derive(Default)]
pub struct Fake {
    persons: Mutex<BTreeMap<(i64, String), Person>>,
    /// Whose collections were erased, each time.
    erased: Mutex<Vec<TenantId>>,
    /// What every operation fails with, if it does.
    failure: Mutex<Option<fn() -> Error>>,
}

impl Fake {
    /// Enrols somebody.
    pub fn put(&self, tenant: TenantId, id: &str, at: Timestamp) {
        let person = Person { id: PersonId::parse(id).expect("an id"), created: at, updated: at };
        self.persons.lock().expect("no panic").insert((tenant.0, id.to_owned()), person);
    }

    /// Lets everything fail from now on.
    pub fn fail(&self, with: fn() -> Error) {
        *self.failure.lock().expect("no panic") = Some(with);
    }

    /// Lets everything work again.
    pub fn heal(&self) {
        *self.failure.lock().expect("no panic") = None;
    }

    /// How many persons a tenant has.
    pub fn persons_of(&self, tenant: TenantId) -> usize {
        self.of(tenant).len()
    }

    /// Whose collections were erased, each time.
    pub fn erased(&self) -> Vec<TenantId> {
        self.erased.lock().expect("no panic").clone()
    }

    fn answer<T: Send + 'static>(&self, result: Result<T, Error>) -> Answer<'_, T> {
        let failure = *self.failure.lock().expect("no panic");
        let result = failure.map_or(result, |failure| Err(failure()));
        Box::pin(async move { result })
    }

    fn find(&self, scope: &Scope, id: &PersonId) -> Result<Person, Error> {
        let persons = self.persons.lock().expect("no panic");
        persons.get(&(scope.tenant.0, id.as_str().to_owned())).cloned().ok_or(Error::PersonNotFound)
    }

    fn of(&self, tenant: TenantId) -> Vec<Person> {
        let persons = self.persons.lock().expect("no panic");
        persons.iter().filter(|((owner, _), _)| *owner == tenant.0).map(|(_, person)| person.clone()).collect()
    }
}

impl Operations for Fake {
    fn enrol<'a>(&'a self, scope: &'a Scope, id: PersonId, _: ImageBytes) -> Answer<'a, Person> {
        self.put(scope.tenant, id.as_str(), Timestamp::from_millis(super::BEGIN));
        self.answer(self.find(scope, &id))
    }

    fn update<'a>(&'a self, scope: &'a Scope, id: PersonId, _: ImageBytes) -> Answer<'a, Person> {
        self.answer(self.find(scope, &id))
    }

    fn remove<'a>(&'a self, scope: &'a Scope, id: &'a PersonId) -> Answer<'a, ()> {
        let key = (scope.tenant.0, id.as_str().to_owned());
        let removed = self.persons.lock().expect("no panic").remove(&key);
        self.answer(removed.map(drop).ok_or(Error::PersonNotFound))
    }

    fn get<'a>(&'a self, scope: &'a Scope, id: &'a PersonId) -> Answer<'a, Person> {
        self.answer(self.find(scope, id))
    }

    fn list<'a>(&'a self, scope: &'a Scope, after: Option<&'a PersonId>, limit: usize) -> Answer<'a, Vec<Person>> {
        let mut persons = self.of(scope.tenant);
        persons.retain(|person| after.is_none_or(|after| person.id.as_str() > after.as_str()));
        persons.truncate(limit);
        self.answer(Ok(persons))
    }

    fn count<'a>(&'a self, scope: &'a Scope) -> Answer<'a, u64> {
        self.answer(Ok(self.of(scope.tenant).len() as u64))
    }

    fn identify<'a>(&'a self, scope: &'a Scope, _: ImageBytes) -> Answer<'a, Person> {
        self.answer(self.of(scope.tenant).into_iter().next().ok_or(Error::NoPersonMatched))
    }

    fn verify<'a>(&'a self, scope: &'a Scope, id: PersonId, _: ImageBytes) -> Answer<'a, Person> {
        self.answer(self.find(scope, &id))
    }

    fn compare<'a>(&'a self, _: &'a Scope, _: ImageBytes, _: ImageBytes) -> Answer<'a, Similarity> {
        self.answer(Ok(Similarity::VERIFY))
    }

    fn check<'a>(&'a self, _: &'a Scope, _: ImageBytes) -> Answer<'a, Examination> {
        self.answer(Ok(Examination { width: 640, height: 480, checks: Vec::new(), face: None }))
    }

    fn erase_collections<'a>(&'a self, scope: &'a Scope) -> Answer<'a, ()> {
        self.erased.lock().expect("no panic").push(scope.tenant);
        self.answer(Ok(()))
    }

    fn admits(&self) -> Result<(), Error> {
        Ok(())
    }

    fn ready(&self) -> Answer<'_, ()> {
        self.answer(Ok(()))
    }

    fn rules(&self) -> Arc<Rules> {
        Arc::default()
    }
}
