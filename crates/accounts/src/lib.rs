//! Who may call the service and who may see the back-office: organisations, users and their sessions, API keys, plans,
//! usage, and the log of what was done.
//!
//! Accounts live in one SQLite file that several processes may have open: the command line makes and disables keys while
//! the server runs. Nothing is cached, so a new or a disabled key counts from the next request on; a lookup is one
//! indexed read of a page that the operating system holds in memory, some ten microseconds. Counters and the request log
//! are a file of their own ([`usage`]).
//!
//! Every method takes the organisation that asks, and what belongs to another is not found. Whatever changes something
//! takes the [`Actor`] too and writes a line of the audit log in the same transaction.
//!
//! The crate asks for no date: whoever calls says what time it is.

mod access_key;
mod audit;
mod client_key;
mod database;
mod email;
mod error;
mod key;
mod keys;
mod link;
mod name;
mod network;
mod operation;
mod organisation;
mod password;
mod permission;
mod plan;
mod rate;
mod rules;
mod schema;
mod seal;
mod secret;
mod server_key;
mod session;
mod sign_up;
mod store;
mod throttle;
mod totp;
pub mod usage;
mod user;

pub use access_key::AccessKey;
pub use audit::{Act, Actor, AuditEntry, Who};
pub use client_key::{ClientKey, ClientKeyId, ClientSecret, Signing};
pub use email::{Email, EmailError};
pub use error::{AuthenticationError, Error, OpenError, OpenFault, SignInError};
pub use key::{Caller, Key, KeyId, NewKey};
pub use link::{Link, LinkId, LinkSecret, Purpose};
pub use network::{FORWARDED_FOR, Networks, NetworksError, client_address};
pub use operation::Operation;
pub use organisation::Organisation;
pub use password::{Password, PasswordError};
pub use permission::{Permission, Permissions, PermissionsError};
pub use plan::{Limits, Plan, PlanId, Rate};
pub use rate::RateLimiter;
pub use secret::Secret;
pub use server_key::ServerKey;
pub use session::{Session, SessionId, SessionLimits, SessionLine, SessionSecret, Stage};
pub use sign_up::NewUser;

pub use store::{Accounts, FILE_NAME, MASTER_KEY_FILE_NAME};
pub use totp::{RecoveryCode, TotpSetup};
pub use user::{Role, User, UserId};
