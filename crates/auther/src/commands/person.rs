//! `auther person`, `auther enrol`, `auther verify`: one person at a time.

use std::process::ExitCode;

use biometric::{Person, TenantId};
use serde::Serialize;

use crate::assembly::Assembly;
use crate::cli::{IdAndImage, Person as Command};
use crate::failure::Outcome;
use crate::output::{PersonShown, print};

const TENANT: TenantId = TenantId::OPERATOR;

pub(super) fn run(assembly: &Assembly, command: Command, json: bool) -> Outcome {
    match command {
        Command::Get { id } => {
            let id = super::person_id(&id)?;
            let person = super::wait(assembly.engine()?.get(TENANT, &id))?.map_err(|error| super::refused(&error))?;
            show(json, &person)?;
        }
        Command::List { after, limit } => {
            let after = after.as_deref().map(super::person_id).transpose()?;
            let persons = super::wait(assembly.engine()?.list(TENANT, after.as_ref(), limit))?;
            let persons = persons.map_err(|error| super::refused(&error))?;
            let shown: Vec<_> = persons.iter().map(PersonShown::from).collect();
            print(json, &shown, |shown| shown.iter().map(line).collect::<Vec<_>>().join("\n"))?;
        }
        Command::Update(IdAndImage { id, image }) => {
            let (id, image) = (super::person_id(&id)?, super::image(&image)?);
            let updated = super::wait(assembly.engine()?.update(TENANT, id, image))?;
            show(json, &updated.map_err(|error| super::refused(&error))?)?;
        }
        Command::Remove { id } => {
            let id = super::person_id(&id)?;
            super::wait(assembly.engine()?.remove(TENANT, &id))?.map_err(|error| super::refused(&error))?;
            print(json, &serde_json::json!({ "removed": id.as_str() }), |_| format!("{id} is forgotten"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn enrol(assembly: &Assembly, arguments: &IdAndImage, json: bool) -> Outcome {
    let (id, image) = (super::person_id(&arguments.id)?, super::image(&arguments.image)?);
    let enrolled = super::wait(assembly.engine()?.enrol(TENANT, id, image))?;
    show(json, &enrolled.map_err(|error| super::refused(&error))?)?;
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct Verified {
    verified: bool,
}

pub(super) fn verify(assembly: &Assembly, arguments: &IdAndImage, json: bool) -> Outcome {
    let (id, image) = (super::person_id(&arguments.id)?, super::image(&arguments.image)?);
    let verified = match super::wait(assembly.engine()?.verify(TENANT, id, image))? {
        Ok(_) => true,
        Err(engine::Error::FaceNotMatched) => false,
        Err(error) => return Err(super::refused(&error)),
    };
    print(json, &Verified { verified }, |_| if verified { "verified".into() } else { "not verified".into() })?;
    Ok(super::answer(verified))
}

fn show(json: bool, person: &Person) -> Outcome<()> {
    print(json, &PersonShown::from(person), line)
}

fn line(person: &PersonShown) -> String {
    format!("{}  created {}  updated {}", person.person_id, person.created, person.updated)
}
