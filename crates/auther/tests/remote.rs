//! The command line as a client of a server: the same words, the same answers, and nothing of this machine but the images.

mod common;

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use common::proxy::{Proxy, Treat};
use common::{Server, auther, create_key, photos, printed, run, said};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

/// A command on a machine that has neither models nor databases, among the photographs.
fn bare() -> Command {
    let mut command = auther();
    command.current_dir(photos()).env("AUTHER_CACHE", "/nonexistent").env("AUTHER_DATA", "/nonexistent");
    command.env_remove("AUTHER_SERVER").env_remove("AUTHER_API_KEY");
    command
}

fn there(server: &Server, arguments: &[&str]) -> Output {
    bare().args(arguments).args(["--server", &server.base]).env("AUTHER_API_KEY", &server.key).output().expect("runs")
}

/// The text with what differs from run to run made one: digits of times.
fn timeless(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output).into_owned();
    let is_time = |word: &str| word.trim_matches(|c| c == '"' || c == ',').ends_with('Z') && word.contains('T');
    text.split_inclusive([' ', '\n']).map(|word| if is_time(word.trim_end()) { "TIME " } else { word }).collect()
}

#[test]
fn a_server_answers_as_this_installation_does() {
    let server = Server::start();
    let data = tempfile::tempdir().expect("a folder");
    let broken = data.path().join("broken.jpg");
    std::fs::write(&broken, b"no picture").expect("written");
    let (broken, dark) = (broken.to_str().expect("text"), "../../docs/images/too_dark.jpg");
    let questions: [&[&str]; 21] = [
        &["enrol", "mark", "A000369_a.jpg"],
        &["enrol", "mark", "A000376_a.jpg"],
        &["enrol", "other", "A000369_b.jpg"],
        &["enrol", "jane", dark],
        &["enrol", "a/b", "A000369_a.jpg"],
        &["enrol", "jane", "missing.jpg"],
        &["verify", "mark", "A000369_b.jpg"],
        &["verify", "mark", "A000376_a.jpg"],
        &["verify", "nobody", "A000376_a.jpg"],
        &["verify", "mark", "../../docs/images/no_face.jpg"],
        &["person", "get", "mark"],
        &["person", "get", "nobody"],
        &["person", "update", "mark", "A000369_b.jpg"],
        &["person", "update", "nobody", "A000369_b.jpg"],
        &["compare", "A000377_a.jpg", "A000377_b.jpg"],
        &["compare", "A000377_a.jpg", "A000376_b.jpg"],
        &["compare", "A000377_a.jpg", "A000377_b.jpg", "--threshold", "101"],
        &["check", "A000369_a.jpg", dark, "../../docs/images/no_face.jpg"],
        &["check", "missing.jpg"],
        &["person", "remove", "mark"],
        &["person", "remove", "mark"],
    ];
    for question in questions {
        for json in [false, true] {
            // What a question changes is asked once in words and once as JSON, each time of the same gallery.
            if json && matches!(question, ["enrol", "mark", "A000369_a.jpg"] | ["person", "remove", "mark"]) {
                continue;
            }
            let words = if json { [question, &["--json"]].concat() } else { question.to_vec() };
            let mut here = auther();
            here.args(&words).arg("--data").arg(data.path()).current_dir(photos());
            let (here, there) = (here.output().expect("runs"), there(&server, &words));
            assert_eq!(timeless(&there.stdout), timeless(&here.stdout), "{words:?} {there:?}");
            assert_eq!(said(&there), said(&here), "{words:?}");
        }
    }
    // A server is short of two things that an installation knows: who else it might be, and what is wrong with the bytes.
    assert!(there(&server, &["enrol", "mark", "A000369_a.jpg"]).status.success());
    let found = there(&server, &["identify", "A000369_b.jpg", "--json"]);
    assert_eq!((&printed(&found)[0]["personId"], &printed(&found)[0]["matched"]), (&json!("mark"), &json!(true)));
    assert_eq!(found.status.code(), Some(0));
    let nobody = there(&server, &["identify", "A000376_a.jpg", "--json"]);
    assert_eq!((printed(&nobody), nobody.status.code()), (json!([]), Some(2)));
    let refusals: [&[&str]; 3] = [&["enrol", "jane", broken], &["identify", broken], &["compare", broken, broken]];
    for question in refusals {
        let answer = there(&server, &[question, &["--json"]].concat());
        assert_eq!(printed(&answer)["refusals"][0]["code"], "R_003", "{answer:?}");
        assert!(said(&answer).0.contains("neither JPEG nor PNG nor WebP") && said(&answer).1 == Some(2), "{answer:?}");
    }
    let check = there(&server, &["check", broken, "--json"]);
    assert!(printed(&check)[0]["error"].as_str().is_some_and(|why| why.starts_with("R_003: ")), "{check:?}");
}

