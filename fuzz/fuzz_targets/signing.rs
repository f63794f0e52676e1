//! A public key that a client hands in, and the headers of a signed request.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&str, &str, Option<&str>, Option<&str>, &str)| {
    let (pem, signature, version, nonce, timestamp) = texts;
    if let Ok(key) = signing::PublicKey::from_pem(pem) {
        // What is taken is written in one way.
        assert_eq!(signing::PublicKey::from_pem(&key.to_pem()).expect("our own").to_der(), key.to_der());
    }
    let _ = signing::PrivateKey::from_pem(pem);
    let _ = signing::Presented::parse(signature, version, nonce);
    let _ = signing::accept(timestamp, 1_764_000_000_000);
});
