//! A request as people paste it: the words on the wire, or what `curl -v` shows of them.

/// What matters of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pasted {
    pub(super) method: String,
    pub(super) uri: String,
    pub(super) signature: String,
    pub(super) timestamp: String,
    pub(super) version: Option<String>,
    pub(super) nonce: Option<String>,
    pub(super) body: String,
}

impl Pasted {
    /// Takes a request apart; the complaint says what is missing.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        // A form sends every line break as CR LF, whatever was in the field.
        let text = text.replace("\r\n", "\n");
        let (head, body) = text.trim_start().split_once("\n\n").unwrap_or((text.trim(), ""));
        // So `curl -v` marks what it sends.
        let mut lines = head.lines().map(|line| line.strip_prefix("> ").unwrap_or(line).trim());
        let mut words = lines.next().unwrap_or_default().split_whitespace();
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Err("The first line is the method and the path, such as: POST /person/face/jane HTTP/1.1");
        };
        let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
        let header = |name: &str| {
            let found = headers.iter().find(|(known, _)| known.trim().eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.trim().to_owned())
        };
        let Some(signature) = header("signature") else {
            return Err("There is no line that begins with Signature: paste the request with its headers.");
        };
        let is_bodiless = matches!(method, "GET" | "DELETE");
        Ok(Self {
            method: method.to_owned(),
            uri: path(target).to_owned(),
            signature,
            timestamp: header("timestamp").unwrap_or_default(),
            version: header("signature-version"),
            nonce: header("nonce"),
            // What ends the field is hardly ever part of a body; where it is, that is one of the mistakes that are tried.
            body: if is_bodiless { String::new() } else { body.trim_end_matches('\n').to_owned() },
        })
    }
}

/// Path and query of a target, which may be a whole address.
fn path(target: &str) -> &str {
    match target.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => target,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BODY: &str = "{\"faceImage\": \"AAEC\"}";

    #[test]
    fn the_words_on_the_wire_and_those_of_curl_are_read() {
        let wire = "POST /person/face/a%40b?x=1 HTTP/1.1\r\nHost: h\r\nSignature: AAAA\r\nTimestamp: 17\r\n\r\n{\"faceImage\": \"AAEC\"}";
        let curl = "> POST /person/face/a%40b?x=1 HTTP/1.1\n> Host: h\n> signature:AAAA\n> timestamp: 17\n\n{\"faceImage\": \"AAEC\"}\n";
        let whole =
            "POST https://h:1/person/face/a%40b?x=1\nSignature: AAAA\nTimestamp: 17\n\n{\"faceImage\": \"AAEC\"}";
        for text in [wire, curl, whole] {
            let pasted = Pasted::parse(text).expect("read");
            assert_eq!((pasted.method.as_str(), pasted.uri.as_str()), ("POST", "/person/face/a%40b?x=1"));
            assert_eq!((pasted.signature.as_str(), pasted.timestamp.as_str()), ("AAAA", "17"));
            assert_eq!((pasted.body.as_str(), pasted.version, pasted.nonce), (BODY, None, None));
        }
    }

    #[test]
    fn what_is_missing_is_said() {
        for text in ["", "POST", "POST /a HTTP/1.1\nTimestamp: 1"] {
            assert!(Pasted::parse(text).is_err(), "{text:?}");
        }
        let pasted = Pasted::parse("GET /a\nSignature: A\nSignature-Version: 2\nNonce: n\n\nignored").expect("read");
        assert_eq!((pasted.version.as_deref(), pasted.nonce.as_deref()), (Some("2"), Some("n")));
        assert_eq!((pasted.timestamp.as_str(), pasted.body.as_str()), ("", ""));
    }

    proptest! {
        #[test]
        fn nothing_that_is_pasted_makes_it_panic(text: String) {
            let _ = Pasted::parse(&text);
        }

        #[test]
        fn no_target_makes_it_panic(target in "[a-z:/?]{0,12}") {
            let _ = path(&target);
        }
    }
}
