//! `/console/settings`: the organisation's own limits, where it is stricter than the installation.

use accounts::Error;
use askama::Template;
use axum::response::Response;
use engine::{Bound, Rules};

use crate::done::Done;
use crate::fault::Fault;
use crate::form::Form;
use crate::frame::{Frame, Section};
use crate::problems::Problems;
use crate::reply::{done, form_again, page};
use crate::visit::Signed;

#[derive(Template)]
#[template(path = "settings.html")]
struct Page {
    frame: Frame,
    matching: Vec<Row>,
    images: Vec<Row>,
    problems: Problems,
}

/// A rule on the page.
struct Row {
    name: &'static str,
    meaning: &'static str,
    unit: &'static str,
    bound: &'static str,
    installation: String,
    /// The organisation's own; empty where it has none.
    own: String,
}

pub(crate) async fn show(signed: Signed) -> Result<Response, Fault> {
    let organisation = signed.organisation();
    let own = signed.console.blocking(move |parts| parts.accounts.rules(organisation)).await??;
    let value = |name: &str| own.iter().find(|(n, _)| n == name).map_or(String::new(), |(_, value)| value.to_string());
    page(&build(&signed, value, Problems::default()))
}

fn build(signed: &Signed, own: impl Fn(&str) -> String, problems: Problems) -> Page {
    let installation = signed.console.operations.rules();
    let row = |rule: &engine::Rule| Row {
        name: rule.name,
        meaning: rule.meaning,
        unit: rule.unit,
        bound: match rule.bound {
            Bound::AtLeast => "at least",
            Bound::AtMost => "at most",
        },
        installation: installation.value(rule.name).map_or(String::new(), |value| value.to_string()),
        own: own(rule.name),
    };
    let (images, matching) =
        Rules::TABLE.iter().map(row).partition::<Vec<_>, _>(|row| row.name.starts_with("reference_"));
    Page { frame: signed.frame("Settings", Section::Settings), matching, images, problems }
}

pub(crate) async fn save(signed: Signed, form: Form) -> Result<Response, Fault> {
    let mut problems = Problems::default();
    let installation = signed.console.operations.rules();
    let mut own: Vec<(String, f64)> = Vec::new();
    for rule in Rules::TABLE {
        let text = form.trimmed(rule.name);
        if text.is_empty() {
            continue;
        }
        // A comma where others write a point is what half the world types.
        match text.replace(',', ".").parse::<f64>() {
            Ok(value) => match installation.stricter(&[(rule.name.to_owned(), value)]) {
                Ok(_) => own.push((rule.name.to_owned(), value)),
                Err(error) => problems.add(rule.name, says(&error)),
            },
            Err(_) => problems.add(rule.name, "This is no number."),
        }
    }
    if let (true, Err(error)) = (problems.is_empty(), installation.stricter(&own)) {
        let field = Rules::TABLE.iter().find(|rule| rule.name == error.name()).map_or("", |rule| rule.name);
        problems.add(field, says(&error));
    }
    if !problems.is_empty() {
        return form_again(&build(&signed, |name| form.trimmed(name).to_owned(), problems));
    }
    let (organisation, by, now) = (signed.organisation(), signed.actor(), signed.now);
    let saved = signed.console.blocking(move |parts| match parts.accounts.rules(organisation)? == own_sorted(&own) {
        true => Ok(()),
        false => parts.accounts.set_rules(organisation, &own, &by, now),
    });
    saved.await?.map_err(|error: Error| Fault::from(error))?;
    Ok(done("/console/settings", Done::SettingsSaved))
}

/// As the database gives them back.
fn own_sorted(own: &[(String, f64)]) -> Vec<(String, f64)> {
    let mut sorted = own.to_vec();
    sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
    sorted
}

fn says(error: &engine::RuleError) -> String {
    use engine::RuleError;
    match error {
        RuleError::Unknown { .. } => "There is no such limit.".to_owned(),
        RuleError::Number { .. } => "This is no number that it can have.".to_owned(),
        RuleError::Laxer { bound, which, .. } => match which {
            Bound::AtLeast => format!("The installation asks for at least {bound}; you may ask for more."),
            Bound::AtMost => format!("The installation allows at most {bound}; you may allow less."),
        },
        RuleError::Contradiction { .. } => "No image could meet this together with the other limits.".to_owned(),
    }
}
