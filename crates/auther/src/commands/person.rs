//! `auther person`, `auther enrol`, `auther verify`: one person at a time.

use std::process::ExitCode;

use biometric::{Person, TenantId};
use engine::{Engine, Scope};
use serde::Serialize;

use super::no::{No, Subject, answered};
use crate::assembly::Assembly;
use crate::cli::{IdAndImage, Person as Command};
use crate::failure::Outcome;
use crate::output::{PersonShown, print};

/// The engine, and the operator's own organisation under the installation's rules: whose persons the command line sees.
fn own(assembly: &Assembly) -> Outcome<(Engine, Scope)> {
    let engine = assembly.engine()?;
    let scope = engine.scope(TenantId::OPERATOR);
    Ok((engine, scope))
}

pub(super) fn run(assembly: &Assembly, command: Command, json: bool) -> Outcome {
    match command {
        Command::Get { id } => {
            let id = super::person_id(&id)?;
            let (engine, scope) = own(assembly)?;
            let person = answered(super::wait(engine.get(&scope, &id))?)?;
            show(json, id.as_str(), person)
        }
        Command::List { after, limit } => {
            let after = after.as_deref().map(super::person_id).transpose()?;
            let (engine, scope) = own(assembly)?;
            let persons = super::wait(engine.list(&scope, after.as_ref(), limit as usize))?;
            let persons = persons.map_err(|error| super::refused(&error))?;
            let shown: Vec<_> = persons.iter().map(PersonShown::from).collect();
            print(json, &shown, |shown| shown.iter().map(line).collect::<Vec<_>>().join("\n"))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Update(IdAndImage { id, image }) => {
            let (person, image) = (super::person_id(&id)?, super::image(&image)?);
            let (engine, scope) = own(assembly)?;
            show(json, &id, answered(super::wait(engine.update(&scope, person, image))?)?)
        }
        Command::Remove { id } => {
            let id = super::person_id(&id)?;
            let (engine, scope) = own(assembly)?;
            if let Err(no) = answered(super::wait(engine.remove(&scope, &id))?)? {
                return no.tell(json, Subject::PersonId(id.as_str()));
            }
            print(json, &serde_json::json!({ "removed": id.as_str() }), |_| format!("{id} is forgotten"))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

pub(super) fn enrol(assembly: &Assembly, arguments: &IdAndImage, json: bool) -> Outcome {
    let (id, image) = (super::person_id(&arguments.id)?, super::image(&arguments.image)?);
    let (engine, scope) = own(assembly)?;
    show(json, &arguments.id, answered(super::wait(engine.enrol(&scope, id, image))?)?)
}

#[derive(Serialize)]
struct Verified {
    verified: bool,
}

pub(super) fn verify(assembly: &Assembly, arguments: &IdAndImage, json: bool) -> Outcome {
    let (id, image) = (super::person_id(&arguments.id)?, super::image(&arguments.image)?);
    let (engine, scope) = own(assembly)?;
    let verified = match answered(super::wait(engine.verify(&scope, id, image))?)? {
        Ok(_) => true,
        Err(No::NotMatched) => false,
        Err(no @ (No::NotFound | No::Refused(_))) => return no.tell(json, Subject::PersonId(&arguments.id)),
    };
    print(json, &Verified { verified }, |_| if verified { "verified".into() } else { "not verified".into() })?;
    Ok(super::answer(verified))
}

fn show(json: bool, id: &str, answer: Result<Person, No>) -> Outcome {
    match answer {
        Ok(person) => print(json, &PersonShown::from(&person), line)?,
        Err(no) => return no.tell(json, Subject::PersonId(id)),
    }
    Ok(ExitCode::SUCCESS)
}

fn line(person: &PersonShown) -> String {
    format!("{}  created {}  updated {}", person.person_id, person.created, person.updated)
}
