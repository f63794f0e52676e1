//! Headers of a request that say it is signed.

#![no_main]

use biometric::Timestamp;
use libfuzzer_sys::fuzz_target;
use rekognition::sigv4::{Claim, Request};

fuzz_target!(|input: (&str, &str, &str, &str, &[u8], &[u8])| {
    let (path, query, authorization, date, value, body) = input;
    let headers: [(&str, &[u8]); 4] = [
        ("host", b"localhost"),
        ("authorization", authorization.as_bytes()),
        ("x-amz-date", date.as_bytes()),
        ("x-amz-target", value),
    ];
    let request = Request { method: "POST", path, query, headers: &headers };
    // The time of the request that the corpus begins with.
    let now = Timestamp::from_millis(1_440_938_160_000);
    if let Ok(claim) = Claim::read(&request, "rekognition", now)
        && let Ok(signed) = claim.signed(&request, body)
    {
        assert!(!signed.fits(b"a secret that the fuzzer does not know"));
    }
});
