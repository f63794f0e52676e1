//! `/console/second-factor`: the code, after the password.

use askama::Template;
use axum::response::Response;
use zeroize::Zeroizing;

use crate::fault::Fault;
use crate::form::Form;
use crate::frame::{Frame, Section};
use crate::next;
use crate::pages::sign_in::{refusal, with_session, with_wait};
use crate::problems::Problems;
use crate::reply::{page, page_with, see_other};
use crate::visit::Signed;

#[derive(Template)]
#[template(path = "second_factor.html")]
struct Page {
    frame: Frame,
    next: String,
    problems: Problems,
}

impl Page {
    fn of(signed: &Signed, wish: &str, problems: Problems) -> Self {
        let next = next::own(wish).unwrap_or_default().to_owned();
        Self { frame: signed.frame("One more step", Section::None), next, problems }
    }
}

pub(crate) async fn show(signed: Signed) -> Result<Response, Fault> {
    page(&Page::of(&signed, signed.query("next"), Problems::default()))
}

pub(crate) async fn act(signed: Signed, form: Form) -> Result<Response, Fault> {
    let code = Zeroizing::new(form.trimmed("code").to_owned());
    let (secret, now) = (signed.secret.clone().unwrap_or_default(), signed.now);
    let checked = signed.console.blocking(move |parts| parts.accounts.second_factor(&secret, &code, now)).await?;
    match checked {
        Ok((secret, _)) => with_session(&signed, see_other(next::own(form.get("next")).unwrap_or("/console")), &secret),
        Err(error) => {
            let (status, problems, wait) = refusal(error, "code", "This code is not right, or it has been used.")?;
            Ok(with_wait(page_with(status, &Page::of(&signed, form.get("next"), problems))?, wait))
        }
    }
}
