//! Signatures as AWS publishes them and as botocore makes them, and everything that is none.

use proptest::prelude::*;

use super::*;

/// The key of AWS's published examples.
const ACCESS_KEY: &str = "AKIDEXAMPLE";
const SECRET: &[u8] = b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const SCOPE: &str = "20150830/us-east-1";

/// 2015-08-30T12:36:00Z, the time of the examples.
const THEN: Timestamp = Timestamp::from_millis(1_440_938_160_000);

struct Example {
    method: &'static str,
    path: &'static str,
    query: &'static str,
    service: &'static str,
    headers: &'static [(&'static str, &'static [u8])],
    body: &'static [u8],
    signature: &'static str,
}

const PLAIN: Example = Example {
    method: "GET",
    path: "/",
    query: "",
    service: "service",
    headers: &[("host", b"example.amazonaws.com"), ("x-amz-date", b"20150830T123600Z")],
    body: b"",
    signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
};

/// The names are those of AWS's published test suite where they are from there; the others were made with botocore 1.44.8.
const EXAMPLES: &[(&str, Example)] = &[
    ("get-vanilla", PLAIN),
    (
        "post-vanilla",
        Example {
            method: "POST",
            signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ..PLAIN
        },
    ),
    (
        "get-vanilla-query-order-key-case",
        Example {
            query: "Param2=value2&Param1=value1",
            signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ..PLAIN
        },
    ),
    (
        "get-header-value-trim",
        Example {
            headers: &[
                ("host", b"example.amazonaws.com"),
                ("my-header1", b" value1"),
                ("my-header2", b"\"a   b   c\""),
                ("x-amz-date", b"20150830T123600Z"),
            ],
            signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
            ..PLAIN
        },
    ),
    ("get-relative", Example { path: "/example/..", ..PLAIN }),
    (
        "a folder with a dot",
        Example {
            path: "/./example/",
            signature: "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
            ..PLAIN
        },
    ),
    (
        "a path that is encoded",
        Example {
            path: "/%E1%88%B4",
            signature: "697b34846207a3f72246f99d74ae1ee4fe54f44bb06730c58a0d339eb079596d",
            ..PLAIN
        },
    ),
    (
        "the request of the guide to signing",
        Example {
            query: "Action=ListUsers&Version=2010-05-08",
            service: "iam",
            headers: &[
                ("content-type", b"application/x-www-form-urlencoded; charset=utf-8"),
                ("host", b"iam.amazonaws.com"),
                ("x-amz-date", b"20150830T123600Z"),
            ],
            signature: "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
            ..PLAIN
        },
    ),
    (
        "a call as boto3 makes it",
        Example {
            method: "POST",
            service: "rekognition",
            headers: &[
                ("content-type", b"application/x-amz-json-1.1"),
                ("host", b"127.0.0.1:8081"),
                ("x-amz-date", b"20150830T123600Z"),
                ("x-amz-target", b"RekognitionService.ListCollections"),
            ],
            body: br#"{"MaxResults": 3}"#,
            signature: "f7ce4b13ab87fc517744cd1f74df2f71ecdeba1a49f9df99493281aa426d0f43",
            ..PLAIN
        },
    ),
];

impl Example {
    /// The header that a client adds.
    fn authorization(&self) -> String {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| *name).collect();
        format!(
            "AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{SCOPE}/{}/aws4_request, SignedHeaders={}, Signature={}",
            self.service,
            names.join(";"),
            self.signature
        )
    }

    /// Whether it is accepted with this header, these others and this body, now.
    fn verify(
        &self,
        authorization: &str,
        more: &[(&'static str, &'static [u8])],
        body: &[u8],
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let own = [("authorization", authorization.as_bytes())];
        let headers: Vec<_> = self.headers.iter().chain(more).copied().chain(own).collect();
        let request = Request { method: self.method, path: self.path, query: self.query, headers: &headers };
        let claim = Claim::read(&request, self.service, now)?;
        assert_eq!((claim.access_key(), claim.region()), (ACCESS_KEY, "us-east-1"));
        Ok(claim.signed(&request, body)?.fits(SECRET))
    }
}

#[test]
fn published_signatures_and_those_of_botocore_fit() {
    for (name, example) in EXAMPLES {
        assert_eq!(example.verify(&example.authorization(), &[], example.body, THEN), Ok(true), "{name}");
    }
}

