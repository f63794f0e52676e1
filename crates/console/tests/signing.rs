//! Signing in the back-office: set, client keys, access keys, what is downloaded, the debugger.

mod common;

use accounts::{ClientSecret, KeyId, Networks, NewKey, Permissions, Role, Signing};
use common::{Browser, House};
use signing::{Algorithm, Line as _, Nonce, PrivateKey, PublicKey, RequestLine, Signer, SigningKey};

const RSA: Signing = Signing { algorithm: Algorithm::HashThenRsa, is_required: false, is_length_prefixed: false };

fn key(house: &House) -> KeyId {
    let (tenant, by) = (house.tenant, accounts::Actor::system());
    let (permissions, expires, networks) = (Permissions::ALL, None, Networks::NONE);
    let new = NewKey { name: "gate".to_owned(), tenant, permissions, expires, networks };
    house.accounts.create_key(new, &by, house.now()).expect("made").0.id
}

fn set(house: &House, key: KeyId, signing: Signing) {
    house.accounts.set_signing(None, key, Some(signing), &accounts::Actor::system(), house.now()).expect("set");
}

fn signing(house: &House, key: KeyId) -> Option<Signing> {
    house.accounts.key(house.tenant, key).expect("there").signing
}

async fn post(browser: &mut Browser, page: &str, fields: &[(&str, &str)]) -> common::Answer {
    browser.post(page, fields).await
}

#[tokio::test]
async fn a_developer_sets_how_requests_are_signed_and_a_viewer_sees_it() {
    let house = House::new();
    let key = key(&house);
    let page = format!("/console/keys/{key}/signing");
    let mut developer = house.signed_in(Role::Developer).await;
    developer.get(&page).await.assert_says(200, "How requests are signed");
    let all = [("algorithm", "hash-only"), ("line", "length-prefixed"), ("required", "yes")];
    assert_eq!(post(&mut developer, &page, &all).await.location(), format!("{page}?done=signing-set"));
    let expected = Signing { algorithm: Algorithm::HashOnly, is_required: true, is_length_prefixed: true };
    assert_eq!(signing(&house, key), Some(expected));
    developer.get(&page).await.assert_says(200, "Every request of this key is refused now");
    let mut viewer = house.signed_in(Role::Viewer).await;
    let seen = viewer.get(&page).await;
    seen.assert_says(200, "hash-only");
    assert!(!seen.text().contains("<textarea") && !seen.text().contains("client-keys/generate"), "nothing to press");
    post(&mut developer, &page, &[("algorithm", "off")]).await;
    assert_eq!(signing(&house, key), None);
    assert_eq!(post(&mut developer, &page, &[("algorithm", "rot13")]).await.status, 400);
}

#[tokio::test]
async fn a_client_key_is_shown_once_downloaded_by_its_public_half_and_removed() {
    let house = House::new();
    let key = key(&house);
    let (page, keys) = (format!("/console/keys/{key}/signing"), format!("/console/keys/{key}/client-keys"));
    let mut browser = house.signed_in(Role::Developer).await;
    browser.get(&page).await;
    post(&mut browser, &format!("{keys}/generate"), &[]).await.assert_says(422, "Signing is off for this key");
    set(&house, key, RSA);
    let shown = post(&mut browser, &format!("{keys}/generate"), &[]).await;
    shown.assert_says(200, "BEGIN PRIVATE KEY");
    let text = shown.text();
    let (start, end) = (text.find("-----BEGIN").expect("a key"), text.find("-----END").expect("an end"));
    let private = PrivateKey::from_pem(&format!("{}-----END PRIVATE KEY-----\n", &text[start..end])).expect("a key");
    let made = house.accounts.client_keys(None, key).expect("listed").remove(0);
    let listed = browser.get(&page).await;
    assert!(!listed.text().contains("PRIVATE KEY"), "never again");
    let file = browser.get(&format!("{keys}/{}", made.id.0)).await;
    assert_eq!(file.header("content-type"), Some("application/x-pem-file"));
    let public = PublicKey::from_pem(file.text()).expect("the public half");
    assert_eq!(public.fingerprint(), private.public().expect("its half").fingerprint());
    let removed = post(&mut browser, &format!("{keys}/{}/remove", made.id.0), &[]).await;
    assert_eq!(removed.location(), format!("{page}?done=client-key-removed"));
    assert_eq!(browser.get(&format!("{keys}/{}", made.id.0)).await.status, 404);
    set(&house, key, Signing { algorithm: Algorithm::HashOnly, ..RSA });
    post(&mut browser, &format!("{keys}/generate"), &[]).await.assert_says(200, "sk_");
    let shared = house.accounts.client_keys(None, key).expect("listed").remove(0);
    assert_eq!(browser.get(&format!("{keys}/{}", shared.id.0)).await.status, 404, "a shared key has no public half");
}

