//! `auther person`, `auther enrol`, `auther verify`: one person at a time.

use std::process::ExitCode;

use serde::Serialize;

use super::faces::{Faces, own};
use super::no::{No, Subject};
use crate::assembly::Assembly;
use crate::cli::{IdAndImage, Person as Command};
use crate::failure::Outcome;
use crate::output::{PersonShown, print};

pub(super) fn run(faces: &Faces, command: Command, json: bool) -> Outcome {
    match command {
        Command::Get { id } => {
            let id = super::person_id(&id)?;
            show(json, id.as_str(), faces.get(&id)?)
        }
        Command::List { after, limit } => list(faces.here()?, after.as_deref(), limit, json),
        Command::Update(IdAndImage { id, image }) => {
            let person = super::person_id(&id)?;
            show(json, &id, faces.update(&person, &image)?)
        }
        Command::Remove { id } => {
            let id = super::person_id(&id)?;
            if let Err(no) = faces.remove(&id)? {
                return no.tell(json, Subject::PersonId(id.as_str()));
            }
            print(json, &serde_json::json!({ "removed": id.as_str() }), |_| format!("{id} is forgotten"))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

pub(super) fn enrol(faces: &Faces, arguments: &IdAndImage, json: bool) -> Outcome {
    let id = super::person_id(&arguments.id)?;
    show(json, &arguments.id, faces.enrol(&id, &arguments.image)?)
}

#[derive(Serialize)]
struct Verified {
    verified: bool,
}

pub(super) fn verify(faces: &Faces, arguments: &IdAndImage, json: bool) -> Outcome {
    let id = super::person_id(&arguments.id)?;
    let verified = match faces.verify(&id, &arguments.image)? {
        Ok(_) => true,
        Err(No::NotMatched) => false,
        Err(no @ (No::NotFound | No::Refused(_))) => return no.tell(json, Subject::PersonId(&arguments.id)),
    };
    print(json, &Verified { verified }, |_| if verified { "verified".into() } else { "not verified".into() })?;
    Ok(super::answer(verified))
}

fn list(assembly: &Assembly, after: Option<&str>, limit: u32, json: bool) -> Outcome {
    let after = after.map(super::person_id).transpose()?;
    let (engine, scope) = own(assembly)?;
    let persons = super::wait(engine.list(&scope, after.as_ref(), limit as usize))?;
    let persons = persons.map_err(|error| super::refused(&error))?;
    let shown: Vec<_> = persons.iter().map(PersonShown::from).collect();
    print(json, &shown, |shown| shown.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn show(json: bool, id: &str, answer: Result<PersonShown, No>) -> Outcome {
    match answer {
        Ok(person) => print(json, &person, line)?,
        Err(no) => return no.tell(json, Subject::PersonId(id)),
    }
    Ok(ExitCode::SUCCESS)
}

fn line(person: &PersonShown) -> String {
    format!("{}  created {}  updated {}", person.person_id, person.created, person.updated)
}
