//! Who may call the service: API keys and what each permits.
//!
//! The keys live in one SQLite file that several processes may have open: the command line makes and disables keys
//! while the server runs. Nothing is cached, so a new or a disabled key counts from the next request on; a lookup is one
//! indexed read of a page that the operating system holds in memory, some ten microseconds.
//!
//! The crate reads no clock: whoever calls says what time it is.

mod error;
mod key;
mod permission;
mod schema;
mod secret;
mod store;

pub use error::{AuthenticationError, Error, OpenError};
pub use key::{Caller, Key, KeyId, NewKey};
pub use permission::{Permission, Permissions, PermissionsError};
pub use secret::Secret;
pub use store::{Accounts, FILE_NAME};
