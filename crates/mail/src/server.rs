//! The server that a URL names.

use std::net::IpAddr;

use percent_encoding::percent_decode_str;
use url::{Host, Url};
use zeroize::Zeroizing;

use crate::SetupError;

/// A mail server and how to sign in to it. No `Debug`: it holds a password.
pub(crate) struct Server {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) encryption: Encryption,
    pub(crate) credentials: Option<Credentials>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// From the first byte on.
    Always,
    /// From a command on (STARTTLS), without which nothing is sent.
    Required,
    /// None at all; on this machine only.
    None,
}

pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: Zeroizing<String>,
}

impl Encryption {
    /// Where servers listen for it, as IANA has it.
    const fn port(self) -> u16 {
        match self {
            Self::Always => 465,
            Self::Required => 587,
            Self::None => 25,
        }
    }
}

impl Server {
    pub(crate) fn parse(url: &str) -> Result<Self, SetupError> {
        let url = Url::parse(url).map_err(|_| SetupError::Url)?;
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(SetupError::Url);
        }
        let encryption = match (url.scheme(), url.query()) {
            ("smtps", None) => Encryption::Always,
            ("smtp", None | Some("tls=required")) => Encryption::Required,
            ("smtp", Some("tls=none")) => Encryption::None,
            _ => return Err(SetupError::Url),
        };
        let (host, is_here) = host(&url).ok_or(SetupError::Url)?;
        if encryption == Encryption::None && !is_here {
            return Err(SetupError::Unencrypted);
        }
        let port = url.port().unwrap_or(encryption.port());
        Ok(Self { host, port, encryption, credentials: credentials(&url)? })
    }
}

/// The host as a resolver takes it, and whether it is this machine.
fn host(url: &Url) -> Option<(String, bool)> {
    // The library knows hosts of its own list of schemes only; ours is a text to it, but for addresses in brackets.
    match url.host()? {
        Host::Domain(name) => match name.parse::<IpAddr>() {
            Ok(address) => Some((name.to_owned(), address.is_loopback())),
            Err(_) => {
                let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
                (is_name && !name.is_empty()).then(|| (name.to_owned(), name.eq_ignore_ascii_case("localhost")))
            }
        },
        Host::Ipv4(address) => Some((address.to_string(), address.is_loopback())),
        Host::Ipv6(address) => Some((address.to_string(), address.is_loopback())),
    }
}

fn credentials(url: &Url) -> Result<Option<Credentials>, SetupError> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().map(String::from).map_err(|_| SetupError::Url);
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None | Some("")) => Err(SetupError::Credentials),
        (user, Some(password)) => {
            Ok(Some(Credentials { user: decoded(user)?, password: Zeroizing::new(decoded(password)?) }))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Host, port, encryption, user and password.
    type Parsed = (String, u16, Encryption, Option<(String, String)>);

    fn parsed(url: &str) -> Result<Parsed, SetupError> {
        let Server { host, port, encryption, credentials } = Server::parse(url)?;
        Ok((host, port, encryption, credentials.map(|c| (c.user, c.password.to_string()))))
    }

    #[test]
    fn each_form_is_understood() {
        let (host, port, encryption, credentials) =
            parsed("smtps://user%40x:p%3As%2Fs@mail.example.org").expect("good");
        assert_eq!((host.as_str(), port, encryption), ("mail.example.org", 465, Encryption::Always));
        assert_eq!(credentials, Some(("user@x".into(), "p:s/s".into())), "special characters are written as %XX");
        let good = |host: &str, port, encryption| Ok((host.into(), port, encryption, None));
        assert_eq!(parsed("smtp://h?tls=required"), good("h", 587, Encryption::Required));
        assert_eq!(parsed("smtp://h:2525/"), good("h", 2525, Encryption::Required), "never silently in clear");
        assert_eq!(parsed("smtp://[::1]:25?tls=none"), good("::1", 25, Encryption::None));
        assert_eq!(parsed("smtp://127.0.0.9?tls=none"), good("127.0.0.9", 25, Encryption::None));
        assert_eq!(parsed("smtp://localhost?tls=none"), good("localhost", 25, Encryption::None));
    }

    #[test]
    fn nothing_goes_over_a_network_in_clear() {
        for url in
            ["smtp://mail.example.org?tls=none", "smtp://192.0.2.1:25?tls=none", "smtp://localhost.evil?tls=none"]
        {
            assert_eq!(parsed(url), Err(SetupError::Unencrypted), "{url}");
        }
        for url in ["smtp://h?tls=opportunistic", "smtps://h?tls=none", "smtp://h?tls=required&tls=none"] {
            assert_eq!(parsed(url), Err(SetupError::Url), "{url}");
        }
    }

    #[test]
    fn what_is_no_server_is_refused() {
        for url in
            ["", "mail.example.org", "http://h", "smtp://", "smtps:///x", "smtp://h/path", "smtp://h y", "smtp://h#f"]
        {
            assert_eq!(parsed(url), Err(SetupError::Url), "{url}");
        }
        for url in ["smtps://user@h", "smtps://:secret@h", "smtps://user:@h"] {
            assert_eq!(parsed(url), Err(SetupError::Credentials), "{url}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(smtps?://)?.{0,40}") {
            let _ = Server::parse(&text);
        }
    }
}
