//! TLS of the server's own: agreed on, refused, replaced.

mod common;

use std::time::{Duration, Instant};

use api::{Settings, Tls, TlsError};
use common::{CALLS, FACE, Http2, Identity, Response, Server, exchange, read_response};
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

async fn server(identity: &Identity) -> Server {
    Server::with_tls(Settings::default(), Some(identity.tls())).await
}

#[tokio::test]
async fn the_client_chooses_among_http_2_and_1_1_in_tls_1_3_and_1_2() {
    let identity = Identity::new();
    let server = server(&identity).await;
    for version in [&TLS13, &TLS12] {
        for (offered, agreed) in [
            (&["h2", "http/1.1"][..], Some("h2")),
            (&["http/1.1", "h2"], Some("h2")),
            (&["h2"], Some("h2")),
            (&["http/1.1"], Some("http/1.1")),
            (&["http/1.0", "http/1.1"], Some("http/1.1")),
            (&[], None),
        ] {
            let mut stream = identity.connect_in(server.address, offered, &[version]).await.expect("hands are shaken");
            let connection = stream.get_ref().1;
            assert_eq!(connection.protocol_version(), Some(version.version));
            assert_eq!(connection.alpn_protocol(), agreed.map(str::as_bytes), "{offered:?}");
            let request = server.request("POST", "/person/face/jane").json(FACE);
            let response = match agreed {
                Some("h2") => Http2::over(stream).await.send(&request).await,
                _ => {
                    stream.write_all(&request.bytes()).await.expect("written");
                    read_response(&mut stream).await
                }
            };
            assert_eq!(response.status, 200);
        }
        let refused = identity.connect_in(server.address, &["h3"], &[version]).await.expect_err("nothing in common");
        assert!(refused.to_string().contains("NoApplicationProtocol"), "{refused}");
    }
}

#[tokio::test]
async fn every_call_is_answered_on_one_connection_of_either_protocol() {
    let identity = Identity::new();
    let server = server(&identity).await;
    let http2 = Http2::over(identity.connect(server.address, &["h2"]).await.expect("hands are shaken")).await;
    let mut http1 = identity.connect(server.address, &["http/1.1"]).await.expect("hands are shaken");
    for (method, path, body) in CALLS {
        let request = server.request(method, path);
        let request = if body.is_empty() { request } else { request.json(body) };
        http1.write_all(&request.bytes()).await.expect("written");
        assert_eq!([http2.send(&request).await.status, read_response(&mut http1).await.status], [200; 2], "{path}");
    }
}

#[tokio::test]
async fn what_is_no_http_within_tls_is_answered_with_a_request_id_too() {
    let identity = Identity::new();
    let server = server(&identity).await;
    let stream = identity.connect(server.address, &[]).await.expect("hands are shaken");
    let answer = exchange(stream, b"nonsense\r\n\r\n").await;
    let (response, rest) = Response::parse(&answer, false).expect("a response");
    response.assert_error(400, "R_002", "http_malformed");
    assert!(rest.is_empty());
}

#[tokio::test]
async fn thirty_megabytes_are_refused_within_tls_and_the_client_gets_to_read_why() {
    let identity = Identity::new();
    let server = server(&identity).await;
    let body = vec![b' '; 30 << 20];
    let request = || server.request("POST", "/person/face/jane").json(&body);
    for (request, status) in [(request(), 413), (request().without("Api-Key"), 401)] {
        let mut stream = identity.connect(server.address, &["http/1.1"]).await.expect("hands are shaken");
        stream.write_all(&request.bytes()).await.expect("everything can be written");
        stream.flush().await.expect("everything can be written");
        assert_eq!(read_response(&mut stream).await.status, status);
        let http2 = Http2::over(identity.connect(server.address, &["h2"]).await.expect("hands are shaken")).await;
        assert_eq!(http2.send(&request).await.status, status);
    }
}

