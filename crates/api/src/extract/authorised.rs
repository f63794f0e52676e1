//! Authorisation as a parameter: a handler that takes `Authorised<Create>` runs for nobody else, and only when the
//! organisation's plan allows one more request and, if it carries images, the workers have time for them.

use std::marker::PhantomData;

use accounts::{AuthenticationError, Caller, Operation};
use admission::{Place, Record};
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use engine::Scope;

use crate::app::App;
use crate::clock;
use crate::error::{Case, Problem, problem_of};
use crate::plan;
use crate::signature;

/// The header that carries the secret of the key.
pub(crate) const API_KEY: &str = "api-key";

/// An operation as a type.
pub(crate) trait Needs: Send + Sync {
    /// The operation.
    const OPERATION: Operation;
    /// How many images a request for it carries: what the size of its body is limited by.
    const IMAGES: usize;
}

macro_rules! operations {
    ($($name:ident = $images:literal),+) => {$(
        /// The operation of this name, as a type.
        pub(crate) struct $name;

        impl Needs for $name {
            const OPERATION: Operation = Operation::$name;
            const IMAGES: usize = $images;
        }
    )+};
}

operations!(Create = 1, Update = 1, Remove = 0, Get = 0, Identify = 1, Verify = 1, Compare = 2, Check = 1);

/// Proof that the caller may do `O`, now.
pub(crate) struct Authorised<O> {
    /// Whose gallery the key opens, and under which rules.
    pub(crate) scope: Scope,
    /// Given back when the handler ends.
    _place: Option<Place>,
    operation: PhantomData<O>,
}

impl<O: Needs> FromRequestParts<App> for Authorised<O> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = caller::<O>(parts, app).await?;
        if let Some(key) = caller.key {
            tracing::Span::current().record("key", key.0);
            signature::note(parts, key, caller.signing);
        }
        let record = parts.extensions.get::<Record>().cloned().unwrap_or_default();
        if caller.charged {
            record.of(&caller, O::OPERATION);
        }
        if O::IMAGES > 0 {
            // Before the body is read: under overload, what the refused cost is taken from those who are served. And before the
            // rate: who comes again when they were told to must find their share untouched.
            app.operations.admits().map_err(|error| problem_of(error, None))?;
        }
        let place = if caller.charged { Some(plan::enter(app, &caller)?) } else { None };
        if caller.charged {
            // After the limits that need no body, since it reads one; before the quota, since what is not the client's costs
            // them nothing.
            let signed = signature::verify(app, parts, &caller, O::IMAGES).await?;
            plan::charge(app, &caller, &record, signed).await?;
        }
        let scope = Scope::new(app.operations.rules(), caller.tenant, &caller.rules, caller.limits.persons_max);
        Ok(Self { scope, _place: place, operation: PhantomData })
    }
}

/// Who calls: whoever our own process says, or whoever has the secret that was sent.
async fn caller<O: Needs>(parts: &Parts, app: &App) -> Result<Caller, Problem> {
    let permission = O::OPERATION.permission();
    // An extension cannot come over the network: only the back-office puts one there, for a user who is signed in.
    if let Some(caller) = parts.extensions.get::<Caller>() {
        return match caller.permissions.contains(permission) {
            true => Ok(caller.clone()),
            false => Err(Problem::new(Case::KeyNotPermitted)),
        };
    }
    let secret = presented(&parts.headers)?;
    let address = crate::address::of(parts, &app.settings.trusted_proxies);
    // Here and not on a thread that may block, as a person is looked up in the gallery, too: it never waits for a writer, and
    // reads a few pages of a small file that every request reads, so that they are in memory. To wake another thread and
    // then this one takes longer than that (`cargo bench -p api`).
    app.accounts.authenticate(secret, permission, address, clock::now()).map_err(problem)
}

/// The secret as it was sent.
fn presented(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut values = headers.get_all(API_KEY).iter();
    let value = values.next().filter(|value| !value.is_empty()).ok_or_else(|| Problem::new(Case::KeyMissing))?;
    // Two keys are none: which one is meant, a proxy in front may read differently.
    match (value.to_str(), values.next()) {
        (Ok(secret), None) => Ok(secret),
        (Ok(_) | Err(_), _) => Err(Problem::new(Case::KeyUnknown)),
    }
}

fn problem(error: AuthenticationError) -> Problem {
    match error {
        AuthenticationError::Unknown => Problem::new(Case::KeyUnknown),
        AuthenticationError::Disabled => Problem::new(Case::KeyDisabled),
        AuthenticationError::Expired => Problem::new(Case::KeyExpired),
        AuthenticationError::Network => Problem::new(Case::KeyNetwork),
        AuthenticationError::Suspended => Problem::new(Case::OrganisationSuspended),
        AuthenticationError::NotPermitted => Problem::new(Case::KeyNotPermitted),
        AuthenticationError::Sealed(error) => Problem::internal(format!("authentication: {error}")),
        AuthenticationError::Database(error) => Problem::new(Case::Unavailable).caused_by(format!("accounts: {error}")),
    }
}
