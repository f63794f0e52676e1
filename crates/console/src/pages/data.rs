//! `/console/data`: everything of the organisation as one file, and its end.

mod export;

use accounts::{Act, Error};
use askama::Template;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use biometric::TenantId;
use zeroize::Zeroizing;

use crate::done::Done;
use crate::erasure::Erasure;
use crate::fault::Fault;
use crate::form::Form;
use crate::frame::{Frame, Section};
use crate::problems::Problems;
use crate::reply::{done, form_again, page};
use crate::visit::Signed;

#[derive(Template)]
#[template(path = "data.html")]
struct Page {
    frame: Frame,
    organisation: String,
    /// The operator's own organisation is the installation's: it cannot be erased.
    may_be_erased: bool,
    problems: Problems,
}

fn build(signed: &Signed, problems: Problems) -> Page {
    Page {
        frame: signed.frame("Data", Section::Data),
        organisation: signed.session().organisation.name.clone(),
        may_be_erased: signed.organisation() != TenantId::OPERATOR,
        problems,
    }
}

pub(crate) async fn show(signed: Signed) -> Result<Response, Fault> {
    page(&build(&signed, Problems::default()))
}

/// Streams the export: an organisation may have more than fits into memory.
pub(crate) async fn export(signed: Signed) -> Result<Response, Fault> {
    let (organisation, by, now) = (signed.organisation(), signed.actor(), signed.now);
    let note = move |parts: &crate::Parts| parts.accounts.note(organisation, &by, Act::DataExported, "", "", now);
    signed.console.blocking(note).await??;
    let mut response = Response::new(Body::from_stream(export::stream(signed.console.clone(), signed.scope(), now)));
    let name = format!("attachment; filename=\"auther-export-{}.json\"", crate::text::iso_day(&now));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::try_from(name).unwrap_or(HeaderValue::from_static("attachment")),
    );
    Ok(response)
}

pub(crate) async fn erase(signed: Signed, form: Form) -> Result<Response, Fault> {
    if form.trimmed("organisation") != signed.session().organisation.name {
        let problems = Problems::one("organisation", "This is not the name of your organisation.");
        return form_again(&build(&signed, problems));
    }
    let (organisation, user, by, now) = (signed.organisation(), signed.user().id, signed.actor(), signed.now);
    let password = Zeroizing::new(form.get("password").to_owned());
    let begun = signed.console.hashing(move |parts| {
        parts.accounts.check_password(organisation, user, &password, now)?;
        parts.accounts.begin_erasure(organisation, &by, now)
    });
    match begun.await? {
        Ok(()) => {
            spawn(&signed.console, organisation);
            Ok(done("/console/sign-in", Done::ErasureBegun))
        }
        Err(Error::WrongPassword) => {
            form_again(&build(&signed, Problems::one("password", "The password is not right.")))
        }
        Err(Error::Throttled { retry_after }) => Err(Fault::Throttled(retry_after)),
        Err(error) => Err(error.into()),
    }
}

/// Erases what is left, in the background; after a crash the program goes on with it when it starts.
pub(crate) fn spawn(console: &crate::app::Console, organisation: TenantId) {
    let erasure = Erasure::of(console);
    tokio::spawn(async move { erasure.finish_logged(organisation).await });
}
