#![allow(missing_docs, reason = "a test")]
//! Held against `openssl`: what it signs we verify, and what we sign it verifies.

use std::fs;
use std::path::Path;
use std::process::Command;

use signing::{KeyError, Line, Nonce, PrivateKey, PublicKey, RequestLine, Signature, Signer, SigningKey};

fn openssl(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl").current_dir(folder).args(arguments).output().expect("openssl is installed");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).expect("written")
}

/// Lines of both versions, the last with bytes that are no text.
fn lines() -> Vec<RequestLine<'static>> {
    let line = RequestLine {
        method: "POST",
        base_url: "https://auth.example.org",
        uri: "/person/face/jane?x=%C3%A4",
        body: br#"{"faceImage":"AAEC"}"#,
        timestamp: "1764000000000",
        nonce: None,
    };
    let nonce = Nonce::parse("0123456789abcdef-_");
    vec![
        line,
        RequestLine { body: b"", ..line },
        RequestLine { nonce, ..line },
        RequestLine { body: &[0, 255, 10], ..line },
    ]
}

#[test]
fn what_openssl_signs_we_verify_and_what_we_sign_openssl_verifies() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    for bits in ["2048", "3072", "4096"] {
        let bits = format!("rsa_keygen_bits:{bits}");
        openssl(at, &["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", &bits, "-out", "key.pem"]);
        openssl(at, &["pkey", "-in", "key.pem", "-pubout", "-out", "public.pem"]);
        openssl(at, &["rsa", "-in", "key.pem", "-traditional", "-out", "old.pem"]);
        let public = PublicKey::from_pem(&read(at, "public.pem")).expect("a key");
        let private = PrivateKey::from_pem(&read(at, "key.pem")).expect("a key");
        assert_eq!(public.to_pem(), read(at, "public.pem"), "written as openssl writes it");
        assert_eq!(private.public().expect("its half").fingerprint(), public.fingerprint());
        for line in lines() {
            fs::write(at.join("line"), line.to_bytes()).expect("written");
            openssl(at, &["dgst", "-sha256", "-sign", "key.pem", "-out", "theirs", "line"]);
            let theirs = fs::read(at.join("theirs")).expect("read");
            assert!(public.verifies(&line, &theirs));
            assert_eq!(private.sign(&line).expect("signed"), theirs, "the scheme has one signature for a line");
            let old = PrivateKey::from_pem(&read(at, "old.pem")).expect("PKCS#1 is read, too");
            fs::write(at.join("ours"), old.sign(&line).expect("signed")).expect("written");
            let verdict = openssl(at, &["dgst", "-sha256", "-verify", "public.pem", "-signature", "ours", "line"]);
            assert_eq!(String::from_utf8_lossy(&verdict).trim(), "Verified OK");
        }
    }
}

#[test]
fn our_pair_is_one_that_openssl_reads() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let pair = PrivateKey::generate().expect("a pair");
    fs::write(at.join("key.pem"), pair.to_pem().as_bytes()).expect("written");
    let text = String::from_utf8(openssl(at, &["pkey", "-in", "key.pem", "-noout", "-text", "-check"])).expect("text");
    assert!(text.contains("2048 bit") && text.contains("Key is valid"), "{text}");
    let public = openssl(at, &["pkey", "-in", "key.pem", "-pubout"]);
    assert_eq!(pair.public().expect("its half").to_pem().as_bytes(), public);
}

#[test]
fn the_hash_and_the_shared_signature_are_those_of_openssl() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    for line in lines() {
        fs::write(at.join("line"), line.to_bytes()).expect("written");
        let hash = openssl(at, &["dgst", "-sha256", "-binary", "line"]);
        assert_eq!(line.digest().as_ref(), hash);
        let tag = openssl(at, &["dgst", "-sha256", "-hmac", "sk_test", "-binary", "line"]);
        let key = SigningKey::new("sk_test".to_owned().into());
        assert!(key.verifies(&line, &tag) && !key.verifies(&line, &tag[..31]));
        let signed = Signer::Hmac(key.into()).sign(&line).expect("signed");
        assert_eq!(Signature::parse(&signed).expect("base64").as_bytes(), tag);
    }
}

#[test]
fn keys_of_other_lengths_and_kinds_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = folder.path();
    let refusal = |arguments: &[&str]| {
        openssl(at, &[&["genpkey", "-quiet"], arguments, &["-out", "key.pem"]].concat());
        openssl(at, &["pkey", "-in", "key.pem", "-pubout", "-out", "public.pem"]);
        PublicKey::from_pem(&read(at, "public.pem")).expect_err("refused")
    };
    let rsa = |bits: &'static str| ["-algorithm", "RSA", "-pkeyopt", bits];
    assert!(matches!(refusal(&rsa("rsa_keygen_bits:1024")), KeyError::NotRsa | KeyError::Bits { bits: 1024 }));
    assert_eq!(refusal(&rsa("rsa_keygen_bits:5120")), KeyError::Bits { bits: 5120 });
    assert_eq!(refusal(&["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]), KeyError::NotRsa);
    assert_eq!(refusal(&["-algorithm", "ED25519"]), KeyError::NotRsa);
}