#[tokio::test]
async fn what_is_handed_in_is_a_public_key_and_a_private_one_does_not_come_back() {
    let house = House::new();
    let key = key(&house);
    set(&house, key, RSA);
    let page = format!("/console/keys/{key}/client-keys");
    let mut browser = house.signed_in(Role::Developer).await;
    browser.get(&format!("/console/keys/{key}/signing")).await;
    let pair = PrivateKey::generate().expect("a pair");
    let refused = post(&mut browser, &page, &[("pem", &pair.to_pem())]).await;
    refused.assert_says(422, "private key: keep it to yourself");
    assert!(!refused.text().contains("BEGIN PRIVATE KEY"));
    let kept = post(&mut browser, &page, &[("pem", "hello <b>")]).await;
    kept.assert_says(422, "hello &#60;b&#62;");
    let pem = pair.public().expect("its half").to_pem();
    // As a form sends it.
    let taken = post(&mut browser, &page, &[("pem", &pem.replace('\n', "\r\n"))]).await;
    assert!(taken.location().ends_with("done=client-key-added"));
    post(&mut browser, &page, &[("pem", &pem)]).await.assert_says(422, "there already");
    assert_eq!(house.accounts.client_keys(None, key).expect("listed").len(), 1);
}

#[tokio::test]
async fn the_servers_public_keys_can_be_had_and_the_operator_makes_new_ones() {
    let house = House::new();
    let mut viewer = house.signed_in(Role::Viewer).await;
    let file = viewer.get("/console/server-keys").await;
    assert_eq!(file.text().matches("BEGIN PUBLIC KEY").count(), 1);
    assert!(PublicKey::from_pem(file.text()).is_ok(), "what stands before the key is no part of it");
    let mut operator = house.signed_in(Role::Operator).await;
    let page = "/console/operator/signing";
    operator.get(page).await.assert_says(200, "Signs now");
    assert_eq!(post(&mut operator, page, &[("begins", "soon")]).await.status, 400);
    let made = post(&mut operator, page, &[("begins", "7")]).await;
    assert_eq!(made.location(), format!("{page}?done=server-key-rotated"));
    operator.get(page).await.assert_says(200, "Does not sign now");
    assert_eq!(viewer.get("/console/server-keys").await.text().matches("BEGIN PUBLIC KEY").count(), 2);
}

#[tokio::test]
async fn an_access_key_is_shown_once_and_removed() {
    let house = House::new();
    let key = key(&house);
    let (page, keys) = (format!("/console/keys/{key}/signing"), format!("/console/keys/{key}/access-keys"));
    let mut browser = house.signed_in(Role::Developer).await;
    browser.get(&page).await;
    post(&mut browser, &keys, &[]).await.assert_says(200, "Secret access key");
    let id = house.accounts.access_keys(None, key).expect("listed").remove(0).id;
    browser.get(&page).await.assert_says(200, &id);
    post(&mut browser, &keys, &[]).await.assert_says(200, "Secret access key");
    post(&mut browser, &keys, &[]).await.assert_says(422, "may be valid at once");
    let removed = post(&mut browser, &format!("{keys}/{id}/remove"), &[]).await;
    assert_eq!(removed.location(), format!("{page}?done=access-key-removed"));
    assert_eq!(post(&mut browser, &format!("{keys}/{id}/remove"), &[]).await.status, 404);
}

