//! Sending to a small but real mail server, over TCP and over TLS.

mod server;

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use mail::{SendError, Smtp};
use server::{Manner, Server};

const FROM: &str = "Auther <auther@example.org>";

/// Where the test that runs itself again finds the port and the authority.
const PORT: &str = "MAIL_TEST_PORT";

fn plain(server: &Server) -> Smtp {
    Smtp::new(&format!("smtp://localhost:{}?tls=none", server.port), FROM).expect("settings")
}

#[test]
fn a_message_arrives_as_it_was_written() {
    let server = Server::start(Manner::Friendly);
    let text = "Hello,\n\n.a line that begins with a dot\n.\nRCPT TO:<eve@example.org>\nund Umlaute: ä\n";
    plain(&server).send("jane@example.org", "A link", text).expect("sent");
    let got = server.received();
    assert_eq!((got.from.as_str(), got.to.as_slice()), ("auther@example.org", &["jane@example.org".to_owned()][..]));
    assert!(got.head().lines().any(|line| line == "Subject: A link"), "{}", got.data);
    assert_eq!(got.text(), text);
}

#[test]
fn a_recipient_that_the_server_refuses_is_told_without_its_address() {
    let server = Server::start(Manner::RefusesRecipients);
    let error = plain(&server).send("nobody@example.org", "A link", "text").expect_err("refused");
    assert_eq!(error, SendError::Refused { status: 550 });
    assert!(!error.to_string().contains("nobody") && !format!("{error:?}").contains("nobody"));
}

#[test]
fn what_would_begin_another_line_reaches_no_server() {
    let server = Server::start(Manner::Friendly);
    let smtp = plain(&server);
    let to = smtp.send("jane@example.org\r\nBcc: eve@example.org", "s", "t");
    assert_eq!(to, Err(SendError::Recipient));
    assert_eq!(smtp.send("jane@example.org", "s\r\nBcc: eve@example.org", "t"), Err(SendError::Subject));
    smtp.send("jane@example.org", "the first to arrive", "t").expect("sent");
    assert!(server.received().data.contains("the first to arrive"));
}

#[test]
fn a_server_that_is_gone_is_said_at_once() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
    let smtp = Smtp::new(&format!("smtp://127.0.0.1:{port}?tls=none"), FROM).expect("settings");
    let error = smtp.send("jane@example.org", "s", "t").expect_err("nobody there");
    assert!(matches!(error, SendError::Connection(_)), "{error:?}");
    let server = Server::start(Manner::HangsUp);
    let error = plain(&server).send("jane@example.org", "s", "t").expect_err("hung up");
    assert!(matches!(error, SendError::Connection(_) | SendError::Protocol), "{error:?}");
}

#[test]
fn a_server_that_says_nothing_is_waited_for_so_long_and_no_longer() {
    let server = Server::start(Manner::Silent);
    let url = format!("smtp://localhost:{}?tls=none", server.port);
    let smtp = Smtp::with_patience(&url, FROM, Duration::from_millis(300)).expect("settings");
    let started = Instant::now();
    assert_eq!(smtp.send("jane@example.org", "s", "t"), Err(SendError::TimedOut));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn nothing_is_sent_where_encryption_is_required_and_not_offered() {
    let server = Server::start(Manner::Friendly);
    let url = format!("smtp://user:secret@localhost:{}?tls=required", server.port);
    let smtp = Smtp::new(&url, FROM).expect("settings");
    let error = smtp.send("jane@example.org", "s", "t").expect_err("no STARTTLS");
    assert_eq!(error, SendError::Protocol);
    let said = server.said();
    assert!(said.iter().all(|line| !line.starts_with("AUTH") && !line.starts_with("MAIL")), "{said:?}");
}

#[test]
fn a_certificate_of_an_unknown_authority_is_not_trusted() {
    let server = Server::start(Manner::Encrypted);
    let smtp = Smtp::new(&format!("smtps://user:secret@localhost:{}", server.port), FROM).expect("settings");
    let error = smtp.send("jane@example.org", "s", "t").expect_err("not trusted");
    assert!(matches!(&error, SendError::Connection(why) if why.contains("certificate")), "{error:?}");
    assert_eq!(server.said(), Vec::<String>::new(), "the password was not told");
}

/// The authorities are read from the environment once: another process, that is this test alone, has another.
#[test]
fn a_private_authority_may_be_trusted() {
    let server = Server::start(Manner::Encrypted);
    let folder = tempfile::tempdir().expect("a folder");
    let authority = folder.path().join("authority.pem");
    std::fs::write(&authority, server.certificate()).expect("written");
    send_in_another_process(server.port, &authority);
    let got = server.received();
    assert_eq!(got.text(), "over TLS\n");
    let said = server.said();
    assert!(said.iter().any(|line| line.starts_with("AUTH PLAIN")), "signed in: {said:?}");
}

fn send_in_another_process(port: u16, authority: &Path) {
    let mut again = Command::new(std::env::current_exe().expect("this test"));
    again.args(["--exact", "sends_to_the_server_of_the_environment", "--ignored"]);
    let output = again.env(PORT, port.to_string()).env("SSL_CERT_FILE", authority).output().expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
#[ignore = "run by another test, with the environment that it needs"]
fn sends_to_the_server_of_the_environment() {
    let Ok(port) = std::env::var(PORT) else { return };
    let smtp = Smtp::new(&format!("smtps://user:secret@localhost:{port}"), FROM).expect("settings");
    smtp.send("jane@example.org", "s", "over TLS\n").expect("sent");
}

#[test]
fn the_password_is_in_no_debug_output() {
    let smtp = Smtp::new("smtps://user:hunter2@mail.example.org", FROM).expect("settings");
    assert_eq!(format!("{smtp:?}"), "Smtp { host: \"mail.example.org\", .. }");
    let error = Smtp::new("smtp://user:hunter2@mail.example.org?tls=none", FROM).expect_err("in clear");
    assert!(!format!("{error:?} {error}").contains("hunter2"));
}

#[test]
fn a_sender_is_an_address() {
    for from in ["", "auther", "a@b\r\nBcc: eve@example.org", "A <a@b> <c@d>"] {
        assert!(Smtp::new("smtps://mail.example.org", from).is_err(), "{from:?}");
    }
}
