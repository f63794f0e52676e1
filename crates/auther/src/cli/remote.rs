//! The words for asking a server in place of this installation.

use std::path::PathBuf;

use clap::{Args, value_parser};

/// Where these stand in the help.
const HEADING: &str = "As a client of a server (enrol, verify, identify, check, compare, person get, update, remove)";

/// Which server is asked, and as whom.
#[derive(Args, Clone, Default)]
pub(crate) struct Remote {
    /// Ask the server at this URL (`AUTHER_SERVER` names one, too) with the API key in `AUTHER_API_KEY`, and no models nor
    /// databases of this machine
    #[arg(long, global = true, value_name = "URL", help_heading = HEADING)]
    pub(crate) server: Option<String>,
    /// Read the API key from this file instead
    #[arg(long, global = true, value_name = "FILE", help_heading = HEADING, hide_short_help = true)]
    pub(crate) api_key_file: Option<PathBuf>,
    /// Sign requests (hash-then-RSA) with the private key in this PEM file; goes with --server-public-key
    #[arg(long, global = true, value_name = "FILE", help_heading = HEADING, hide_short_help = true)]
    pub(crate) private_key: Option<PathBuf>,
    /// Verify answers by the keys in this PEM file: what `auther signing server-keys` prints on the server's machine
    #[arg(long, global = true, value_name = "FILE", help_heading = HEADING, hide_short_help = true)]
    pub(crate) server_public_key: Option<PathBuf>,
    /// Sign requests and verify answers (hash-only) with the shared key in this file
    #[arg(long, global = true, value_name = "FILE", help_heading = HEADING, hide_short_help = true)]
    pub(crate) signing_key_file: Option<PathBuf>,
    /// Which line is signed: 1, the published page's, or 2, length-prefixed and with a nonce [default: 2]
    #[arg(long, global = true, value_name = "1|2", value_parser = value_parser!(u8).range(1..=2), help_heading = HEADING, hide_short_help = true)]
    pub(crate) signature_version: Option<u8>,
    /// The base URL that is signed, where the server's `public_url` is not the URL of --server
    #[arg(long, global = true, value_name = "URL", help_heading = HEADING, hide_short_help = true)]
    pub(crate) signed_url: Option<String>,
}

impl Remote {
    /// The first word of these that was typed.
    pub(crate) fn typed(&self) -> Option<&'static str> {
        let Self { server, api_key_file, private_key, server_public_key, signing_key_file, .. } = self;
        let words = [
            ("--server", server.is_some()),
            ("--api-key-file", api_key_file.is_some()),
            ("--private-key", private_key.is_some()),
            ("--server-public-key", server_public_key.is_some()),
            ("--signing-key-file", signing_key_file.is_some()),
            ("--signature-version", self.signature_version.is_some()),
            ("--signed-url", self.signed_url.is_some()),
        ];
        words.into_iter().find_map(|(word, typed)| typed.then_some(word))
    }
}
