//! AWS Signature Version 4 as a server reads it: what a request says of its signature, and whether that fits.
//!
//! ```text
//! headers --Claim::read--> Claim --check (time, scope)--> --signed--> Signed --fits(secret)--> bool
//! ```
//!
//! Nothing here knows keys: whoever does hands the secret to [`Signed::fits`].

mod authorization;
mod canonical;
mod date;
mod hash;

use std::fmt::Write as _;

use biometric::Timestamp;

pub use authorization::{Authorization, Malformed};
pub use date::{BasicTime, basic_time};

use hash::{DIGEST_BYTES, hmac, is_hmac, sha256};

/// The one algorithm.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What a scope ends with.
const TERMINATOR: &str = "aws4_request";

/// A signature may be so much older or newer than the server's clock, in milliseconds.
pub const SKEW_MS_MAX: i64 = 5 * 60 * 1_000;

/// Headers that must be signed whenever they are sent begin so: what is not signed, somebody in between may have changed.
const AMZ: &str = "x-amz-";

/// A request as it came.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its path, percent-encoded as sent.
    pub path: &'a str,
    /// Its query as sent, without the question mark.
    pub query: &'a str,
    /// Its headers in the order in which they came, names in lower case.
    pub headers: &'a [(&'a str, &'a [u8])],
}

/// Why a signature is refused before any secret is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request has none.
    Missing,
    /// It cannot be read.
    Malformed(Malformed),
    /// It is one of temporary credentials, which this service does not give out.
    SessionToken,
    /// It was made too long ago.
    Expired {
        /// When it was made.
        signed: BasicTime,
        /// The server's time.
        now: BasicTime,
        /// Since when it would be accepted.
        earliest: BasicTime,
    },
    /// It is to be made yet.
    NotYetCurrent {
        /// When it was made.
        signed: BasicTime,
        /// The server's time.
        now: BasicTime,
        /// Until when it would be accepted.
        latest: BasicTime,
    },
    /// It is for another day, service or protocol.
    Scope(&'static str),
    /// A header that must be signed is not.
    Unsigned,
    /// The body is not the one whose hash was signed.
    Payload,
}

/// What a request says of its signature.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    authorization: Authorization<'a>,
    time: BasicTime,
}

impl<'a> Claim<'a> {
    /// Reads and checks everything that needs neither the body nor a secret.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn read(request: &Request<'a>, service: &str, now: Timestamp) -> Result<Self, Fault> {
        let header = header(request, "authorization")?.ok_or(Fault::Missing)?;
        let authorization = Authorization::parse(header).map_err(Fault::Malformed)?;
        if request.headers.iter().any(|(name, _)| *name == "x-amz-security-token") {
            return Err(Fault::SessionToken);
        }
        let date = header_of_date(request)?;
        let time = BasicTime::parse(date).ok_or(Fault::Malformed(Malformed::Date))?;
        check_time(time, now)?;
        if authorization.date != &date[..8] {
            return Err(Fault::Scope("the date in the credential is not that of X-Amz-Date"));
        }
        if authorization.service != service {
            return Err(Fault::Scope("the credential is scoped to another service"));
        }
        if authorization.terminator != TERMINATOR {
            return Err(Fault::Scope("the credential does not end with aws4_request"));
        }
        let claim = Self { authorization, time };
        match request.headers.iter().all(|(name, _)| !must_be_signed(name) || claim.signs(name)) && claim.signs("host")
        {
            true => Ok(claim),
            false => Err(Fault::Unsigned),
        }
    }

    /// Whose signature it is said to be.
    #[must_use]
    pub fn access_key(&self) -> &'a str {
        self.authorization.access_key
    }

    /// The region that the client means.
    #[must_use]
    pub fn region(&self) -> &'a str {
        self.authorization.region
    }

    /// What the signature is of.
    ///
    /// # Errors
    /// [`Fault::Payload`], or [`Fault::Unsigned`] when a header that is said to be signed is not there.
    pub fn signed(&self, request: &Request<'_>, body: &[u8]) -> Result<Signed, Fault> {
        let payload = hex(sha256(body).as_ref());
        let announced = request.headers.iter().filter(|(name, _)| *name == "x-amz-content-sha256");
        if announced.into_iter().any(|(_, value)| *value != payload.as_bytes()) {
            return Err(Fault::Payload);
        }
        let Authorization { date, region, service, terminator, .. } = self.authorization;
        let canonical = canonical::request(request, &self.authorization.signed_headers, &payload);
        let canonical = canonical.ok_or(Fault::Unsigned)?;
        let scope = format!("{date}/{region}/{service}/{terminator}");
        let text = format!("{ALGORITHM}\n{}\n{scope}\n{}", self.time, hex(sha256(&canonical).as_ref()));
        let keys = [date, region, service, terminator].map(str::to_owned);
        Ok(Signed { text, keys, signature: self.authorization.signature })
    }

    fn signs(&self, name: &str) -> bool {
        self.authorization.signed_headers.contains(&name)
    }
}

/// What was signed, and the signature that came with it.
#[derive(Clone, Debug)]
pub struct Signed {
    text: String,
    /// What the signing key is made of, one after the other.
    keys: [String; 4],
    signature: [u8; DIGEST_BYTES],
}

impl Signed {
    /// Whether the signature is that of whoever has this secret access key; compared in constant time.
    #[must_use]
    pub fn fits(&self, secret: &[u8]) -> bool {
        let first = zeroize::Zeroizing::new([b"AWS4", secret].concat());
        let next =
            |key: zeroize::Zeroizing<Vec<u8>>, part: &String| hmac(&key, part.as_bytes()).as_ref().to_vec().into();
        let key = self.keys.iter().fold(first, next);
        is_hmac(&key, self.text.as_bytes(), &self.signature)
    }
}

fn must_be_signed(name: &str) -> bool {
    name.starts_with(AMZ)
}

/// The one value of a header as text. Two are none: which one is meant, a proxy in front may read differently.
fn header<'a>(request: &Request<'a>, name: &str) -> Result<Option<&'a str>, Fault> {
    let mut values = request.headers.iter().filter(|(header, _)| *header == name).map(|(_, value)| *value);
    match (values.next().map(std::str::from_utf8), values.next()) {
        (None, _) => Ok(None),
        (Some(Ok(text)), None) => Ok(Some(text.trim())),
        (Some(_), _) => Err(Fault::Malformed(Malformed::Header)),
    }
}

fn header_of_date<'a>(request: &Request<'a>) -> Result<&'a str, Fault> {
    header(request, "x-amz-date")?.ok_or(Fault::Malformed(Malformed::Date))
}

fn check_time(signed: BasicTime, now: Timestamp) -> Result<(), Fault> {
    let at = |millis: i64| basic_time(Timestamp::from_millis(millis));
    let (earliest, latest) = (now.as_millis().saturating_sub(SKEW_MS_MAX), now.as_millis().saturating_add(SKEW_MS_MAX));
    match signed.as_millis() {
        // Signatures have whole seconds: one that was made within the limit counts as made within it.
        signed_ms if signed_ms + 999 < earliest => {
            Err(Fault::Expired { signed, now: basic_time(now), earliest: at(earliest) })
        }
        signed_ms if signed_ms > latest => {
            Err(Fault::NotYetCurrent { signed, now: basic_time(now), latest: at(latest) })
        }
        _ => Ok(()),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing into a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