#[test]
fn the_server_and_the_key_come_from_the_environment_or_a_file() {
    let server = Server::start();
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("key.txt");
    std::fs::write(&key, format!("{}\n", server.key)).expect("written");
    let get = |command: &mut Command| said(&command.args(["person", "get", "nobody"]).output().expect("runs")).1;
    assert_eq!(get(bare().env("AUTHER_SERVER", &server.base).env("AUTHER_API_KEY", &server.key)), Some(2));
    assert_eq!(get(bare().env("AUTHER_SERVER", &server.base).arg("--api-key-file").arg(&key)), Some(2));
    // The file is more particular than the environment.
    let mut both = bare();
    both.args(["--server", &server.base, "--api-key-file"]).arg(&key).env("AUTHER_API_KEY", "ak_wrong");
    assert_eq!(get(&mut both), Some(2));
    // Administration is of this machine, whichever server is asked about faces.
    let mut keys = bare();
    keys.args(["key", "list", "--json", "--data"]).arg(server.data.path()).env("AUTHER_SERVER", "http://127.0.0.1:1");
    assert_eq!(printed(&keys.output().expect("runs")).as_array().map(Vec::len), Some(1));
}

#[test]
fn what_is_not_asked_of_a_server_is_refused() {
    let url = ["--server", "http://127.0.0.1:1"];
    let not_there: [&[&str]; 6] = [
        &["person", "list"],
        &["import", "."],
        &["serve"],
        &["settings"],
        &["key", "create", "--name", "me"],
        &["doctor"],
    ];
    let with_key =
        |arguments: &[&str]| said(&bare().args(arguments).env("AUTHER_API_KEY", "ak_some").output().expect("runs"));
    for command in not_there {
        let (message, status) = said(&bare().args(command).args(url).output().expect("runs"));
        assert!(status == Some(1) && message.contains("its own machine"), "{command:?}: {message}");
    }
    let (message, status) = said(
        &bare()
            .args(["person", "list"])
            .env("AUTHER_SERVER", url[1])
            .env("AUTHER_API_KEY", "ak")
            .output()
            .expect("runs"),
    );
    assert!(status == Some(1) && message.contains("AUTHER_SERVER"), "not silently of this machine: {message}");
    let refused: [(&[&str], &str); 12] = [
        (&["identify", "a.jpg", "--top", "3"], "leave --top out"),
        (&["check", "A000369_a.jpg", "--annotate", "out.png"], "leave --annotate out"),
        (&["person", "get", "mark", "--data", "data"], "leave out --data"),
        (&["person", "get", "mark", "--private-key", "key.pem"], "goes with --server-public-key"),
        (&["person", "get", "mark", "--server-public-key", "key.pem"], "goes with --private-key"),
        (&["person", "get", "mark", "--signature-version", "1"], "is for signed requests"),
        (&["person", "get", "mark", "--signed-url", "https://h"], "is for signed requests"),
        (&["person", "get", "mark", "--signature-version", "3"], "1..=2"),
        (&["person", "get", "mark", "--signing-key-file", "/nonexistent"], "/nonexistent: No such file"),
        (&["person", "get", "mark", "--api-key-file", "/nonexistent"], "/nonexistent: No such file"),
        (
            &["person", "get", "mark", "--signing-key-file", "a", "--private-key", "b", "--server-public-key", "c"],
            "goes without --private-key",
        ),
        (&["person", "get", "mark"], "is the server running"),
    ];
    for (arguments, expected) in refused {
        let (message, status) = with_key(&[arguments, &url].concat());
        assert!(status == Some(1) && message.contains(expected), "{arguments:?}: {message}");
    }
    let (message, status) = with_key(&["person", "get", "mark", "--server", "auth.example.org"]);
    assert!(status == Some(1) && message.contains("https://auth.example.org"), "{message}");
    let (message, status) = with_key(&["person", "get", "mark", "--private-key", "key.pem"]);
    assert!(status == Some(1) && message.contains("name it with --server URL"), "{message}");
    let (message, status) = said(&bare().args(["person", "get", "mark"]).args(url).output().expect("runs"));
    assert!(status == Some(1) && message.contains("AUTHER_API_KEY"), "{message}");
}

#[test]
fn failures_say_what_to_do_next() {
    let server = Server::start();
    let wrong = bare()
        .args(["person", "get", "mark", "--json", "--server", &server.base])
        .env("AUTHER_API_KEY", "ak_secret_that_is_wrong")
        .output()
        .expect("runs");
    let (message, status) = said(&wrong);
    assert!(status == Some(1) && wrong.stdout.is_empty(), "{wrong:?}");
    assert!(message.contains("A_002") && message.contains("auther key create"), "{message}");
    assert!(!message.contains("ak_secret"), "no key is shown: {message}");
    let elsewhere = Proxy::start(
        &server.base,
        vec![Treat::Answer("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi")],
    );
    let mut command = bare();
    command.args(["person", "get", "mark", "--server", &elsewhere.base]).env("AUTHER_API_KEY", &server.key);
    let (message, status) = said(&command.output().expect("runs"));
    assert!(status == Some(1) && message.contains("is the URL that of an Auther server"), "{message}");
}

