//! Which call goes to which handler.

use std::sync::Arc;

use accounts::Accounts;
use accounts::usage::Usage;
use admission::Admission;
use axum::Router;
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};

use engine::Operations;

use crate::app::App;
use crate::error::{Case, Problem};
use crate::{Settings, clock, health, middleware, openapi, person};

/// What lets requests in within these settings; every listener of a process is to share one.
#[must_use]
pub fn admission(usage: Arc<Usage>, settings: &Settings) -> Arc<Admission> {
    Arc::new(Admission::new(usage, settings.requests_in_flight_max, clock::now))
}

/// The whole service, to be given to [`serve`](crate::serve()). Other pages may be merged into it, if they bring no fallback.
pub fn router(
    operations: Arc<dyn Operations>,
    accounts: Arc<Accounts>,
    admission: Arc<Admission>,
    settings: Settings,
) -> Router {
    let app = App::new(operations, accounts, admission, settings);
    let face =
        || get(person::face::read).post(person::face::create).put(person::face::update).delete(person::face::remove);
    // With the trailing slash and nothing behind it, the person id is empty: refused as such (R_003), not as a route.
    Router::new()
        .route("/person/face/{person_id}", face())
        .route("/person/face/", face())
        .route("/person/recognize-face", post(person::recognize::identify))
        .route("/person/verify-face/{person_id}", post(person::verify::verify))
        .route("/person/verify-face/", post(person::verify::verify))
        .route("/person/compare-face", post(person::compare::compare))
        .route("/person/check-face", post(person::check::check))
        .route(health::LIVE, get(health::live))
        .route(health::READY, get(health::ready))
        .route(openapi::PATH, get(openapi::document))
        .fallback(unknown_route)
        .method_not_allowed_fallback(other_method)
        .layer(from_fn_with_state(app.clone(), middleware::around))
        .with_state(app)
}

async fn unknown_route() -> Problem {
    Problem::new(Case::UnknownRoute)
}

/// A method that the route has not; axum adds `Allow`, which is all that OPTIONS asks for.
async fn other_method(method: Method) -> Response {
    match method == Method::OPTIONS {
        true => StatusCode::NO_CONTENT.into_response(),
        false => Problem::new(Case::WrongMethod).into_response(),
    }
}
