//! The words for signed requests.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Subcommand, ValueEnum};

use super::value;
use crate::help;

/// How the requests of a key are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Algorithm {
    /// RSA-2048 over SHA-256: the client keeps a private key, the server knows its public half
    HashThenRsa,
    /// HMAC-SHA256 under a key that both know
    HashOnly,
    /// Requests are not signed
    Off,
}

#[derive(Subcommand)]
pub(crate) enum Signing {
    /// Choose how the requests of a key are signed
    #[command(after_help = help::SIGNING_SET)]
    Set {
        /// The key's number, as `auther key list` shows it
        key: i64,
        /// How
        #[arg(long, value_enum)]
        algorithm: Algorithm,
        /// Refuse requests that are not signed
        #[arg(long)]
        required: bool,
        /// Refuse the page's plain line: only the length-prefixed one, with a nonce, is accepted
        #[arg(long)]
        length_prefixed: bool,
    },
    /// Show how the requests of a key are signed, and its client keys
    #[command(after_help = help::SIGNING_SHOW)]
    Show {
        /// The key's number
        key: i64,
    },
    /// Make a client key and print what is secret of it; it cannot be shown again
    #[command(after_help = help::SIGNING_GENERATE)]
    Generate {
        /// The key's number
        key: i64,
    },
    /// Hand in the public half of a client's own pair
    #[command(after_help = help::SIGNING_UPLOAD)]
    Upload {
        /// The key's number
        key: i64,
        /// A PEM file that begins with -----BEGIN PUBLIC KEY-----
        file: PathBuf,
    },
    /// Remove a client key: what it signs is refused from now on
    #[command(after_help = help::SIGNING_REMOVE)]
    Remove {
        /// The key's number
        key: i64,
        /// The client key's number, as `auther signing show` shows it
        client_key: i64,
    },
    /// Print the public halves of the server's pairs, by which clients verify answers
    #[command(after_help = help::SIGNING_SERVER_KEYS)]
    ServerKeys,
    /// Make a new pair for the server; the old one signs until the new one begins
    #[command(after_help = help::SIGNING_ROTATE_SERVER_KEY)]
    RotateServerKey {
        /// When it begins, as 24h, 30m or 7d from now; 0s for at once
        #[arg(long = "in", value_name = "TIME", default_value = "7d", value_parser = value::duration)]
        begins_in: Duration,
    },
    /// Make an access key, for clients that sign as those of Amazon do, and print it
    #[command(after_help = help::SIGNING_ACCESS_KEY)]
    AccessKey {
        /// The number of the key that it is good for the same as
        key: i64,
    },
    /// Remove an access key: it is unknown from now on
    #[command(after_help = help::SIGNING_REMOVE_ACCESS_KEY)]
    RemoveAccessKey {
        /// The number of the key that it belongs to
        key: i64,
        /// Its id, as `auther signing show` shows it
        id: String,
    },
}
