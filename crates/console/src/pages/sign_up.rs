//! `/console/sign-up`: an organisation and its first owner, where the operator lets everybody make one.

use accounts::{Email, Error, NewUser, Password};
use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use crate::done::Done;
use crate::fault::Fault;
use crate::form::Form;
use crate::frame::{Frame, Section};
use crate::problems::Problems;
use crate::reply::{done, form_again, page, page_with, see_other};
use crate::visit::Visit;
use crate::{Settings, SignUp, pages::sign_in};

#[derive(Template)]
#[template(path = "sign_up.html")]
struct Page {
    frame: Frame,
    organisation: String,
    email: String,
    name: String,
    problems: Problems,
}

/// Where not everybody may: whom to ask.
#[derive(Template)]
#[template(path = "sign_up_closed.html")]
struct ClosedPage {
    frame: Frame,
    by_invitation: bool,
    contact: Option<String>,
}

impl Page {
    fn of(visit: &Visit, form: &Form, problems: Problems) -> Self {
        let text = |name: &str| form.trimmed(name).to_owned();
        let frame = visit.frame("Create your organisation", Section::None);
        Self { frame, organisation: text("organisation"), email: text("email"), name: text("name"), problems }
    }
}

pub(crate) async fn show(visit: Visit) -> Result<Response, Fault> {
    match visit.console.settings().sign_up {
        _ if visit.full_session().is_some() => Ok(see_other("/console")),
        SignUp::Open => page(&Page::of(&visit, &Form::default(), Problems::default())),
        SignUp::Invitation | SignUp::Closed => closed(&visit, StatusCode::OK),
    }
}

pub(crate) async fn act(visit: Visit, form: Form) -> Result<Response, Fault> {
    match visit.console.settings().sign_up {
        SignUp::Open => (),
        SignUp::Invitation | SignUp::Closed => return closed(&visit, StatusCode::FORBIDDEN),
    }
    let mut problems = Problems::default();
    let organisation = form.trimmed("organisation").to_owned();
    if organisation.is_empty() {
        problems.add("organisation", "Give your organisation a name.");
    }
    let Some(user) = new_user(&form, &mut problems) else {
        return form_again(&Page::of(&visit, &form, problems));
    };
    let seen = visit.clone();
    let signed_up = visit.console.hashing(move |parts| {
        let plan = parts.settings.default_plan;
        let user = parts.accounts.sign_up(&organisation, user, plan, seen.address, seen.now)?;
        parts.accounts.start_session(user.id, seen.address, &seen.agent, seen.now)
    });
    match signed_up.await? {
        Ok((secret, _)) => sign_in::with_session(&visit, done("/console", Done::Welcome), &secret),
        Err(error) => {
            let problems = problem(error, &form)?;
            form_again(&Page::of(&visit, &form, problems))
        }
    }
}

fn closed(visit: &Visit, status: StatusCode) -> Result<Response, Fault> {
    let Settings { sign_up, contact, .. } = visit.console.settings();
    let frame = visit.frame("Accounts are made by the operator", Section::None);
    let page = ClosedPage { frame, by_invitation: *sign_up == SignUp::Invitation, contact: contact.clone() };
    page_with(status, &page)
}

/// The user that a form with the fields `email`, `name` and `password` describes; otherwise the complaints are there.
pub(crate) fn new_user(form: &Form, problems: &mut Problems) -> Option<NewUser> {
    let name = form.trimmed("name").to_owned();
    if name.is_empty() {
        problems.add("name", "Tell us your name.");
    }
    let email = problems.take("email", Email::parse(form.trimmed("email")));
    let personal = [name.as_str(), form.trimmed("email"), form.trimmed("organisation")];
    let password = problems.take("password", Password::parse(form.get("password"), &personal));
    match (email, password) {
        (Some(email), Some(password)) if problems.is_empty() => Some(NewUser { email, name, password }),
        (Some(_) | None, _) => None,
    }
}

/// What the accounts have against a new user of a form; what is no fault of the form is the fault's page.
pub(crate) fn problem(error: Error, form: &Form) -> Result<Problems, Fault> {
    let field = if let Error::Name { chars_max } = error {
        let organisation = form.trimmed("organisation");
        let is_bad = organisation.chars().count() > chars_max || organisation.contains(char::is_control);
        if is_bad { "organisation" } else { "name" }
    } else if matches!(error, Error::EmailTaken) {
        "email"
    } else if matches!(error, Error::PasswordElsewhere) {
        "password"
    } else {
        return Err(error.into());
    };
    Ok(Problems::one(field, error.to_string()))
}
