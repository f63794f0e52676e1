//! `/console/persons`: who is enrolled: searched by id, looked at, removed.

use accounts::Act;
use askama::Template;
use axum::extract::RawPathParams;
use axum::response::Response;
use biometric::{Person, PersonId};

use crate::done::Done;
use crate::fault::Fault;
use crate::frame::{Frame, Section};
use crate::problems::Problems;
use crate::reply::{done, page};
use crate::visit::Signed;

/// How many persons a page shows.
const PAGE: usize = 25;

#[derive(Template)]
#[template(path = "persons.html")]
struct Page {
    frame: Frame,
    total: u64,
    search: String,
    persons: Vec<Person>,
    /// Where the list goes on; empty at its end.
    older: String,
    newer: String,
    problems: Problems,
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    frame: Frame,
    person: Person,
}

#[derive(Template)]
#[template(path = "person_remove.html")]
struct RemovePage {
    frame: Frame,
    person: Person,
}

pub(crate) async fn show(signed: Signed) -> Result<Response, Fault> {
    let (scope, search) = (signed.scope(), signed.query("q").to_owned());
    let mut problems = Problems::default();
    let wanted = match search.is_empty() {
        true => None,
        false => problems.take("q", PersonId::parse(&search)),
    };
    let after = PersonId::parse(signed.query("after")).ok();
    let mut persons = match (&wanted, search.is_empty()) {
        (None, true) => signed.console.operations.list(&scope, after.as_ref(), PAGE + 1).await?,
        (None, false) => Vec::new(),
        (Some(wanted), _) => beginning_with(&signed, wanted, after.as_ref()).await?,
    };
    let goes_on = persons.len() > PAGE;
    persons.truncate(PAGE);
    let address = |after: Option<&Person>| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !search.is_empty() {
            query.append_pair("q", &search);
        }
        if let Some(after) = after {
            query.append_pair("after", after.id.as_str());
        }
        format!("/console/persons?{}", query.finish())
    };
    page(&Page {
        frame: signed.frame("Persons", Section::Persons),
        total: signed.console.operations.count(&scope).await?,
        older: if goes_on { address(persons.last()) } else { String::new() },
        newer: if after.is_some() { address(None) } else { String::new() },
        search,
        persons,
        problems,
    })
}

/// The person of this id, and those whose ids begin with it; ids that begin alike stand together in the list.
async fn beginning_with(signed: &Signed, wanted: &PersonId, after: Option<&PersonId>) -> Result<Vec<Person>, Fault> {
    let (scope, operations) = (signed.scope(), &signed.console.operations);
    let exact = match after {
        None => found(operations.get(&scope, wanted).await)?,
        Some(_) => None,
    };
    let others = operations.list(&scope, Some(after.unwrap_or(wanted)), PAGE + 1).await?;
    let is_wanted = |person: &Person| person.id.as_str().starts_with(wanted.as_str());
    Ok(exact.into_iter().chain(others.into_iter().take_while(is_wanted)).collect())
}

fn found(answer: Result<Person, engine::Error>) -> Result<Option<Person>, Fault> {
    match answer {
        Ok(person) => Ok(Some(person)),
        Err(engine::Error::PersonNotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn show_one(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    let person = find(&signed, &params).await?;
    page(&PersonPage { frame: signed.frame(person.id.as_str(), Section::Persons), person })
}

pub(crate) async fn ask_remove(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    let person = find(&signed, &params).await?;
    page(&RemovePage { frame: signed.frame("Remove a person", Section::Persons), person })
}

pub(crate) async fn remove(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    let person = find(&signed, &params).await?;
    match signed.console.operations.remove(&signed.scope(), &person.id).await {
        Ok(()) => (),
        Err(engine::Error::PersonNotFound) => return Err(Fault::NotFound),
        Err(error) => return Err(error.into()),
    }
    let (organisation, by, now) = (signed.organisation(), signed.actor(), signed.now);
    // The organisation's own log may name whom it removed; it is erased with the organisation.
    let note = move |parts: &crate::Parts| {
        parts.accounts.note(organisation, &by, Act::PersonRemoved, person.id.as_str(), "", now)
    };
    signed.console.blocking(note).await??;
    Ok(done("/console/persons", Done::PersonRemoved))
}

/// The person of the path, if enrolled in the organisation's gallery.
async fn find(signed: &Signed, params: &RawPathParams) -> Result<Person, Fault> {
    let id = params.iter().next().map_or("", |(_, id)| id);
    let id = PersonId::parse(id).map_err(|_| Fault::NotFound)?;
    found(signed.console.operations.get(&signed.scope(), &id).await)?.ok_or(Fault::NotFound)
}
