//! The table of every page: method, path, who may see it, handler. The router is made from it, so that a page without a
//! rule cannot be written, and tests go through it with every role.

use accounts::Role::{self, Developer, Operator, Owner, Viewer};
use axum::Router;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, any, on};

use crate::app::Console;
use crate::fault::Fault;
use crate::guard::guard;
use crate::middleware::around;
use crate::{Parts, pages};

/// Who may see a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Public,
    /// Who has given the password and owes the second factor.
    Pending,
    /// Who is signed in and has this role or a higher one.
    AtLeast(Role),
}

/// A row of the table.
#[derive(Clone, Debug)]
pub struct Route {
    /// The method; HEAD works where GET does.
    pub method: Method,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// Who may see it.
    pub access: Access,
}

macro_rules! table {
    ($($method:ident $path:literal $access:ident => $handler:path;)+) => {
        /// Every page there is.
        #[must_use]
        pub fn routes() -> &'static [Route] {
            const ROUTES: &[Route] =
                &[$(Route { method: Method::$method, path: $path, access: table!(access $access) }),+];
            ROUTES
        }

        fn table(console: &Console) -> Router<Console> {
            Router::new()$(.route($path, {
                let rule = from_fn_with_state((console.clone(), table!(access $access)), guard);
                on(MethodFilter::$method, $handler).route_layer(rule)
            }))+
        }
    };
    (access Public) => { Access::Public };
    (access Pending) => { Access::Pending };
    (access $role:ident) => { Access::AtLeast($role) };
}

