//! What a setting may be made of.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;

use accounts::Networks;
use url::Url;

use crate::failure::{Failure, Outcome};

/// A kind of setting, read from a text.
pub(super) trait Value: Sized {
    fn read(text: &str) -> Result<Self, String>;
}

macro_rules! parsed_values {
    ($($kind:ty)+) => {
        $(impl Value for $kind {
            fn read(text: &str) -> Result<Self, String> {
                text.parse().map_err(|error: <$kind as std::str::FromStr>::Err| error.to_string())
            }
        })+
    };
}

parsed_values! { String PathBuf usize u64 u32 f64 Networks search::Tier }

impl Value for SocketAddr {
    fn read(text: &str) -> Result<Self, String> {
        address(text)
    }
}

/// Empty for none.
impl Value for Option<SocketAddr> {
    fn read(text: &str) -> Result<Self, String> {
        if text.is_empty() { Ok(None) } else { address(text).map(Some) }
    }
}

/// An address to listen on. Of a host's several addresses it is the first of IPv4: a client that was told 127.0.0.1
/// must find what listens on localhost.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    let wrong = |why: &str| format!("{why}; write HOST:PORT, as 127.0.0.1:8080");
    let found: Vec<_> = text.to_socket_addrs().map_err(|error| wrong(&error.to_string()))?.collect();
    let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
    first.copied().ok_or_else(|| wrong("the host has no address"))
}

/// The value of one setting.
pub(super) fn of<T: Value>(texts: &BTreeMap<String, String>, name: &str, default: &str) -> Outcome<T> {
    let text = texts.get(name).map_or(default, String::as_str);
    T::read(text).map_err(Failure::context(format!("setting {name} = {text:?}")))
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Switch {
    On,
    Off,
}

impl Value for Switch {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => Err("it is on or off".into()),
        }
    }
}

/// Who may make an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignUp {
    Open,
    Invitation,
    Closed,
}

impl Value for SignUp {
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "open" => Ok(Self::Open),
            "invitation" => Ok(Self::Invitation),
            "closed" => Ok(Self::Closed),
            _ => Err("it is open, invitation or closed".into()),
        }
    }
}

/// A scheme, a host and perhaps a port, without a slash at the end; or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicUrl(Option<String>);

impl PublicUrl {
    /// It, or else that of a server that listens here and is spoken to so. An address that means every one of the machine's is none to
    /// browse to: the machine itself is.
    pub(super) fn or_of(&self, scheme: &str, listen: SocketAddr) -> String {
        match (&self.0, listen.ip().is_unspecified()) {
            (Some(url), _) => url.clone(),
            (None, true) => format!("{scheme}://localhost:{}", listen.port()),
            (None, false) => format!("{scheme}://{listen}"),
        }
    }

    /// Whether it was said.
    pub(crate) fn is_set(&self) -> bool {
        self.0.is_some()
    }

    /// Whether it says that they come in clear.
    pub(super) fn is_http(&self) -> bool {
        self.is_set() && !self.is_https()
    }

    /// Whether it says that browsers come by TLS.
    pub(super) fn is_https(&self) -> bool {
        self.0.as_ref().is_some_and(|url| url.starts_with("https://"))
    }
}

impl Value for PublicUrl {
    fn read(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        let wrong = || "write https://HOST or http://HOST:PORT, without a path".to_owned();
        let url = Url::parse(text).map_err(|_| wrong())?;
        let is_plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let is_nobodys = url.username().is_empty() && url.password().is_none();
        match ["http", "https"].contains(&url.scheme()) && url.has_host() && is_plain && is_nobodys {
            true => Ok(Self(Some(url.origin().ascii_serialization()))),
            false => Err(wrong()),
        }
    }
}

/// A text with a password in it: shown by no `Debug`, and repeated by no error.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Hidden(String);

impl Hidden {
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "Hidden()" } else { "Hidden(..)" })
    }
}

impl Value for Hidden {
    /// Never an error: that would repeat the text.
    fn read(text: &str) -> Result<Self, String> {
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_may_be_named() {
        assert_eq!(address("localhost:80").map(|address| address.port()), Ok(80));
        assert_eq!(address("127.0.0.1:9"), Ok(SocketAddr::from(([127, 0, 0, 1], 9))));
        assert!(address("localhost").expect_err("no port").contains("127.0.0.1:8080"));
        assert_eq!(Option::<SocketAddr>::read(""), Ok(None));
        assert_eq!(Option::<SocketAddr>::read("127.0.0.1:9"), Ok(Some(SocketAddr::from(([127, 0, 0, 1], 9)))));
    }

    #[test]
    fn a_public_url_is_an_origin() {
        let listen = SocketAddr::from(([127, 0, 0, 1], 9));
        let read = |text: &str| PublicUrl::read(text).map(|url| url.or_of("http", listen));
        assert_eq!(read(""), Ok("http://127.0.0.1:9".into()));
        assert_eq!(read("https://Auth.Example.org/"), Ok("https://auth.example.org".into()));
        assert_eq!(read("http://[::1]:8080"), Ok("http://[::1]:8080".into()));
        for wrong in ["auth.example.org", "ftp://h", "https://h/console", "https://h?x", "https://u:p@h", "https://h#f"]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        let everywhere = SocketAddr::from(([0, 0, 0, 0], 80));
        let url = PublicUrl::read("").map(|url| url.or_of("https", everywhere));
        assert_eq!(url, Ok("https://localhost:80".into()));
    }

    #[test]
    fn a_hidden_text_is_not_shown() {
        assert_eq!(Hidden::read("smtps://u:secret@h").map(|url| format!("{url:?}")), Ok("Hidden(..)".into()));
    }
}
