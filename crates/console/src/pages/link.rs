//! `/console/link/{secret}`: what a one-time link is good for: the first operator, a new organisation, a place in a
//! team, a new password.

use accounts::{Email, Error, Link, Password, Purpose, User};
use askama::Template;
use axum::extract::RawPathParams;
use axum::http::StatusCode;
use axum::response::Response;
use zeroize::Zeroizing;

use crate::done::Done;
use crate::fault::Fault;
use crate::form::Form;
use crate::frame::{Frame, Section};
use crate::pages::{sign_in, sign_up};
use crate::problems::Problems;
use crate::reply::{done, form_again, page, page_with};
use crate::visit::Visit;

/// What the page asks for, which depends on what the link is for.
#[derive(Template)]
#[template(path = "link.html")]
struct Page {
    frame: Frame,
    lead: String,
    /// Asks for the name of an organisation.
    founds: bool,
    /// Asks for name and address; otherwise for a password only.
    joins: bool,
    organisation: String,
    name: String,
    email: String,
    /// The link is for this address and no other.
    email_is_given: bool,
    button: &'static str,
    problems: Problems,
}

/// The link is used, expired, withdrawn, or never was one.
#[derive(Template)]
#[template(path = "link_invalid.html")]
struct InvalidPage {
    frame: Frame,
}

/// A link that works, and whom it is about.
struct Followed {
    link: Link,
    /// The name of the organisation, if there is one yet.
    organisation: String,
    /// Whose password is replaced.
    user: Option<User>,
}

pub(crate) async fn show(visit: Visit, params: RawPathParams) -> Result<Response, Fault> {
    match find(&visit, &secret(&params)).await? {
        Some(followed) => page(&followed.page(&visit, &Form::default(), Problems::default())),
        None => invalid(&visit),
    }
}

pub(crate) async fn act(visit: Visit, params: RawPathParams, form: Form) -> Result<Response, Fault> {
    let secret = secret(&params);
    let Some(followed) = find(&visit, &secret).await? else { return invalid(&visit) };
    let result = match &followed.user {
        Some(user) => reset(&visit, secret, user, &form).await?,
        None => follow(&visit, secret, &followed.link, &form).await?,
    };
    match result {
        Ok(response) => Ok(response),
        Err(problems) => form_again(&followed.page(&visit, &form, problems)),
    }
}

/// The secret in the path.
fn secret(params: &RawPathParams) -> Zeroizing<String> {
    Zeroizing::new(params.iter().next().map_or("", |(_, secret)| secret).to_owned())
}

async fn find(visit: &Visit, secret: &Zeroizing<String>) -> Result<Option<Followed>, Fault> {
    let (secret, now) = (secret.clone(), visit.now);
    let found = visit.console.blocking(move |parts| {
        let link = parts.accounts.link(&secret, now)?;
        let name = |organisation| Ok::<_, Error>(parts.accounts.organisation(organisation)?.name);
        let (organisation, user) = match &link.purpose {
            Purpose::Operator | Purpose::Found { .. } => (String::new(), None),
            Purpose::Join { organisation, .. } => (name(*organisation)?, None),
            Purpose::ResetPassword { user, organisation } => {
                (name(*organisation)?, Some(parts.accounts.user(*organisation, *user)?))
            }
        };
        Ok(Followed { link, organisation, user })
    });
    match found.await? {
        Ok(found) => Ok(Some(found)),
        Err(Error::LinkInvalid | Error::NoSuchOrganisation | Error::NoSuchUser) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn invalid(visit: &Visit) -> Result<Response, Fault> {
    page_with(
        StatusCode::NOT_FOUND,
        &InvalidPage { frame: visit.frame("This link does not work any more", Section::None) },
    )
}

impl Followed {
    /// The form for what the link is good for.
    fn page(&self, visit: &Visit, form: &Form, problems: Problems) -> Page {
        let Self { link, organisation, .. } = self;
        let (title, lead, button, given) = match &link.purpose {
            Purpose::Operator => (
                "Set up this installation".to_owned(),
                "You become its operator: you make organisations, choose their plans and see how the service is doing."
                    .to_owned(),
                "Become the operator",
                None,
            ),
            Purpose::Found { .. } => (
                "Create your organisation".to_owned(),
                "You were invited to use this service. Give your organisation a name; you become its first owner."
                    .to_owned(),
                "Create organisation",
                None,
            ),
            Purpose::Join { role, email, .. } => (
                format!("Join {organisation}"),
                format!("You were invited to work with {organisation} as {}.", role.word()),
                "Join",
                email.as_ref(),
            ),
            Purpose::ResetPassword { .. } => (
                "Choose a new password".to_owned(),
                format!(
                    "For your account with {organisation}. Wherever you are signed in, you will have to sign in again."
                ),
                "Change password",
                None,
            ),
        };
        let text = |name: &str| form.trimmed(name).to_owned();
        Page {
            frame: visit.frame(title, Section::None),
            lead,
            founds: matches!(link.purpose, Purpose::Found { .. }),
            joins: !matches!(link.purpose, Purpose::ResetPassword { .. }),
            organisation: text("organisation"),
            name: text("name"),
            email: given.map_or_else(|| text("email"), Email::to_string),
            email_is_given: given.is_some(),
            button,
            problems,
        }
    }
}

async fn reset(
    visit: &Visit,
    secret: Zeroizing<String>,
    user: &User,
    form: &Form,
) -> Result<Result<Response, Problems>, Fault> {
    let mut problems = Problems::default();
    let Some(password) =
        problems.take("password", Password::parse(form.get("password"), &[&user.name, user.email.as_str()]))
    else {
        return Ok(Err(problems));
    };
    let (address, now) = (visit.address, visit.now);
    let reset =
        visit.console.hashing(move |parts| parts.accounts.reset_password(&secret, password, address, now)).await?;
    match reset {
        Ok(_) => Ok(Ok(done("/console/sign-in", Done::PasswordReset))),
        Err(Error::LinkInvalid) => invalid(visit).map(Ok),
        Err(error) => sign_up::problem(error, form).map(Err),
    }
}

async fn follow(
    visit: &Visit,
    secret: Zeroizing<String>,
    link: &Link,
    form: &Form,
) -> Result<Result<Response, Problems>, Fault> {
    let mut problems = Problems::default();
    let founds = matches!(link.purpose, Purpose::Found { .. });
    let organisation = founds.then(|| form.trimmed("organisation").to_owned());
    if organisation.as_deref() == Some("") {
        problems.add("organisation", "Give your organisation a name.");
    }
    let Some(mut user) = sign_up::new_user(form, &mut problems) else { return Ok(Err(problems)) };
    if let Purpose::Join { email: Some(email), .. } = &link.purpose {
        // The field is shown read-only; what counts is the invitation.
        user.email = email.clone();
    }
    let seen = visit.clone();
    let followed = visit.console.hashing(move |parts| {
        let user = parts.accounts.follow_link(&secret, user, organisation.as_deref(), seen.address, seen.now)?;
        if let Some(before) = &seen.session {
            parts.accounts.sign_out(before.id, seen.now)?;
        }
        parts.accounts.start_session(user.id, seen.address, &seen.agent, seen.now)
    });
    let what = if matches!(link.purpose, Purpose::Join { .. }) { Done::Joined } else { Done::Welcome };
    match followed.await? {
        Ok((secret, _)) => sign_in::with_session(visit, done("/console", what), &secret).map(Ok),
        Err(Error::LinkInvalid) => invalid(visit).map(Ok),
        Err(error) => sign_up::problem(error, form).map(Err),
    }
}
