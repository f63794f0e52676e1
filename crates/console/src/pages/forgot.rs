//! `/console/forgot`: a link for a new password, by mail; without mail, whom to ask for one.
//!
//! The answer is the same for every address, known or not, and so is the time it takes: the work is done after it.

use accounts::{Accounts, Actor, Email, Purpose};
use askama::Template;
use axum::response::Response;

use crate::app::Console;
use crate::fault::Fault;
use crate::form::Form;
use crate::frame::{Frame, Section};
use crate::problems::Problems;
use crate::reply::{form_again, page};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "forgot.html")]
struct Page {
    frame: Frame,
    email: String,
    by_mail: bool,
    is_sent: bool,
    contact: Option<String>,
    problems: Problems,
}

impl Page {
    fn of(visit: &Visit, email: &str, problems: Problems) -> Self {
        let by_mail = visit.console.mailer.is_some();
        let contact = visit.console.settings().contact.clone();
        let frame = visit.frame("Forgotten your password?", Section::None);
        Self { frame, email: email.to_owned(), by_mail, is_sent: false, contact, problems }
    }
}

pub(crate) async fn show(visit: Visit) -> Result<Response, Fault> {
    page(&Page::of(&visit, "", Problems::default()))
}

pub(crate) async fn act(visit: Visit, form: Form) -> Result<Response, Fault> {
    let typed = form.trimmed("email");
    let email = match Email::parse(typed) {
        Ok(email) => email,
        Err(error) => return form_again(&Page::of(&visit, typed, Problems::one("email", error.to_string()))),
    };
    let sent = Page { is_sent: true, ..Page::of(&visit, typed, Problems::default()) };
    if visit.console.mailer.is_some() {
        let (console, seen) = (visit.console.clone(), visit.clone());
        // Not waited for: how long it takes would tell whether the address has an account.
        drop(tokio::task::spawn_blocking(move || send_links(&console, &email, &seen)));
    }
    page(&sent)
}

fn send_links(console: &Console, email: &Email, seen: &Visit) {
    let Some(mailer) = &console.mailer else { return };
    let sent = texts(&console.accounts, &console.settings().public_url, email, seen).map(|texts| {
        texts.iter().try_for_each(|text| mailer.send(email, "A new password for your Auther account", text))
    });
    match sent {
        Ok(Ok(())) => (),
        Ok(Err(error)) => tracing::warn!(error, "a mail with a link for a new password was not sent"),
        Err(error) => tracing::warn!(%error, "no link for a new password was made"),
    }
}

/// A mail for each account that the address has, one in each organisation.
fn texts(
    accounts: &Accounts,
    public_url: &str,
    email: &Email,
    seen: &Visit,
) -> Result<Vec<zeroize::Zeroizing<String>>, accounts::Error> {
    let mut texts = Vec::new();
    for user in accounts.accounts_of(email)?.into_iter().filter(|user| user.disabled.is_none()) {
        let organisation = accounts.organisation(user.organisation)?.name;
        let purpose = Purpose::ResetPassword { user: user.id, organisation: user.organisation };
        let by = Actor { address: seen.address, ..Actor::system() };
        let (_, secret) = accounts.create_link(purpose, &by, seen.now)?;
        texts.push(zeroize::Zeroizing::new(format!(
            "Hello {name},\n\n\
             somebody, hopefully you, asked for a new password for your account with {organisation}.\n\
             With this link you choose one. It works once, within an hour:\n\n\
             {public_url}/console/link/{secret}\n\n\
             If it was not you, do nothing: your password stays as it is.\n",
            name = user.name,
            secret = secret.reveal(),
        )));
    }
    Ok(texts)
}