/// A request as it is pasted, signed for this base.
fn pasted(house: &House, secret: &ClientSecret, base_url: &str, nonce: Option<&str>) -> String {
    let timestamp = house.now().as_millis().to_string();
    let body = r#"{"faceImage":"AAEC"}"#;
    let line = RequestLine {
        method: "POST",
        base_url,
        uri: "/person/face/jane",
        body: body.as_bytes(),
        timestamp: &timestamp,
        nonce: nonce.and_then(Nonce::parse),
    };
    let signer = match secret {
        ClientSecret::PrivateKey(pem) => Signer::Rsa(PrivateKey::from_pem(pem).expect("a key").into()),
        ClientSecret::SigningKey(text) => Signer::Hmac(SigningKey::new(text.clone()).into()),
    };
    let version = nonce.map_or(String::new(), |nonce| format!("Signature-Version: 2\r\nNonce: {nonce}\r\n"));
    let signature = signer.sign(&line).expect("signed");
    assert!(line.to_bytes().starts_with(b"http") != nonce.is_some());
    format!(
        "POST /person/face/jane HTTP/1.1\r\nTimestamp: {timestamp}\r\n{version}Signature: {signature}\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn the_debugger_says_what_is_right_and_what_differs_and_charges_nothing() {
    let house = House::new();
    let key = key(&house);
    let page = format!("/console/keys/{key}/debugger");
    let mut browser = house.signed_in(Role::Developer).await;
    browser.get(&page).await.assert_says(200, "Paste a signed request");
    post(&mut browser, &page, &[("request", "GET /a")]).await.assert_says(422, "Signing is off for this key");
    for algorithm in [Algorithm::HashThenRsa, Algorithm::HashOnly] {
        set(&house, key, Signing { algorithm, ..RSA });
        let (_, secret) =
            house.accounts.generate_client_key(None, key, &accounts::Actor::system(), house.now()).expect("made");
        for nonce in [None, Some("0123456789abcdef")] {
            let right = pasted(&house, &secret, "http://console.example", nonce);
            let answer = post(&mut browser, &page, &[("request", &right)]).await;
            answer.assert_says(200, "The signature is right");
            answer.assert_says(200, "http://console.example");
            // Looking does not use it up.
            post(&mut browser, &page, &[("request", &right)]).await.assert_says(200, "The signature is right");
        }
        let slash = pasted(&house, &secret, "http://console.example/", None);
        post(&mut browser, &page, &[("request", &slash)])
            .await
            .assert_says(200, "fits the base URL http://console.example/");
        let other = pasted(&house, &secret, "http://nobody.example", None);
        let answer = post(&mut browser, &page, &[("request", &other)]).await;
        match algorithm {
            Algorithm::HashThenRsa => answer.assert_says(200, "but of another line"),
            Algorithm::HashOnly => answer.assert_says(200, "No client key of this key"),
        }
        house.pass(400_000);
        let old = pasted(&house, &secret, "http://console.example", None);
        house.pass(400_000);
        post(&mut browser, &page, &[("request", &old)]).await.assert_says(200, "400 seconds old");
    }
    post(&mut browser, &page, &[("request", "GET /a HTTP/1.1\r\nTimestamp: 1")])
        .await
        .assert_says(422, "no line that begins with Signature");
    let hostile = "POST /<script>alert(1)</script> HTTP/1.1\r\nSignature: AAAA\r\n\r\n<script>alert(2)</script>";
    let answer = post(&mut browser, &page, &[("request", hostile)]).await;
    assert!(answer.status == 200 && !answer.text().contains("<script>alert"));
    house.usage.flush();
    assert_eq!(house.usage.month(house.tenant, house.now()).expect("read").used, 0);
}
