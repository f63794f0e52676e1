//! For people: what differs when a signature does not fit.
//!
//! Nothing here lets anybody in. The line is signed again with each of the mistakes that clients make, and the one that the
//! signature fits is named.

use std::borrow::Cow;

use crate::rsa::hex;
use crate::{Line, Presented, PresentedError, RequestLine, Verifier, WindowError, accept};

/// What was found out about a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It fits, by the client key at this place.
    Fits {
        /// The place among the verifiers.
        verifier: usize,
    },
    /// There is no client key that it could fit.
    NoKeys,
    /// Something is wrong with the headers.
    Headers(PresentedError),
    /// Something is wrong with the timestamp.
    Timestamp(WindowError),
    /// It has so many bytes, and one of the keys makes so many.
    Length {
        /// The bytes that it has.
        bytes: usize,
        /// The bytes that it should have.
        expected: usize,
    },
    /// It would fit, were it not for this mistake.
    Mistake(Mistake),
    /// It holds the hash of another line, by the client key at this place.
    OtherLine {
        /// The place among the verifiers.
        verifier: usize,
    },
    /// It was made with another key, or in another way.
    OtherKey,
}

/// A mistake that clients make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// Another base URL was signed.
    BaseUrl(String),
    /// The path was signed decoded, or encoded otherwise: this one.
    Uri(String),
    /// The body was signed with other line breaks, or white space at its end.
    BodyWhiteSpace,
    /// The body was left out.
    BodyMissing,
    /// The timestamp was left out.
    TimestampMissing,
    /// The hash was signed in hexadecimal letters, instead of the line.
    HashOfHash,
    /// The hash was signed as if it were the line.
    HashOfHashBytes,
    /// The parts stand between line feeds.
    LineFeeds,
}

impl Mistake {
    /// What to do, in a sentence.
    #[must_use]
    pub fn says(&self) -> String {
        match self {
            Self::BaseUrl(base) => format!("The signature fits the base URL {base}, which is not the one of this service."),
            Self::Uri(uri) => format!("The signature fits the URI {uri}, which is not the one that was sent."),
            Self::BodyWhiteSpace => {
                "The signature fits another body that differs in line breaks or white space: sign the very bytes that are sent."
                    .to_owned()
            }
            Self::BodyMissing => "The signature fits the line without the body.".to_owned(),
            Self::TimestampMissing => "The signature fits the line without the timestamp.".to_owned(),
            Self::HashOfHash => {
                "The hexadecimal hash was signed: sign the line itself, since signing hashes it already.".to_owned()
            }
            Self::HashOfHashBytes => "The hash was hashed again: sign the line itself, since signing hashes it already.".to_owned(),
            Self::LineFeeds => "There are line feeds between the parts: nothing stands between them.".to_owned(),
        }
    }
}

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// The line that should be signed.
    pub line: Vec<u8>,
    /// Its SHA-256, in hexadecimal: hash#1 of the page.
    pub hash: String,
    /// The SHA-256 that the signature holds, where it can be told: hash#2.
    pub signed_hash: Option<String>,
    /// What was found, what matters most first; never empty.
    pub findings: Vec<Finding>,
}

/// Looks at a signature. `presented` is what the headers gave; `verifiers` are the client keys of the API key; `now_ms` is the
/// server's clock.
#[must_use]
pub fn diagnose(
    line: &RequestLine<'_>,
    presented: Result<&Presented<'_>, PresentedError>,
    verifiers: &[Verifier],
    now_ms: i64,
) -> Diagnosis {
    let signature = presented.map(|presented| presented.signature.as_bytes()).unwrap_or_default();
    let recovered = |verifier: &Verifier| match verifier {
        Verifier::Rsa(key) => key.recovered_digest(signature),
        Verifier::Hmac(_) => None,
    };
    let signed_hash = verifiers.iter().find_map(recovered);
    let mut findings = Vec::new();
    match presented {
        Err(error) => findings.push(Finding::Headers(error)),
        Ok(_) => findings.push(signature_finding(line, signature, verifiers)),
    }
    if let Err(error) = accept(line.timestamp, now_ms) {
        findings.push(Finding::Timestamp(error));
    }
    let hash = hex(line.digest().as_ref());
    Diagnosis { line: line.to_bytes(), hash, signed_hash: signed_hash.map(|digest| hex(&digest)), findings }
}