/// The alert of TLS that says that what came was none.
#[tokio::test]
async fn plain_http_is_told_that_tls_is_spoken_here() {
    const ALERT: u8 = 21;
    let identity = Identity::new();
    let server = server(&identity).await;
    for bytes in [server.request("GET", "/healthz").bytes(), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec()] {
        let begun = Instant::now();
        let answer = exchange(server.connect().await, &bytes).await;
        assert_eq!(answer.first(), Some(&ALERT), "{answer:?}");
        assert!(begun.elapsed() < Duration::from_secs(10), "without waiting for more");
    }
}

#[tokio::test]
async fn a_handshake_has_its_time() {
    let identity = Identity::new();
    let settings = Settings { head_read_ms_max: 300, ..Settings::default() };
    let server = Server::with_tls(settings, Some(identity.tls())).await;
    // A record of a handshake with 512 bytes, of which a few come.
    for bytes in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"] {
        let mut stream = server.connect().await;
        stream.write_all(bytes).await.expect("written");
        let begun = Instant::now();
        let ended = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut Vec::new())).await;
        let _ = ended.expect("let go");
        let kept = begun.elapsed();
        assert!(kept >= Duration::from_millis(250) && kept < Duration::from_secs(5), "{kept:?}");
    }
    let mut silent = identity.connect(server.address, &[]).await.expect("hands are shaken");
    let ended = tokio::time::timeout(Duration::from_secs(5), silent.read_to_end(&mut Vec::new())).await;
    let _ = ended.expect("and then the head has its own");
}

#[tokio::test]
async fn a_certificate_is_replaced_under_open_connections() {
    let (old, new) = (Identity::new(), Identity::new());
    let tls = old.tls();
    let server = Server::with_tls(Settings::default(), Some(tls.clone())).await;
    let open = Http2::over(old.connect(server.address, &["h2"]).await.expect("trusted")).await;
    let request = server.request("GET", "/person/face/jane");
    assert_eq!(open.send(&request).await.status, 200);
    assert!(tls.replace(old.certificate_pem.as_bytes(), new.key_pem.as_bytes()).is_err());
    old.connect(server.address, &["h2"]).await.expect("what cannot be used changes nothing");
    tls.replace(new.certificate_pem.as_bytes(), new.key_pem.as_bytes()).expect("replaced");
    new.connect(server.address, &["h2"]).await.expect("the new one is shown");
    let refused = old.connect(server.address, &["h2"]).await.expect_err("the old one no more");
    assert!(refused.to_string().contains("invalid peer certificate"), "{refused}");
    assert_eq!(open.send(&request).await.status, 200, "who was there stays");
}

#[test]
fn a_certificate_and_a_key_that_do_not_fit_are_told_apart() {
    let (one, other) = (Identity::new(), Identity::new());
    let new = |certificate: &str, key: &str| Tls::new(certificate.as_bytes(), key.as_bytes()).err();
    let (certificate, key) = (one.certificate_pem.as_str(), one.key_pem.as_str());
    assert!(new(certificate, key).is_none());
    assert!(new(&format!("{certificate}{}", other.certificate_pem), key).is_none(), "a chain");
    let both = format!("{key}{certificate}");
    assert!(new(&both, &both).is_none(), "one file for both");
    let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let damaged = |pem: &str| pem.replacen("\nM", "\n*", 1);
    let nonsense = |label: &str| format!("-----BEGIN {label}-----\nAAECAwQF\n-----END {label}-----\n");
    for (certificate, key, expected, of_key) in [
        ("", key, "no certificate", false),
        (key, key, "no certificate", false),
        (&damaged(certificate), key, "a certificate cannot be read", false),
        (&nonsense("CERTIFICATE"), key, "a certificate cannot be read", false),
        (certificate, "", "no private key", true),
        (certificate, certificate, "no private key", true),
        (certificate, &encrypted, "not encrypted", true),
        (certificate, &damaged(key), "the private key cannot be used", true),
        (certificate, &nonsense("PRIVATE KEY"), "the private key cannot be used", true),
        (certificate, &other.key_pem, "not that of the certificate", true),
        (&format!("{}{certificate}", other.certificate_pem), key, "must come first", false),
    ] {
        let error: TlsError = new(certificate, key).expect(expected);
        assert!(error.to_string().contains(expected), "{expected}: {error}");
        assert_eq!(error.is_of_key(), of_key, "{error}");
    }
}