#[test]
fn whatever_is_changed_does_not_fit() {
    let own = PLAIN.authorization();
    let changed = [
        Example { method: "POST", ..PLAIN },
        Example { path: "/x", ..PLAIN },
        Example { query: "a", ..PLAIN },
        Example { headers: &[("host", b"elsewhere"), ("x-amz-date", b"20150830T123600Z")], ..PLAIN },
        Example { headers: &[("host", b"example.amazonaws.com"), ("x-amz-date", b"20150830T123601Z")], ..PLAIN },
    ];
    for example in changed {
        assert_eq!(example.verify(&own, &[], b"", THEN), Ok(false));
    }
    assert_eq!(PLAIN.verify(&own, &[], b" ", THEN), Ok(false), "another body");
    let region = own.replace("us-east-1", "us-east-2");
    let request = Request { method: "GET", path: "/", query: "", headers: &[] };
    let with = |authorization: &'_ str| {
        let headers: Vec<_> =
            PLAIN.headers.iter().copied().chain([("authorization", authorization.as_bytes())]).collect();
        let request = Request { headers: &headers, ..request };
        Claim::read(&request, "service", THEN).and_then(|claim| Ok(claim.signed(&request, b"")?.fits(SECRET)))
    };
    assert_eq!(with(&own), Ok(true));
    assert_eq!(with(&region), Ok(false));
    assert!(with(&own).is_ok_and(|fits| fits) && !fits_with(b"another secret"));
}

fn fits_with(secret: &[u8]) -> bool {
    let authorization = PLAIN.authorization();
    let own = [("authorization", authorization.as_bytes())];
    let headers: Vec<_> = PLAIN.headers.iter().copied().chain(own).collect();
    let request = Request { method: "GET", path: "/", query: "", headers: &headers };
    let claim = Claim::read(&request, "service", THEN).expect("whole");
    claim.signed(&request, b"").expect("whole").fits(secret)
}

#[test]
fn a_signature_is_good_for_five_minutes_either_way() {
    let own = PLAIN.authorization();
    let at = |seconds: i64| PLAIN.verify(&own, &[], b"", Timestamp::from_millis(THEN.as_millis() + 1_000 * seconds));
    for seconds in [-300, -1, 0, 299, 300] {
        assert_eq!(at(seconds), Ok(true), "{seconds}");
    }
    assert!(matches!(at(302), Err(Fault::Expired { .. })));
    assert!(matches!(at(-301), Err(Fault::NotYetCurrent { .. })));
    let Err(Fault::Expired { signed, now, earliest }) = at(600) else { panic!("expired") };
    let texts = [signed, now, earliest].map(|time| time.to_string());
    assert_eq!(texts, ["20150830T123600Z", "20150830T124600Z", "20150830T124100Z"]);
}

#[test]
fn what_is_not_for_us_or_not_covered_is_refused() {
    let own = PLAIN.authorization();
    let refused = |authorization: &str, more| PLAIN.verify(authorization, more, b"", THEN).expect_err("refused");
    assert!(matches!(refused(&own.replace("/20150830/", "/20150831/"), &[]), Fault::Scope(_)));
    assert!(matches!(refused(&own.replace("/service/", "/s3/"), &[]), Fault::Scope(_)));
    assert!(matches!(refused(&own.replace("aws4_request", "aws5_request"), &[]), Fault::Scope(_)));
    assert_eq!(refused(&own, &[("x-amz-target", b"X")]), Fault::Unsigned);
    assert_eq!(refused(&own.replace("host;", ""), &[]), Fault::Unsigned);
    assert_eq!(refused(&own.replace("host;", "host;other;"), &[]), Fault::Unsigned, "it is not there");
    assert_eq!(refused(&own, &[("x-amz-security-token", b"t")]), Fault::SessionToken);
    assert_eq!(refused(&own, &[("authorization", b"again")]), Fault::Malformed(Malformed::Header));
    let bare = Request { method: "GET", path: "/", query: "", headers: PLAIN.headers };
    assert_eq!(Claim::read(&bare, "service", THEN).err(), Some(Fault::Missing));
}

#[test]
fn a_hash_that_is_announced_must_be_that_of_the_body() {
    const EMPTY: &[u8] = b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let signed: [(&str, &[u8]); 3] =
        [("host", b"h"), ("x-amz-content-sha256", EMPTY), ("x-amz-date", b"20150830T123600Z")];
    let authorization = PLAIN.authorization().replace("host;x-amz-date", "host;x-amz-content-sha256;x-amz-date");
    let headers: Vec<_> = signed.into_iter().chain([("authorization", authorization.as_bytes())]).collect();
    let request = Request { method: "GET", path: "/", query: "", headers: &headers };
    let claim = Claim::read(&request, "service", THEN).expect("whole");
    assert!(claim.signed(&request, b"").is_ok());
    assert_eq!(claim.signed(&request, b"x").err(), Some(Fault::Payload));
}

