//! The second factor of a user: set up, confirmed, switched off; the recovery codes, shown once.

use accounts::{Error, RecoveryCode};
use askama::Template;
use axum::response::Response;
use zeroize::Zeroizing;

use crate::done::Done;
use crate::fault::Fault;
use crate::form::Form;
use crate::frame::{Frame, Section};
use crate::problems::Problems;
use crate::qr::{self, Picture};
use crate::reply::{done, form_again, page};
use crate::visit::Signed;

/// What authenticator apps show the entry as.
const ISSUER: &str = "Auther";

/// The secret, to be photographed or typed in, and the question for the first code.
#[derive(Template)]
#[template(path = "second_factor_begin.html")]
struct SetupPage {
    frame: Frame,
    picture: Picture,
    secret: Zeroizing<String>,
    /// The secret in groups of four, as people read.
    grouped: Zeroizing<String>,
    uri: Zeroizing<String>,
    problems: Problems,
}

/// The codes, this once.
#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct CodesPage {
    frame: Frame,
    codes: Vec<RecoveryCode>,
}

impl SetupPage {
    fn of(signed: &Signed, secret: &str, uri: &str, problems: Problems) -> Result<Self, Fault> {
        // Within the form again when the code was mistyped: what the app has been told must stay the same.
        let is_ours = secret.bytes().all(|b| b.is_ascii_alphanumeric()) && uri.starts_with("otpauth://totp/");
        let picture = qr::picture(uri).ok().filter(|_| is_ours).ok_or(Fault::Unreadable)?;
        let frame = signed.frame("Set up the second factor", Section::Profile);
        let (grouped, secret, uri) =
            (grouped(secret), Zeroizing::new(secret.to_owned()), Zeroizing::new(uri.to_owned()));
        Ok(Self { frame, picture, secret, grouped, uri, problems })
    }
}

fn grouped(secret: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(secret.len() * 5 / 4 + 1));
    for (i, character) in secret.chars().enumerate() {
        if i > 0 && i % 4 == 0 {
            text.push(' ');
        }
        text.push(character);
    }
    text
}

pub(crate) async fn begin(signed: Signed) -> Result<Response, Fault> {
    let user = signed.user().id;
    let setup = signed.console.blocking(move |parts| parts.accounts.begin_second_factor(user, ISSUER)).await??;
    page(&SetupPage::of(&signed, &setup.secret_base32, &setup.uri, Problems::default())?)
}

pub(crate) async fn confirm(signed: Signed, form: Form) -> Result<Response, Fault> {
    let (user, by, now) = (signed.user().id, signed.actor(), signed.now);
    let code = Zeroizing::new(form.trimmed("code").to_owned());
    let confirm = move |parts: &crate::Parts| parts.accounts.confirm_second_factor(user, &code, &by, now);
    match signed.console.blocking(confirm).await? {
        Ok(codes) => show_codes(&signed, codes),
        Err(Error::WrongCode) => {
            let problems = Problems::one("code", "This code is not right. Enter the one that the app shows now.");
            form_again(&SetupPage::of(&signed, form.get("secret"), form.get("uri"), problems)?)
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn remove(signed: Signed, form: Form) -> Result<Response, Fault> {
    let (user, by, now) = (signed.user().id, signed.actor(), signed.now);
    let code = Zeroizing::new(form.trimmed("remove-code").to_owned());
    let remove = move |parts: &crate::Parts| parts.accounts.remove_second_factor(user, &code, &by, now);
    match signed.console.blocking(remove).await? {
        Ok(()) => Ok(done(super::HERE, Done::SecondFactorRemoved)),
        Err(Error::WrongCode) => wrong(&signed, "remove-code").await,
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn renew_codes(signed: Signed, form: Form) -> Result<Response, Fault> {
    let (user, by, now) = (signed.user().id, signed.actor(), signed.now);
    let code = Zeroizing::new(form.trimmed("renew-code").to_owned());
    let renew = move |parts: &crate::Parts| parts.accounts.renew_recovery_codes(user, &code, &by, now);
    match signed.console.blocking(renew).await? {
        Ok(codes) => show_codes(&signed, codes),
        Err(Error::WrongCode) => wrong(&signed, "renew-code").await,
        Err(error) => Err(error.into()),
    }
}

async fn wrong(signed: &Signed, field: &'static str) -> Result<Response, Fault> {
    let problems = Problems::one(field, "This code is not right, or it has been used.");
    form_again(&super::build(signed, problems).await?)
}

fn show_codes(signed: &Signed, codes: Vec<RecoveryCode>) -> Result<Response, Fault> {
    page(&CodesPage { frame: signed.frame("Your recovery codes", Section::Profile), codes })
}