fn signature_finding(line: &RequestLine<'_>, signature: &[u8], verifiers: &[Verifier]) -> Finding {
    let fits = |line: &dyn Line| verifiers.iter().position(|verifier| verifier.verifies(line, signature));
    if verifiers.is_empty() {
        return Finding::NoKeys;
    }
    if let Some(verifier) = fits(line) {
        return Finding::Fits { verifier };
    }
    if let Some(mistake) = mistakes(line).into_iter().find_map(|(mistake, bytes)| fits(&Bytes(&bytes)).map(|_| mistake))
    {
        return Finding::Mistake(mistake);
    }
    let holds = |verifier: &Verifier| match verifier {
        Verifier::Rsa(key) => key.recovered_digest(signature).is_some(),
        Verifier::Hmac(_) => false,
    };
    if let Some(verifier) = verifiers.iter().position(holds) {
        return Finding::OtherLine { verifier };
    }
    let lengths = verifiers.iter().map(|verifier| match verifier {
        Verifier::Rsa(key) => key.signature_bytes(),
        Verifier::Hmac(_) => 32,
    });
    let lengths: Vec<usize> = lengths.collect();
    match lengths.first() {
        Some(expected) if !lengths.contains(&signature.len()) => {
            Finding::Length { bytes: signature.len(), expected: *expected }
        }
        Some(_) | None => Finding::OtherKey,
    }
}

/// A line of which only the bytes are known.
struct Bytes<'a>(&'a [u8]);

impl Line for Bytes<'_> {
    fn parts(&self, each: &mut dyn FnMut(&[u8])) {
        each(self.0);
    }
}

/// Each mistake with the line that it makes.
fn mistakes(line: &RequestLine<'_>) -> Vec<(Mistake, Vec<u8>)> {
    let mut found = Vec::new();
    for base in other_bases(line.base_url) {
        let bytes = RequestLine { base_url: &base, ..*line }.to_bytes();
        found.push((Mistake::BaseUrl(base), bytes));
    }
    for uri in other_uris(line.uri) {
        let bytes = RequestLine { uri: &uri, ..*line }.to_bytes();
        found.push((Mistake::Uri(uri), bytes));
    }
    for body in other_bodies(line.body) {
        found.push((Mistake::BodyWhiteSpace, RequestLine { body: &body, ..*line }.to_bytes()));
    }
    found.push((Mistake::BodyMissing, RequestLine { body: b"", ..*line }.to_bytes()));
    found.push((Mistake::TimestampMissing, RequestLine { timestamp: "", ..*line }.to_bytes()));
    let digest = line.digest();
    found.push((Mistake::HashOfHash, hex(digest.as_ref()).into_bytes()));
    found.push((Mistake::HashOfHashBytes, digest.as_ref().to_vec()));
    let parts = [line.base_url.as_bytes(), line.uri.as_bytes(), line.body, line.timestamp.as_bytes()];
    found.push((Mistake::LineFeeds, parts.join(&b'\n')));
    found
}

/// The same place in other words: another scheme, a slash at its end, nothing at all, or what the page has as an example.
fn other_bases(base: &str) -> Vec<String> {
    let host = base.split_once("://").map_or(base, |(_, host)| host);
    let without_port = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let schemes = ["http", "https"].into_iter();
    let hosts = schemes.flat_map(|scheme| [host, without_port].map(|host| format!("{scheme}://{host}")));
    let local = ["localhost", "127.0.0.1"].map(|name| {
        let port = host.rsplit_once(':').map_or(String::new(), |(_, port)| format!(":{port}"));
        format!("http://{name}{port}")
    });
    let plain: Vec<String> =
        hosts.chain(local).chain(["https://api.auther.tech".to_owned(), host.to_owned()]).collect();
    let slashed: Vec<String> = plain.iter().map(|base| format!("{base}/")).collect();
    plain.into_iter().chain(slashed).chain([format!("{base}/"), String::new()]).filter(|other| other != base).collect()
}