table! {
    GET  "/" Public => pages::home::redirect;
    GET  "/console/" Public => pages::home::redirect;
    GET  "/console/assets/{file}" Public => pages::asset::serve;
    GET  "/console/sign-in" Public => pages::sign_in::show;
    POST "/console/sign-in" Public => pages::sign_in::act;
    GET  "/console/sign-up" Public => pages::sign_up::show;
    POST "/console/sign-up" Public => pages::sign_up::act;
    GET  "/console/forgot" Public => pages::forgot::show;
    POST "/console/forgot" Public => pages::forgot::act;
    GET  "/console/link/{secret}" Public => pages::link::show;
    POST "/console/link/{secret}" Public => pages::link::act;
    GET  "/docs" Public => pages::docs::index;
    GET  "/docs/" Public => pages::docs::index;
    GET  "/docs/{page}" Public => pages::docs::one;
    GET  "/docs/images/{file}" Public => pages::docs::image;
    GET  "/docs/postman/{file}" Public => pages::docs::postman;
    GET  "/console/second-factor" Pending => pages::second_factor::show;
    POST "/console/second-factor" Pending => pages::second_factor::act;
    POST "/console/sign-out" Viewer => pages::sign_out::act;
    GET  "/console/profile" Viewer => pages::profile::show;
    POST "/console/profile/name" Viewer => pages::profile::rename;
    POST "/console/profile/password" Viewer => pages::profile::change_password;
    POST "/console/profile/second-factor/begin" Viewer => pages::profile::totp::begin;
    POST "/console/profile/second-factor/confirm" Viewer => pages::profile::totp::confirm;
    POST "/console/profile/second-factor/remove" Viewer => pages::profile::totp::remove;
    POST "/console/profile/recovery-codes" Viewer => pages::profile::totp::renew_codes;
    POST "/console/profile/sessions/{id}/end" Viewer => pages::profile::end_session;
    GET  "/console" Viewer => pages::overview::show;
    GET  "/console/keys" Viewer => pages::keys::show;
    POST "/console/keys" Developer => pages::keys::create;
    GET  "/console/keys/{id}/rotate" Developer => pages::keys::ask_rotate;
    POST "/console/keys/{id}/rotate" Developer => pages::keys::rotate;
    GET  "/console/keys/{id}/revoke" Developer => pages::keys::ask_revoke;
    POST "/console/keys/{id}/revoke" Developer => pages::keys::revoke;
    GET  "/console/keys/{id}/signing" Viewer => pages::keys::signing::show;
    POST "/console/keys/{id}/signing" Developer => pages::keys::signing::set;
    POST "/console/keys/{id}/client-keys" Developer => pages::keys::signing::upload;
    POST "/console/keys/{id}/client-keys/generate" Developer => pages::keys::signing::generate;
    GET  "/console/keys/{id}/client-keys/{client_key}" Viewer => pages::keys::signing::download;
    POST "/console/keys/{id}/client-keys/{client_key}/remove" Developer => pages::keys::signing::remove;
    POST "/console/keys/{id}/access-keys" Developer => pages::keys::signing::create_access;
    POST "/console/keys/{id}/access-keys/{access_key}/remove" Developer => pages::keys::signing::remove_access;
    GET  "/console/keys/{id}/debugger" Developer => pages::keys::debugger::show;
    POST "/console/keys/{id}/debugger" Developer => pages::keys::debugger::look;
    GET  "/console/server-keys" Viewer => pages::keys::signing::server_keys;
    GET  "/console/persons" Viewer => pages::persons::show;
    GET  "/console/persons/{person_id}" Viewer => pages::persons::show_one;
    GET  "/console/persons/{person_id}/remove" Developer => pages::persons::ask_remove;
    POST "/console/persons/{person_id}/remove" Developer => pages::persons::remove;
    GET  "/console/requests" Viewer => pages::requests::show;
    GET  "/console/try" Developer => pages::try_it::show;
    GET  "/console/try/api/{*path}" Developer => pages::try_it::forward;
    POST "/console/try/api/{*path}" Developer => pages::try_it::forward;
    PUT  "/console/try/api/{*path}" Developer => pages::try_it::forward;
    DELETE "/console/try/api/{*path}" Developer => pages::try_it::forward;
    GET  "/console/team" Owner => pages::team::show;
    POST "/console/team/invite" Owner => pages::team::invite;
    POST "/console/team/links/{id}/withdraw" Owner => pages::team::withdraw;
    GET  "/console/team/{id}" Owner => pages::team::show_one;
    POST "/console/team/{id}/role" Owner => pages::team::set_role;
    POST "/console/team/{id}/disable" Owner => pages::team::disable;
    POST "/console/team/{id}/enable" Owner => pages::team::enable;
    POST "/console/team/{id}/reset-link" Owner => pages::team::reset_link;
    GET  "/console/team/{id}/remove" Owner => pages::team::ask_remove;
    POST "/console/team/{id}/remove" Owner => pages::team::remove;
    GET  "/console/settings" Owner => pages::settings::show;
    POST "/console/settings" Owner => pages::settings::save;
    GET  "/console/audit" Owner => pages::audit::show;
    GET  "/console/data" Owner => pages::data::show;
    GET  "/console/data/export" Owner => pages::data::export;
    POST "/console/data/erase" Owner => pages::data::erase;
    GET  "/console/operator/organisations" Operator => pages::operator::organisations::show;
    POST "/console/operator/organisations/invite" Operator => pages::operator::organisations::invite;
    GET  "/console/operator/organisations/{id}" Operator => pages::operator::organisations::show_one;
    POST "/console/operator/organisations/{id}/plan" Operator => pages::operator::organisations::set_plan;
    POST "/console/operator/organisations/{id}/suspend" Operator => pages::operator::organisations::suspend;
    POST "/console/operator/organisations/{id}/resume" Operator => pages::operator::organisations::resume;
    GET  "/console/operator/organisations/{id}/erase" Operator => pages::operator::organisations::ask_erase;
    POST "/console/operator/organisations/{id}/erase" Operator => pages::operator::organisations::erase;
    GET  "/console/operator/plans" Operator => pages::operator::plans::show;
    POST "/console/operator/plans" Operator => pages::operator::plans::create;
    POST "/console/operator/plans/{id}" Operator => pages::operator::plans::edit;
    GET  "/console/operator/signing" Operator => pages::operator::signing::show;
    POST "/console/operator/signing" Operator => pages::operator::signing::rotate;
    GET  "/console/operator/health" Operator => pages::operator::health::show;
    GET  "/console/operator/models" Operator => pages::operator::models::show;
    POST "/console/profile/sessions/end-others" Viewer => pages::profile::end_other_sessions;
}

/// The pages as a router, to be merged with the API's. It has no fallback of its own, but answers for everything below
/// `/console` and `/docs`.
pub fn router(parts: Parts) -> Router {
    let console = Console::new(parts);
    table(&console)
        .route("/console/{*rest}", any(no_such_page))
        .route("/docs/{page}/{*rest}", any(no_such_page))
        .method_not_allowed_fallback(other_method)
        .layer(from_fn_with_state(console.clone(), around))
        .with_state(console)
}

async fn no_such_page() -> Fault {
    Fault::NotFound
}

/// A method that the page has not; axum adds `Allow`, which is all that OPTIONS asks for.
async fn other_method(method: Method) -> Response {
    match method == Method::OPTIONS {
        true => axum::http::StatusCode::NO_CONTENT.into_response(),
        false => Fault::WrongMethod.into_response(),
    }
}
