//! What is signed.
//!
//! Version 1 is the page's: `base_url + uri + body + timestamp`, plain concatenation. It does not say where one part ends,
//! nor which method was meant: two different requests may have one line. Version 2 names every part and its length, as a
//! netstring (D. J. Bernstein, *Netstrings*, 1997): `<decimal length>:<bytes>,`. No two different requests have one line.

use aws_lc_rs::digest::{Context, Digest, SHA256};

/// Which line is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// The page's plain concatenation.
    Plain,
    /// Length-prefixed parts and a nonce.
    LengthPrefixed,
}

impl Version {
    /// How the header `Signature-Version` says it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Plain => "1",
            Self::LengthPrefixed => "2",
        }
    }
}

/// A text that a client chooses afresh for each request: 16 to 64 characters of `A-Z a-z 0-9 - _`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nonce<'a>(&'a str);

impl<'a> Nonce<'a> {
    /// Fewer characters would not hold 96 bits, with which no two meet by chance.
    const CHARS_MIN: usize = 16;
    /// More would only be longer.
    const CHARS_MAX: usize = 64;

    /// The nonce, if the text is one.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let fits = (Self::CHARS_MIN..=Self::CHARS_MAX).contains(&text.len());
        (fits && text.bytes().all(is_allowed)).then_some(Self(text))
    }

    /// The text.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

/// The line of a request. Nothing is copied: bodies hold megabytes.
#[derive(Clone, Copy, Debug)]
pub struct RequestLine<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The configured public base, without a slash at its end.
    pub base_url: &'a str,
    /// Path and query as they were sent.
    pub uri: &'a str,
    /// The exact bytes of the body.
    pub body: &'a [u8],
    /// `Timestamp` as it was sent: milliseconds since the epoch, decimal.
    pub timestamp: &'a str,
    /// The nonce, with which the line is of version 2.
    pub nonce: Option<Nonce<'a>>,
}

/// The line of a response.
#[derive(Clone, Copy, Debug)]
pub struct ResponseLine<'a> {
    /// The status, three digits.
    pub status: u16,
    /// The method of the request.
    pub method: &'a str,
    /// The configured public base.
    pub base_url: &'a str,
    /// Path and query of the request.
    pub uri: &'a str,
    /// The exact bytes of the response's body.
    pub body: &'a [u8],
    /// `Timestamp` of the response.
    pub timestamp: &'a str,
    /// The nonce of the request, with which the line is of version 2.
    pub nonce: Option<Nonce<'a>>,
}

/// Something that is signed: bytes in parts.
pub trait Line {
    /// Hands over the parts in their order.
    fn parts(&self, each: &mut dyn FnMut(&[u8]));

    /// SHA-256 of the line: what `openssl dgst -sha256` prints of it.
    fn digest(&self) -> Digest {
        let mut context = Context::new(&SHA256);
        self.parts(&mut |part| context.update(part));
        context.finish()
    }

    /// The whole line, for people who look for what differs.
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.parts(&mut |part| bytes.extend_from_slice(part));
        bytes
    }
}

impl Line for RequestLine<'_> {
    fn parts(&self, each: &mut dyn FnMut(&[u8])) {
        let Self { method, base_url, uri, body, timestamp, nonce } = *self;
        match nonce {
            None => [base_url.as_bytes(), uri.as_bytes(), body, timestamp.as_bytes()].map(each),
            Some(Nonce(nonce)) => {
                let texts = ["auther-request-v2", method, base_url, uri].map(str::as_bytes);
                netstrings(texts.into_iter().chain([body, timestamp.as_bytes(), nonce.as_bytes()]), each);
                return;
            }
        };
    }
}

impl Line for ResponseLine<'_> {
    fn parts(&self, each: &mut dyn FnMut(&[u8])) {
        let Self { status, method, base_url, uri, body, timestamp, nonce } = *self;
        match nonce {
            None => [base_url.as_bytes(), uri.as_bytes(), body, timestamp.as_bytes()].map(each),
            Some(Nonce(nonce)) => {
                let status = format!("{status:03}");
                let texts = ["auther-response-v2", &status, method, base_url, uri].map(str::as_bytes);
                netstrings(texts.into_iter().chain([body, timestamp.as_bytes(), nonce.as_bytes()]), each);
                return;
            }
        };
    }
}

