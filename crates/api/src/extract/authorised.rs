//! Authorisation as a parameter: a handler that takes `Authorised<Enrol>` runs for nobody else.

use std::marker::PhantomData;

use accounts::{AuthenticationError, Caller, Permission};
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use biometric::TenantId;

use crate::app::App;
use crate::clock;
use crate::error::{Case, Problem};

/// The header that carries the secret of the key.
const API_KEY: &str = "api-key";

/// A permission as a type.
pub(crate) trait Needs: Send + Sync {
    /// The permission.
    const PERMISSION: Permission;
}

macro_rules! permissions {
    ($($name:ident),+) => {$(
        /// The permission of this name, as a type.
        pub(crate) struct $name;

        impl Needs for $name {
            const PERMISSION: Permission = Permission::$name;
        }
    )+};
}

permissions!(Enrol, Read, Delete, Identify, Verify, Compare);

/// Proof that the caller's key permits `P`.
pub(crate) struct Authorised<P> {
    /// Whose gallery the key opens.
    pub(crate) tenant: TenantId,
    permission: PhantomData<P>,
}

impl<P: Needs> FromRequestParts<App> for Authorised<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let secret = presented(&parts.headers)?.to_owned();
        let app = app.clone();
        // The database may have to wait for the disk: not on a thread that other requests need.
        let lookup = move || app.accounts.authenticate(&secret, P::PERMISSION, clock::now());
        let answer = tokio::task::spawn_blocking(lookup).await;
        let answer = answer.map_err(|error| Problem::internal(format!("authentication: {error}")))?;
        let Caller { key, tenant } = answer.map_err(problem)?;
        tracing::Span::current().record("key", key.0);
        Ok(Self { tenant, permission: PhantomData })
    }
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
        AuthenticationError::NotPermitted => Problem::new(Case::KeyNotPermitted),
        AuthenticationError::Database(error) => Problem::new(Case::Unavailable).caused_by(format!("accounts: {error}")),
    }
}