fn other_uris(uri: &str) -> Vec<String> {
    let path = uri.split_once('?').map_or(uri, |(path, _)| path);
    let decoded = percent_decoded(uri);
    let others = [
        path.to_owned(),
        decoded.into_owned(),
        path.trim_end_matches('/').to_owned(),
        format!("{path}/"),
        String::new(),
    ];
    let bare = uri.strip_prefix('/').map(str::to_owned);
    others.into_iter().chain(bare).filter(|other| other != uri).collect()
}

fn percent_decoded(text: &str) -> Cow<'_, str> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    match String::from_utf8(bytes) {
        Ok(decoded) => decoded.into(),
        Err(_) => text.into(),
    }
}

/// The same words between other white space.
fn other_bodies(body: &[u8]) -> Vec<Vec<u8>> {
    let Ok(text) = std::str::from_utf8(body) else { return Vec::new() };
    let unix = text.replace("\r\n", "\n");
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let spaced = compact.replace("\":", "\": ").replace(",\"", ", \"");
    let trimmed = text.trim().to_owned();
    let dos = unix.replace('\n', "\r\n");
    let ended = [format!("{trimmed}\n"), format!("{trimmed}\r\n")];
    let all = [unix, dos, trimmed, compact, spaced].into_iter().chain(ended);
    all.filter(|other| other != text).map(String::into_bytes).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::{Nonce, PrivateKey, Signature, SigningKey};

    const NOW: i64 = 1_764_000_000_000;

    const LINE: RequestLine<'_> = RequestLine {
        method: "POST",
        base_url: "https://auth.example.org",
        uri: "/person/face/a%40b?x=1",
        body: b"{\"faceImage\": \"AAEC\"}",
        timestamp: "1764000000000",
        nonce: None,
    };

    fn look(line: &RequestLine<'_>, signature: &[u8], verifiers: &[Verifier]) -> Diagnosis {
        let signature = Signature::parse(&base64_simd::STANDARD.encode_to_string(signature)).expect("base64");
        diagnose(line, Ok(&Presented { signature, nonce: line.nonce }), verifiers, NOW)
    }

    #[test]
    fn a_right_signature_fits_and_holds_the_hash_of_the_line() {
        let pair = PrivateKey::generate().expect("a pair");
        let verifiers = [
            Verifier::Hmac(Arc::new(SigningKey::new("sk".to_owned().into()))),
            Verifier::Rsa(pair.public().expect("its half")),
        ];
        for line in [LINE, RequestLine { nonce: Nonce::parse("0123456789abcdef"), ..LINE }] {
            let found = look(&line, &pair.sign(&line).expect("signed"), &verifiers);
            assert_eq!(found.findings, [Finding::Fits { verifier: 1 }]);
            assert_eq!(found.signed_hash.as_ref(), Some(&found.hash));
            assert_eq!(found.line, line.to_bytes());
        }
    }

    #[test]
    fn every_mistake_is_named() {
        let key = SigningKey::new("sk".to_owned().into());
        let verifiers = [Verifier::Hmac(Arc::new(SigningKey::new("sk".to_owned().into())))];
        let plain = |line: RequestLine<'_>| line.to_bytes();
        let base =
            |base_url: &'static str| (plain(RequestLine { base_url, ..LINE }), Mistake::BaseUrl(base_url.to_owned()));
        let uri = |uri: &'static str| (plain(RequestLine { uri, ..LINE }), Mistake::Uri(uri.to_owned()));
        let body = |body: &'static [u8]| plain(RequestLine { body, ..LINE });
        let hash = LINE.digest();
        for (signed, mistake) in [
            base("https://auth.example.org/"),
            base("http://auth.example.org"),
            base("https://api.auther.tech"),
            base(""),
            uri("/person/face/a@b?x=1"),
            uri("/person/face/a%40b"),
            (body(b"{\"faceImage\":\"AAEC\"}"), Mistake::BodyWhiteSpace),
            (body(b"{\"faceImage\": \"AAEC\"}\n"), Mistake::BodyWhiteSpace),
            (body(b""), Mistake::BodyMissing),
            (plain(RequestLine { timestamp: "", ..LINE }), Mistake::TimestampMissing),
            (hex(hash.as_ref()).into_bytes(), Mistake::HashOfHash),
            (hash.as_ref().to_vec(), Mistake::HashOfHashBytes),
            (
                b"https://auth.example.org\n/person/face/a%40b?x=1\n{\"faceImage\": \"AAEC\"}\n1764000000000".to_vec(),
                Mistake::LineFeeds,
            ),
        ] {
            assert!(!mistake.says().is_empty());
            let found = look(&LINE, &key.sign(&Bytes(&signed)), &verifiers);
            assert_eq!(found.findings, [Finding::Mistake(mistake)]);
            assert_eq!(found.signed_hash, None, "a shared signature hides what was signed");
        }
    }

    #[test]
    fn what_is_no_known_mistake_is_told_apart_as_far_as_can_be() {
        let (pair, other) = (PrivateKey::generate().expect("a pair"), PrivateKey::generate().expect("a pair"));
        let verifiers = [Verifier::Rsa(pair.public().expect("its half"))];
        let elsewhere = RequestLine { uri: "/elsewhere", ..LINE };
        let found = look(&LINE, &pair.sign(&elsewhere).expect("signed"), &verifiers);
        assert_eq!(found.findings, [Finding::OtherLine { verifier: 0 }]);
        assert_eq!(found.signed_hash, Some(hex(elsewhere.digest().as_ref())));
        assert_eq!(look(&LINE, &other.sign(&LINE).expect("signed"), &verifiers).findings, [Finding::OtherKey]);
        assert_eq!(look(&LINE, &[1; 32], &verifiers).findings, [Finding::Length { bytes: 32, expected: 256 }]);
        assert_eq!(look(&LINE, &[1; 32], &[]).findings, [Finding::NoKeys]);
        let late = RequestLine { timestamp: "1763000000000", ..LINE };
        let outside = Finding::Timestamp(WindowError::Outside { away_ms: -1_000_000_000 });
        assert_eq!(
            look(&late, &pair.sign(&late).expect("signed"), &verifiers).findings,
            [Finding::Fits { verifier: 0 }, outside]
        );
        let found = diagnose(&LINE, Err(PresentedError::Version), &verifiers, NOW);
        assert_eq!(found.findings, [Finding::Headers(PresentedError::Version)]);
    }

    proptest! {
        #[test]
        fn nothing_that_is_pasted_makes_it_panic(uri: String, body: Vec<u8>, timestamp: String, signature: Vec<u8>) {
            let line = RequestLine { uri: &uri, body: &body, timestamp: &timestamp, ..LINE };
            let verifiers = [Verifier::Hmac(Arc::new(SigningKey::new("sk".to_owned().into())))];
            if let Some(signature) = Signature::parse(&base64_simd::STANDARD.encode_to_string(signature)) {
                let found = diagnose(&line, Ok(&Presented { signature, nonce: None }), &verifiers, NOW);
                prop_assert!(!found.findings.is_empty());
            }
        }

        #[test]
        fn no_bytes_hold_a_digest_that_was_not_signed(signature in prop::collection::vec(any::<u8>(), 0..300)) {
            static KEY: std::sync::LazyLock<crate::PublicKey> =
                std::sync::LazyLock::new(|| PrivateKey::generate().expect("a pair").public().expect("its half"));
            prop_assert_eq!(KEY.recovered_digest(&signature), None);
        }
    }
}
