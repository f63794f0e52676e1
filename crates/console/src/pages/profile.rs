//! `/console/profile`: what a user sets for themselves: name, password, second factor, sessions.

pub(crate) mod totp;

use accounts::{Error, Password, SessionId};
use askama::Template;
use axum::extract::RawPathParams;
use axum::response::Response;
use biometric::Timestamp;
use zeroize::Zeroizing;

use crate::done::Done;
use crate::fault::Fault;
use crate::form::Form;
use crate::frame::{Frame, Section};
use crate::problems::Problems;
use crate::reply::{done, form_again, page};
use crate::visit::Signed;

const HERE: &str = "/console/profile";

#[derive(Template)]
#[template(path = "profile.html")]
struct Page {
    frame: Frame,
    now: Timestamp,
    name: String,
    email: String,
    last_sign_in: Option<Timestamp>,
    has_second_factor: bool,
    codes_left: usize,
    sessions: Vec<Row>,
    problems: Problems,
}

/// A session in the list.
struct Row {
    id: SessionId,
    is_this: bool,
    browser: String,
    address: String,
    created: Timestamp,
    seen: Timestamp,
}

pub(crate) async fn show(signed: Signed) -> Result<Response, Fault> {
    page(&build(&signed, Problems::default()).await?)
}

async fn build(signed: &Signed, problems: Problems) -> Result<Page, Fault> {
    let (user, this) = (signed.user().id, signed.session().id);
    let found = signed.console.blocking(move |parts| {
        Ok::<_, Error>((parts.accounts.sessions(user)?, parts.accounts.recovery_codes_left(user)?))
    });
    let (sessions, codes_left) = found.await??;
    let row = |session: accounts::SessionLine| Row {
        id: session.id,
        is_this: session.id == this,
        browser: browser(&session.agent),
        address: session.address.unwrap_or_default(),
        created: session.created,
        seen: session.seen,
    };
    let user = signed.user();
    Ok(Page {
        frame: signed.frame("Your profile", Section::Profile),
        now: signed.now,
        name: user.name.clone(),
        email: user.email.to_string(),
        last_sign_in: user.last_sign_in,
        has_second_factor: user.second_factor,
        codes_left,
        // Those whose time is over are in the database until they are swept out; they let nobody in.
        sessions: sessions.into_iter().filter(|session| is_alive(session, signed)).map(row).collect(),
        problems,
    })
}

fn is_alive(session: &accounts::SessionLine, signed: &Signed) -> bool {
    let limits = signed.console.settings().session;
    let since = |then: Timestamp| signed.now.as_millis() - then.as_millis();
    since(session.seen) < limits.idle_ms_max && since(session.created) < limits.age_ms_max
}

pub(crate) async fn rename(signed: Signed, form: Form) -> Result<Response, Fault> {
    let name = form.trimmed("name").to_owned();
    let (organisation, user, by, now, wish) =
        (signed.organisation(), signed.user().id, signed.actor(), signed.now, name.clone());
    let rename = move |parts: &crate::Parts| parts.accounts.rename_user(organisation, user, &wish, &by, now);
    match signed.console.blocking(rename).await? {
        Ok(_) => Ok(done(HERE, Done::NameChanged)),
        Err(error @ Error::Name { .. }) => {
            form_again(&Page { name, ..build(&signed, Problems::one("name", error.to_string())).await? })
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn change_password(signed: Signed, form: Form) -> Result<Response, Fault> {
    let mut problems = Problems::default();
    let user = signed.user();
    let personal = [user.name.as_str(), user.email.as_str(), signed.session().organisation.name.as_str()];
    let new = problems.take("new-password", Password::parse(form.get("new-password"), &personal));
    let Some(new) = new else { return form_again(&build(&signed, problems).await?) };
    let old = Zeroizing::new(form.get("old-password").to_owned());
    let (organisation, user, keep) = (signed.organisation(), user.id, signed.session().id);
    let (by, now) = (signed.actor(), signed.now);
    let change =
        move |parts: &crate::Parts| parts.accounts.change_password(organisation, user, &old, new, Some(keep), &by, now);
    let problems = match signed.console.hashing(change).await? {
        Ok(()) => return Ok(done(HERE, Done::PasswordChanged)),
        Err(Error::WrongPassword) => Problems::one("old-password", "This is not your present password."),
        Err(error @ Error::PasswordElsewhere) => Problems::one("new-password", error.to_string()),
        Err(error) => return Err(error.into()),
    };
    form_again(&build(&signed, problems).await?)
}

pub(crate) async fn end_session(signed: Signed, params: RawPathParams) -> Result<Response, Fault> {
    let id = params.iter().next().and_then(|(_, id)| id.parse().ok()).map(SessionId).ok_or(Fault::NotFound)?;
    let (user, by, now) = (signed.user().id, signed.actor(), signed.now);
    signed.console.blocking(move |parts| parts.accounts.end_session(user, id, &by, now)).await??;
    Ok(done(HERE, Done::SessionEnded))
}

pub(crate) async fn end_other_sessions(signed: Signed) -> Result<Response, Fault> {
    let (user, keep, by, now) = (signed.user().id, signed.session().id, signed.actor(), signed.now);
    let end = move |parts: &crate::Parts| parts.accounts.sign_out_everywhere(user, Some(keep), &by, now);
    signed.console.blocking(end).await??;
    Ok(done(HERE, Done::OtherSessionsEnded))
}

/// What a browser calls itself, in two words: `Firefox on Linux`. Nobody knows the whole text by heart.
fn browser(agent: &str) -> String {
    const BROWSERS: [(&str, &str); 6] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let first =
        |table: &[(&str, &'static str)]| table.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (first(&BROWSERS), first(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "Unknown browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn browsers_have_short_names() {
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        let safari =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1";
        for (agent, name) in
            [(chrome, "Chrome on Linux"), (safari, "Safari on iPhone"), ("curl/8", "curl"), ("", "Unknown browser")]
        {
            assert_eq!(browser(agent), name);
        }
    }
}
