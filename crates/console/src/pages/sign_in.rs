//! `/console/sign-in`: address and password.

use accounts::{SessionSecret, SignInError, Stage};
use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use zeroize::Zeroizing;

use crate::fault::Fault;
use crate::form::Form;
use crate::frame::{Frame, Section};
use crate::problems::Problems;
use crate::reply::{page_with, see_other};
use crate::visit::Visit;
use crate::{SignUp, cookie, next, text};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page {
    frame: Frame,
    email: String,
    next: String,
    may_sign_up: bool,
    problems: Problems,
}

impl Page {
    fn of(visit: &Visit, email: &str, next: &str, problems: Problems) -> Self {
        let may_sign_up = visit.console.settings().sign_up == SignUp::Open;
        let next = next::own(next).unwrap_or_default().to_owned();
        Self { frame: visit.frame("Sign in", Section::None), email: email.to_owned(), next, may_sign_up, problems }
    }
}

pub(crate) async fn show(visit: Visit) -> Result<Response, Fault> {
    match visit.full_session() {
        Some(_) => Ok(see_other(next::own(visit.query("next")).unwrap_or("/console"))),
        None => page_with(StatusCode::OK, &Page::of(&visit, "", visit.query("next"), Problems::default())),
    }
}

pub(crate) async fn act(visit: Visit, form: Form) -> Result<Response, Fault> {
    let email = form.trimmed("email").to_owned();
    let password = Zeroizing::new(form.get("password").to_owned());
    let (seen, typed) = (visit.clone(), email.clone());
    let signed_in = visit.console.hashing(move |parts| {
        let signed_in = parts.accounts.sign_in(&typed, &password, seen.address, &seen.agent, seen.now);
        // Whoever was signed in with this browser is not any more.
        if let (Ok(_), Some(before)) = (&signed_in, &seen.session) {
            parts.accounts.sign_out(before.id, seen.now)?;
        }
        Ok::<_, accounts::Error>(signed_in)
    });
    match signed_in.await?? {
        Ok((secret, session)) => {
            let to = match session.stage {
                Stage::Full => next::own(form.get("next")).unwrap_or("/console").to_owned(),
                Stage::SecondFactor => with_next("/console/second-factor", form.get("next")),
            };
            with_session(&visit, see_other(&to), &secret)
        }
        Err(error) => {
            let (status, problems, wait) = refusal(error, "", "The e-mail address or the password is not right.")?;
            let page = page_with(status, &Page::of(&visit, &email, form.get("next"), problems))?;
            Ok(with_wait(page, wait))
        }
    }
}

/// The page, with where to go afterwards.
pub(crate) fn with_next(page: &str, wish: &str) -> String {
    match next::own(wish) {
        Some(wish) => {
            let encoded: String = form_urlencoded::byte_serialize(wish.as_bytes()).collect();
            format!("{page}?next={encoded}")
        }
        None => page.to_owned(),
    }
}

/// Gives the browser its session along with the answer.
pub(crate) fn with_session(visit: &Visit, mut response: Response, secret: &SessionSecret) -> Result<Response, Fault> {
    let cookie = cookie::given(secret, visit.console.settings().is_https());
    let cookie = cookie.ok_or_else(|| Fault::internal("a session's secret that no cookie can hold"))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// What a refused attempt looks like: status, complaint, and how many seconds to wait.
pub(crate) fn refusal(
    error: SignInError,
    field: &'static str,
    wrong: &str,
) -> Result<(StatusCode, Problems, Option<u64>), Fault> {
    match error {
        SignInError::Wrong => Ok((StatusCode::UNPROCESSABLE_ENTITY, Problems::one(field, wrong), None)),
        SignInError::Throttled { retry_after } => {
            let says = format!("Too many attempts. Try again in {}.", text::wait(retry_after));
            Ok((StatusCode::TOO_MANY_REQUESTS, Problems::one("", says), Some(text::seconds(retry_after))))
        }
        SignInError::Failed(error) => Err(error.into()),
    }
}

/// Adds how long to wait, for machines.
pub(crate) fn with_wait(mut response: Response, seconds: Option<u64>) -> Response {
    if let Some(seconds) = seconds {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