#[test]
fn headers_that_cannot_be_read_are_named() {
    let digits = "0".repeat(64);
    let good = format!("AWS4-HMAC-SHA256 Credential=K/1/r/s/aws4_request,SignedHeaders=a;b,Signature={digits}");
    assert!(Authorization::parse(&good).is_ok(), "a space behind a comma may be missing");
    for (from, to, what) in [
        ("AWS4-HMAC-SHA256", "AWS3", Malformed::Algorithm),
        ("K/1/r/s/aws4_request", "K/1/r/s", Malformed::Credential),
        ("K/1/r/s/aws4_request", "K/1/r/s/aws4_request/x", Malformed::Credential),
        ("K/1/r/s/", "/1/r/s/", Malformed::Credential),
        ("a;b", "b;a", Malformed::SignedHeaders),
        ("a;b", "a;a", Malformed::SignedHeaders),
        ("a;b", "A;b", Malformed::SignedHeaders),
        ("a;b", "", Malformed::SignedHeaders),
        ("Signature=0", "Signature=", Malformed::Signature),
        ("Signature=0", "Signature=F", Malformed::Signature),
        ("Signature=", "Other=", Malformed::Header),
        ("SignedHeaders=a;b", "Credential=K", Malformed::Credential),
    ] {
        assert_eq!(Authorization::parse(&good.replacen(from, to, 1)), Err(what), "{from} -> {to}");
    }
}

#[test]
fn times_are_read_as_they_are_written_and_nothing_else() {
    for text in ["20150830T123600Z", "19700101T000000Z", "20000229T235959Z", "99991231T235959Z", "00000101T000000Z"] {
        assert_eq!(BasicTime::parse(text).expect(text).to_string(), text);
    }
    assert_eq!(BasicTime::parse("20150830T123600Z").map(BasicTime::as_millis), Some(THEN.as_millis()));
    for text in [
        "",
        "20150830T123600",
        "20150830 123600Z",
        "20150230T123600Z",
        "20151301T000000Z",
        "20150830T240000Z",
        "20150830T126000Z",
        "2015083\u{660}T12360Z",
        "+0150830T123600Z",
    ] {
        assert_eq!(BasicTime::parse(text), None, "{text}");
    }
}

/// A header as a client would write it, so that random ones are not all refused at their first letter.
fn nearly_good() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("AWS4-HMAC-SHA256 ".to_owned()),
        Just("Credential=AKID/20150830/us-east-1/rekognition/aws4_request".to_owned()),
        Just("SignedHeaders=host;x-amz-date".to_owned()),
        Just(format!("Signature={}", "0a".repeat(32))),
        Just(", ".to_owned()),
        "[ -~]{0,12}",
        ".{0,4}",
    ];
    prop::collection::vec(part, 0..9).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_header_is_read_or_refused(text in nearly_good()) {
        if let Ok(read) = Authorization::parse(&text) {
            prop_assert!(!read.signed_headers.is_empty() && read.signed_headers.len() <= 64);
            prop_assert!(read.signed_headers.is_sorted() && !read.access_key.is_empty());
        }
    }

    #[test]
    fn any_time_comes_back(seconds in -62_167_219_200_i64..253_402_300_800) {
        let time = basic_time(Timestamp::from_millis(1_000 * seconds));
        prop_assert_eq!(BasicTime::parse(&time.to_string()), Some(time));
    }

    /// Whatever a client sends where: nothing panics, and nobody who does not know the secret is let in.
    #[test]
    fn nothing_fits_by_chance(
        method in "[A-Z]{1,7}",
        path in "(/|/[ -~]{0,20}|.{0,10})",
        query in "([ -~]{0,30}|.{0,10})",
        name in "[a-z0-9-]{1,12}",
        value in prop::collection::vec(any::<u8>(), 0..40),
        body in prop::collection::vec(any::<u8>(), 0..40),
        signature in "[0-9a-f]{64}",
    ) {
        let mut names = vec!["host", "x-amz-date", name.as_str()];
        names.sort_unstable();
        names.dedup();
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=K/20150830/r/service/aws4_request, SignedHeaders={}, Signature={signature}",
            names.join(";")
        );
        let headers: Vec<(&str, &[u8])> = vec![
            ("host", b"h"), ("x-amz-date", b"20150830T123600Z"), (&name, &value), ("authorization", authorization.as_bytes()),
        ];
        let request = Request { method: &method, path: &path, query: &query, headers: &headers };
        if let Ok(claim) = Claim::read(&request, "service", THEN)
            && let Ok(signed) = claim.signed(&request, &body)
        {
            prop_assert!(!signed.fits(SECRET));
        }
    }
}
