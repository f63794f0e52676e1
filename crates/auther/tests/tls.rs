//! TLS of the program's own: from files to clients, and new files while it runs.

mod common;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{Server, auther, said};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// How long anything here may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A certificate authority of one's own, as an organisation has it within.
struct Authority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).expect("a certificate").pem();
        Self { certificate, issuer: Issuer::new(parameters, key) }
    }

    /// A certificate for localhost, and its key.
    fn issue(&self) -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        let parameters = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        let certificate = parameters.signed_by(&key, &self.issuer).expect("a certificate");
        (certificate.pem(), key.serialize_pem())
    }
}

/// The folder in which certificates lie.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str, mode: u32) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("set");
        path.to_str().expect("text").to_owned()
    }

    fn put(&self, (certificate, key): &(String, String)) -> [String; 2] {
        [self.write("certificate.pem", certificate, 0o644), self.write("key.pem", key, 0o600)]
    }
}

fn start(files: &[String; 2]) -> Server {
    Server::start_with(&[("AUTHER_TLS_CERTIFICATE", &files[0]), ("AUTHER_TLS_KEY", &files[1])])
}

fn address(server: &Server) -> &str {
    server.base.strip_prefix("http://").expect("an address")
}

/// A connection on which one request after the other is sent.
struct Client(StreamOwned<ClientConnection, TcpStream>);

impl Client {
    fn connect(server: &Server, trusted: &Authority) -> Result<Self, std::io::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(trusted.certificate.as_bytes()).expect("one")).expect("trusted");
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").expect("a name");
        let connection = ClientConnection::new(Arc::new(config), name).expect("a connection");
        let stream = TcpStream::connect(address(server))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut client = Self(StreamOwned::new(connection, stream));
        client.is_alive()?;
        Ok(client)
    }

    fn is_alive(&mut self) -> std::io::Result<()> {
        self.0.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"}") {
            let mut bytes = [0; 1024];
            match self.0.read(&mut bytes)? {
                0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                read => answer.extend_from_slice(&bytes[..read]),
            }
        }
        let text = String::from_utf8_lossy(&answer);
        assert!(text.starts_with("HTTP/1.1 200") && text.contains("request-id: "), "{text}");
        Ok(())
    }

    /// What the server showed.
    fn certificate(&self) -> CertificateDer<'static> {
        self.0.conn.peer_certificates().expect("one")[0].clone().into_owned()
    }
}

#[track_caller]
fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_program_as_a_client_trusts_a_private_authority_that_it_is_told_of() {
    let (authority, folder) = (Authority::new(), Folder::new());
    let server = start(&folder.put(&authority.issue()));
    let port = address(&server).rsplit(':').next().expect("a port");
    let url = format!("https://localhost:{port}");
    let get = |trusted: &Path| {
        let mut command = auther();
        command.args(["person", "get", "mark", "--server", &url]).env("AUTHER_API_KEY", &server.key);
        said(&command.env("SSL_CERT_FILE", trusted).env_remove("SSL_CERT_DIR").output().expect("runs"))
    };
    folder.write("ca.pem", &authority.certificate, 0o644);
    assert_eq!(get(&folder.path("ca.pem")).1, Some(2), "asked, and there is no such person");
    folder.write("other.pem", &Authority::new().certificate, 0o644);
    let (message, status) = get(&folder.path("other.pem"));
    assert!(status == Some(1) && message.contains("certificate"), "{message}");
    // Links lead to where browsers find the server, and its pages keep cookies to TLS.
    let link = server.logged("link").expect("the operator's link");
    assert!(link.starts_with(&format!("https://{}/console/link/", address(&server))), "{link}");
}

#[test]
fn new_files_are_taken_on_sighup_and_broken_ones_are_not() {
    let (authority, folder) = (Authority::new(), Folder::new());
    let first = authority.issue();
    let server = start(&folder.put(&first));
    let mut old = Client::connect(&server, &authority).expect("trusted");
    let shown = || Client::connect(&server, &authority).expect("trusted").certificate();
    assert_eq!(shown(), old.certificate());
    assert!(!server.log().contains("may read the private key"));

    folder.write("key.pem", "nonsense", 0o600);
    server.signal("-HUP");
    wait_until("the mistake is logged", || server.log().contains("the certificate stays as it was"));
    assert!(server.log().contains("key.pem: there is no private key"), "{}", server.log());
    assert_eq!(shown(), old.certificate());

    let second = authority.issue();
    folder.put(&second);
    folder.write("key.pem", &second.1, 0o644);
    server.signal("-HUP");
    wait_until("the new one is shown", || shown() != old.certificate());
    let expected = CertificateDer::from_pem_slice(second.0.as_bytes()).expect("a certificate");
    assert_eq!(shown(), expected);
    wait_until("the key's mode is remarked on", || server.log().contains("may read the private key"));
    old.is_alive().expect("who was there stays");
    let log = server.log();
    // The first line of what is between the marks: of the key itself.
    let secret = second.1.lines().nth(1).expect("a line of base64");
    assert!(!log.contains(secret), "{log}");
    let (status, ..) = server.end("-TERM");
    assert!(status.success(), "{status}");
}

#[test]
fn files_that_cannot_be_served_with_are_said_at_once() {
    let (authority, folder, data) = (Authority::new(), Folder::new(), tempfile::tempdir().expect("a folder"));
    let [certificate, key] = folder.put(&authority.issue());
    let other = folder.write("other.pem", &authority.issue().1, 0o600);
    let missing = folder.path("missing.pem").to_str().expect("text").to_owned();
    for (certificate, key, expected) in [
        (&certificate, &String::new(), "tls_key is not"),
        (&String::new(), &key, "tls_certificate is not"),
        (&missing, &key, "setting tls_certificate"),
        (&certificate, &missing, "setting tls_key"),
        (&certificate, &other, "not that of the certificate"),
        (&key, &key, "there is no certificate"),
    ] {
        let mut command = auther();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data.path());
        command.env("AUTHER_TLS_CERTIFICATE", certificate).env("AUTHER_TLS_KEY", key);
        let (message, status) = said(&command.output().expect("runs"));
        assert!(status == Some(1) && message.contains(expected), "{expected}: {message}");
    }
    assert_eq!(std::fs::read_dir(data.path()).expect("read").count(), 0, "nothing was made");
}

#[test]
fn doctor_says_whether_they_fit() {
    let (authority, folder, data) = (Authority::new(), Folder::new(), tempfile::tempdir().expect("a folder"));
    let [certificate, key] = folder.put(&authority.issue());
    let doctor = |key: &str| {
        let mut command = auther();
        command.arg("doctor").arg("--data").arg(data.path());
        command.env("AUTHER_TLS_CERTIFICATE", &certificate).env("AUTHER_TLS_KEY", key);
        String::from_utf8(command.output().expect("runs").stdout).expect("text")
    };
    let line = format!("ok   tls: certificate {certificate} and its key fit");
    assert!(doctor(&key).contains(&line), "{}", doctor(&key));
    let other = folder.write("other.pem", &authority.issue().1, 0o600);
    assert!(doctor(&other).contains("FAIL tls: setting tls_key: "), "{}", doctor(&other));
}