/// What a person does: a key, signing, files, a call.
#[test]
fn requests_are_signed_and_answers_verified() {
    let server = Server::start();
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("text").to_owned()
    };
    let words = |arguments: &[&str]| {
        let output = auther().args(arguments).arg("--data").arg(server.data.path()).output().expect("runs");
        String::from_utf8(output.stdout).expect("text")
    };
    let (rsa, hmac) = (create_key(server.data.path(), &[]), create_key(server.data.path(), &[]));
    words(&["signing", "set", "2", "--algorithm", "hash-then-rsa", "--required"]);
    let private = file("client.pem", &words(&["signing", "generate", "2"]));
    let public = file("server.pem", &words(&["signing", "server-keys"]));
    let shared = file("signing.txt", &words(&["signing", "set", "3", "--algorithm", "hash-only", "--required"]));
    let call = |url: &str, key: &str, options: &[&str]| {
        let mut command = bare();
        command.args(["person", "get", "mark", "--server", url]).args(options).env("AUTHER_API_KEY", key);
        said(&command.output().expect("runs"))
    };
    let by_rsa = ["--private-key", &private, "--server-public-key", &public];
    let by_hmac = ["--signing-key-file", &shared];
    for version in ["1", "2"] {
        let version = ["--signature-version", version];
        assert_eq!(call(&server.base, &rsa, &[&by_rsa[..], &version].concat()).1, Some(2));
        assert_eq!(call(&server.base, &hmac, &[&by_hmac[..], &version].concat()).1, Some(2));
    }
    let (message, status) = call(&server.base, &rsa, &[]);
    assert!(status == Some(1) && message.contains("S_001") && message.contains("sign with --private-key"), "{message}");
    let (message, status) = call(&server.base, &server.key, &by_hmac);
    assert!(
        status == Some(1) && message.contains("signing_not_set_up") && message.contains("do not believe"),
        "{message}"
    );
    let proxy = Proxy::start(&server.base, vec![Treat::Pass, Treat::Alter(as_somebody)]);
    let through = [&by_hmac[..], &["--signed-url", &server.base]].concat();
    assert_eq!(call(&proxy.base, &hmac, &through).1, Some(2));
    let (message, status) = call(&proxy.base, &hmac, &through);
    assert!(status == Some(1) && message.contains("do not believe it"), "{message}");
    let (message, _) = call(&server.base, &rsa, &["--private-key", &public, "--server-public-key", &public]);
    assert!(message.contains("--private-key") && message.contains("no RSA key"), "{message}");
}

fn as_somebody(head: &mut String, body: &mut Vec<u8>) {
    *body = json!({ "personId": "mark", "created": "", "updated": "" }).to_string().into_bytes();
    let kept = head.replacen("404 Not Found", "200 OK", 1);
    let kept: Vec<_> = kept.lines().filter(|line| !line.to_ascii_lowercase().starts_with("content-length")).collect();
    *head = format!("{}\r\ncontent-length: {}", kept.join("\r\n"), body.len());
}

#[test]
fn nothing_is_left_on_the_machine() {
    let server = Server::start();
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = bare();
    command.current_dir(folder.path()).env_remove("AUTHER_DATA").env("AUTHER_API_KEY", &server.key);
    let image = photos().join("A000369_a.jpg");
    let image = Path::new(&image).to_str().expect("text");
    let enrolled = command.args(["enrol", "mark", image, "--json", "--server", &server.base]).output().expect("runs");
    assert_eq!(printed(&enrolled)["personId"], "mark");
    assert_eq!(std::fs::read_dir(folder.path()).expect("read").count(), 0, "no data folder");
    assert_eq!(printed(&run(&server.data, &["person", "list"])).as_array().map(Vec::len), Some(1));
    assert!(matches!(printed(&enrolled)["created"], Value::String(_)));
}

/// TLS in front of a server, as a proxy does it; what it is known by.
fn encrypted(upstream: &str) -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key);
    let config = Arc::new(config.expect("a configuration"));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("https://localhost:{}", listener.local_addr().expect("an address").port());
    let upstream = upstream.strip_prefix("http://").expect("http").to_owned();
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
            // That a client does not trust it is what the test is about.
            let _ = common::proxy::relay(&mut StreamOwned::new(connection, client), &upstream);
        }
    });
    (url, made.cert.pem())
}

#[test]
fn tls_is_spoken_with_whom_the_system_trusts() {
    let server = Server::start();
    let (url, certificate) = encrypted(&server.base);
    let folder = tempfile::tempdir().expect("a folder");
    let trusted = folder.path().join("trusted.pem");
    std::fs::write(&trusted, certificate).expect("written");
    let get = |url: &str, trusted: &Path| {
        let mut command = bare();
        command.args(["person", "get", "mark", "--server", url]).env("AUTHER_API_KEY", &server.key);
        said(&command.env("SSL_CERT_FILE", trusted).env_remove("SSL_CERT_DIR").output().expect("runs"))
    };
    assert_eq!(get(&url, &trusted).1, Some(2));
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate").cert.pem();
    let strange = folder.path().join("strange.pem");
    std::fs::write(&strange, other).expect("written");
    for (url, trusted) in [(url.clone(), &strange), (url.replace("localhost", "127.0.0.1"), &trusted)] {
        let (message, status) = get(&url, trusted);
        assert!(status == Some(1) && message.contains("certificate"), "{url}: {message}");
    }
}
