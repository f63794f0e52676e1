//! The client's side of Signature Version 4, written from its description and not from the server's code.

use aws_lc_rs::{digest, hmac};
use axum::body::Body;
use axum::http::Request;
use biometric::Timestamp;

/// An access key with its secret.
#[derive(Clone, Debug)]
pub struct Signer {
    pub access_key: String,
    pub secret: String,
}

impl Signer {
    /// A call, signed at this time.
    pub fn request(&self, target: &str, body: &[u8], at: Timestamp) -> Request<Body> {
        let (time, host) = (rekognition::sigv4::basic_time(at).to_string(), "rekognition.test");
        let names = "content-type;host;x-amz-date;x-amz-target";
        let canonical = format!(
            "POST\n/\n\ncontent-type:application/x-amz-json-1.1\nhost:{host}\nx-amz-date:{time}\nx-amz-target:{target}\n\n\
             {names}\n{}",
            sha256(body)
        );
        let scope = format!("{}/eu-central-1/rekognition/aws4_request", &time[..8]);
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", sha256(canonical.as_bytes()));
        let mut key = format!("AWS4{}", self.secret).into_bytes();
        for part in scope.split('/') {
            key = mac(&key, part);
        }
        let signature = hex(&mac(&key, &text));
        let credential = format!("{}/{scope}", self.access_key);
        Request::post("/")
            .header("content-type", "application/x-amz-json-1.1")
            .header("host", host)
            .header("x-amz-date", &time)
            .header("x-amz-target", target)
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"),
            )
            .body(Body::from(body.to_vec()))
            .expect("a request")
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