fn netstrings<'a>(fields: impl Iterator<Item = &'a [u8]>, each: &mut dyn FnMut(&[u8])) {
    for field in fields {
        each(format!("{}:", field.len()).as_bytes());
        each(field);
        each(b",");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BASE: &str = "https://auth.example.org";

    fn request<'a>(method: &'a str, uri: &'a str, body: &'a [u8], time: &'a str, nonce: Option<&'a str>) -> Vec<u8> {
        let nonce = nonce.map(|nonce| Nonce::parse(nonce).expect("a nonce"));
        RequestLine { method, base_url: BASE, uri, body, timestamp: time, nonce }.to_bytes()
    }

    #[test]
    fn the_lines_are_as_they_are_documented() {
        let plain = request("POST", "/person/face/a?x=1", b"{}", "1700000000000", None);
        assert_eq!(plain, b"https://auth.example.org/person/face/a?x=1{}1700000000000");
        let prefixed = request("POST", "/p", b"{}", "1700000000000", Some("0123456789abcdef"));
        let expected =
            b"17:auther-request-v2,4:POST,24:https://auth.example.org,2:/p,2:{},13:1700000000000,16:0123456789abcdef,";
        assert_eq!(prefixed, expected);
        let line = ResponseLine {
            status: 404,
            method: "GET",
            base_url: BASE,
            uri: "/p",
            body: b"{}",
            timestamp: "1",
            nonce: Nonce::parse("0123456789abcdef"),
        };
        let expected: &[u8] =
            b"18:auther-response-v2,3:404,3:GET,24:https://auth.example.org,2:/p,2:{},1:1,16:0123456789abcdef,";
        assert_eq!(line.to_bytes(), expected);
        assert_eq!(ResponseLine { nonce: None, ..line }.to_bytes(), b"https://auth.example.org/p{}1");
    }

    #[test]
    fn a_nonce_is_what_it_has_to_be() {
        let texts = ["", "0123456789abcde", "0123456789abcde ", "0123456789abcde\u{e4}", &"a".repeat(65)];
        assert!(texts.iter().all(|text| Nonce::parse(text).is_none()));
        assert!([&"-_".repeat(8), &"Z".repeat(64)].iter().all(|text| Nonce::parse(text).is_some()));
    }

    /// What the page's line cannot tell apart, shown: SECURITY.md says so.
    #[test]
    fn the_plain_line_does_not_say_the_method_nor_where_a_part_ends() {
        assert_eq!(request("GET", "/a", b"", "1", None), request("DELETE", "/a", b"", "1", None));
        assert_eq!(request("POST", "/a", b"1", "1", None), request("POST", "/a", b"", "11", None));
        assert_eq!(request("POST", "/ab", b"c", "1", None), request("POST", "/a", b"bc", "1", None));
    }

    type Parts = (String, String, Vec<u8>, String, String);

    fn parts() -> impl Strategy<Value = Parts> {
        let text = || "[ -~]{0,4}";
        // Few characters, so that parts often end alike.
        let body = prop::collection::vec(prop::sample::select(&b"01:,/a"[..]), 0..6);
        ("(GET|PUT|POST|DELETE)", text(), body, "[0-9]{1,3}", "[01]{16,18}")
    }

    proptest! {
        /// Within one key the base is one; what is left is method, uri, body and timestamp.
        #[test]
        fn two_requests_have_one_plain_line_only_where_concatenation_makes_it_so(a in parts(), b in parts()) {
            let line = |p: &Parts| request(&p.0, &p.1, &p.2, &p.3, None);
            let joined = |p: &Parts| [p.1.as_bytes(), &p.2, p.3.as_bytes()].concat();
            prop_assert_eq!(line(&a) == line(&b), joined(&a) == joined(&b));
        }

        #[test]
        fn no_two_different_requests_have_one_length_prefixed_line(a in parts(), b in parts()) {
            let line = |p: &Parts| request(&p.0, &p.1, &p.2, &p.3, Some(&p.4));
            prop_assert_eq!(line(&a) == line(&b), a == b);
        }

        /// The same with parts that were made to collide: a byte moved over the border between two.
        #[test]
        fn a_byte_moved_from_part_to_part_changes_the_length_prefixed_line(a in parts(), cut in 0_usize..4) {
            prop_assume!(cut <= a.1.len() && cut > 0);
            let (head, tail) = a.1.split_at(a.1.len() - cut);
            let body = [tail.as_bytes(), &a.2].concat();
            let moved = request(&a.0, head, &body, &a.3, None);
            prop_assert_eq!(&moved, &request(&a.0, &a.1, &a.2, &a.3, None));
            let moved = request(&a.0, head, &body, &a.3, Some(&a.4));
            prop_assert_ne!(&moved, &request(&a.0, &a.1, &a.2, &a.3, Some(&a.4)));
        }

        /// No line of one version is one of the other, whatever the parts say, since a base URL begins with `http`.
        #[test]
        fn no_line_passes_for_one_of_the_other_version(a in parts(), b in parts()) {
            let plain = request(&a.0, &a.1, &a.2, &a.3, None);
            prop_assert_ne!(plain, request(&b.0, &b.1, &b.2, &b.3, Some(&b.4)));
        }
    }
}
