//! Who asks for what: one value that the guard makes of a request and that handlers take as a parameter.

use std::net::{IpAddr, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;

use accounts::{Actor, FORWARDED_FOR, Session, Stage, User, Who, client_address};
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use biometric::{TenantId, Timestamp};
use engine::Scope;

use crate::app::Console;
use crate::cookie;
use crate::fault::Fault;
use crate::form::Form;
use crate::frame::{Frame, Section};

/// The longest `User-Agent` that is kept with a session, in characters.
const AGENT_CHARS_MAX: usize = 200;

/// A request to a page that anybody may see.
#[derive(Clone)]
pub(crate) struct Visit(Arc<Seen>);

/// What the guard has seen of a request.
pub(crate) struct Seen {
    /// What handlers share.
    pub(crate) console: Console,
    /// When it came in.
    pub(crate) now: Timestamp,
    /// Where it came from, as far as that is known.
    pub(crate) address: Option<IpAddr>,
    /// What the browser calls itself.
    pub(crate) agent: String,
    /// Path and query, as `next` takes them along.
    pub(crate) target: String,
    /// The secret that the cookie holds, if the session is alive.
    pub(crate) secret: Option<zeroize::Zeroizing<String>>,
    /// The session, if there is one.
    pub(crate) session: Option<Arc<Session>>,
    query: Form,
}

impl Visit {
    /// Looks at a request; asks the accounts about its cookie.
    pub(crate) async fn of(console: &Console, parts: &Parts) -> Result<Self, Fault> {
        let now = (console.clock)();
        let presented = cookie::presented(&parts.headers, console.settings().is_https());
        let secret = presented.map(|secret| zeroize::Zeroizing::new(secret.to_owned()));
        let session = match secret.clone() {
            Some(secret) => {
                let find = move |p: &crate::Parts| p.accounts.session(&secret, p.settings.session, now);
                console.blocking(find).await??
            }
            None => None,
        };
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        Ok(Self(Arc::new(Seen {
            console: console.clone(),
            now,
            address: address(console, parts),
            agent: agent(&parts.headers),
            target,
            secret: secret.filter(|_| session.is_some()),
            session: session.map(Arc::new),
            query: Form::parse(parts.uri.query().unwrap_or_default().as_bytes()),
        })))
    }

    /// A value of the query, such as a filter; empty when there is none.
    pub(crate) fn query(&self, name: &str) -> &str {
        self.query.trimmed(name)
    }

    /// What the page is shown in.
    pub(crate) fn frame(&self, title: impl Into<String>, section: Section) -> Frame {
        Frame::new(self, title.into(), section)
    }

    /// The session, if it is good for pages: not one that waits for its second factor.
    pub(crate) fn full_session(&self) -> Option<&Session> {
        self.session.as_deref().filter(|session| match session.stage {
            Stage::Full => true,
            Stage::SecondFactor => false,
        })
    }
}

impl Deref for Visit {
    type Target = Seen;

    fn deref(&self) -> &Seen {
        &self.0
    }
}

impl FromRequestParts<Console> for Visit {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &Console) -> Result<Self, Fault> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Fault::internal("a route without its guard"))
    }
}

/// A request of somebody who is signed in: a handler that takes it as a parameter runs for nobody else.
#[derive(Clone)]
pub(crate) struct Signed {
    visit: Visit,
    session: Arc<Session>,
}

impl Signed {
    /// The session.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Who it is.
    pub(crate) fn user(&self) -> &User {
        &self.session().user
    }

    /// The number of the organisation whose data they see, and no other.
    pub(crate) fn organisation(&self) -> TenantId {
        self.session().organisation.id
    }

    /// The organisation's gallery, for what pages ask the engine about it. They hand it no images, so its own rules do
    /// not matter.
    pub(crate) fn scope(&self) -> Scope {
        Scope { tenant: self.organisation(), rules: self.console.operations.rules(), persons_max: None }
    }

    /// Who acts, for the audit log.
    pub(crate) fn actor(&self) -> Actor {
        Actor { who: Who::User(self.user().id), address: self.address }
    }
}

impl Deref for Signed {
    type Target = Visit;

    fn deref(&self) -> &Visit {
        &self.visit
    }
}

impl FromRequestParts<Console> for Signed {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Fault> {
        let visit = Visit::from_request_parts(parts, console).await?;
        match visit.session.clone() {
            Some(session) => Ok(Self { visit, session }),
            None => Err(Fault::internal("a page for signed-in users on a route for everybody")),
        }
    }
}

/// The address of the browser: that of the connection, or what trusted proxies in between say.
fn address(console: &Console, parts: &Parts) -> Option<IpAddr> {
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    let forwarded = parts.headers.get_all(FORWARDED_FOR).iter().map(HeaderValue::as_bytes);
    Some(client_address(peer.ip(), forwarded, &console.settings().trusted_proxies))
}

fn agent(headers: &HeaderMap) -> String {
    let text = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.chars().filter(|c| !c.is_control()).take(AGENT_CHARS_MAX).collect()
}
