//! The `Authorization` header, which may hold anything.

use super::ALGORITHM;
use super::hash::DIGEST_BYTES;

/// The most headers that a signature may be said to cover: a client signs a handful.
const SIGNED_HEADERS_MAX: usize = 64;

/// `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, SignedHeaders=A;B, Signature=HEX`, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization<'a> {
    /// Whose signature it is said to be.
    pub access_key: &'a str,
    /// The day, `YYYYMMDD`.
    pub date: &'a str,
    /// The region.
    pub region: &'a str,
    /// The service.
    pub service: &'a str,
    /// What must be `aws4_request`.
    pub terminator: &'a str,
    /// Names of the headers that are covered: lower case, sorted, each once.
    pub signed_headers: Vec<&'a str>,
    /// The signature.
    pub signature: [u8; DIGEST_BYTES],
}

/// What of a signature cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// It is no header of text, or there are two.
    Header,
    /// It is made by another algorithm.
    Algorithm,
    /// `Credential` is missing or has not five parts.
    Credential,
    /// `SignedHeaders` is missing, or its names are not lower case, sorted and each there once.
    SignedHeaders,
    /// `Signature` is missing or not 64 hexadecimal digits.
    Signature,
    /// `X-Amz-Date` is missing or no time.
    Date,
}

impl<'a> Authorization<'a> {
    /// Takes the header's value apart.
    ///
    /// # Errors
    /// [`Malformed`].
    pub fn parse(value: &'a str) -> Result<Self, Malformed> {
        let rest = value.strip_prefix(ALGORITHM).ok_or(Malformed::Algorithm)?;
        let rest = rest.strip_prefix(' ').ok_or(Malformed::Algorithm)?;
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for part in rest.split(',') {
            let (slot, value, missing) = match part.trim().split_once('=') {
                Some(("Credential", value)) => (&mut credential, value, Malformed::Credential),
                Some(("SignedHeaders", value)) => (&mut signed_headers, value, Malformed::SignedHeaders),
                Some(("Signature", value)) => (&mut signature, value, Malformed::Signature),
                Some(_) | None => return Err(Malformed::Header),
            };
            // Twice is none: it would be open which is meant.
            if slot.replace(value).is_some() {
                return Err(missing);
            }
        }
        let mut parts = credential.ok_or(Malformed::Credential)?.split('/');
        let parts = [0; 5].map(|_| parts.next()).into_iter().chain([parts.next()]).collect::<Vec<_>>();
        let [Some(access_key), Some(date), Some(region), Some(service), Some(terminator), None] = parts[..] else {
            return Err(Malformed::Credential);
        };
        if access_key.is_empty() || region.is_empty() {
            return Err(Malformed::Credential);
        }
        let signed_headers = names(signed_headers.ok_or(Malformed::SignedHeaders)?).ok_or(Malformed::SignedHeaders)?;
        let signature = digest(signature.ok_or(Malformed::Signature)?).ok_or(Malformed::Signature)?;
        Ok(Self { access_key, date, region, service, terminator, signed_headers, signature })
    }
}

fn names(text: &str) -> Option<Vec<&str>> {
    let names: Vec<&str> = text.split(';').take(SIGNED_HEADERS_MAX + 1).collect();
    let is_name =
        |name: &&str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && !b.is_ascii_uppercase());
    let is_sorted = names.is_sorted_by(|a, b| a < b);
    (names.len() <= SIGNED_HEADERS_MAX && is_sorted && names.iter().all(is_name)).then_some(names)
}

/// 64 hexadecimal digits, lower case as every client writes them.
fn digest(text: &str) -> Option<[u8; DIGEST_BYTES]> {
    let digits = text.as_bytes();
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut digest = [0; DIGEST_BYTES];
    if digits.len() != 2 * digest.len() {
        return None;
    }
    for (byte, [high, low]) in digest.iter_mut().zip(digits.as_chunks::<2>().0) {
        *byte = 16 * value(*high)? + value(*low)?;
    }
    Some(digest)
}
