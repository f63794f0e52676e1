//! A mail server that keeps what it is told: EHLO, AUTH, MAIL, RCPT, DATA, QUIT.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

const RECEIVED_WITHIN: Duration = Duration::from_secs(10);

/// How the server behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Friendly,
    RefusesRecipients,
    HangsUp,
    Silent,
    Encrypted,
}

pub(crate) struct Server {
    pub(crate) port: u16,
    received: Receiver<Received>,
    said: Arc<Mutex<Vec<String>>>,
    certificate: String,
}

/// A message with its envelope.
#[derive(Debug, Default)]
pub(crate) struct Received {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    /// Dots undone, ends of lines as `\n`.
    pub(crate) data: String,
}

impl Received {
    pub(crate) fn head(&self) -> &str {
        self.data.split_once("\n\n").expect("a head and a body").0
    }

    /// The body, its transfer encoding undone.
    pub(crate) fn text(&self) -> String {
        let body = self.data.split_once("\n\n").expect("a head and a body").1;
        match self.head().contains("Content-Transfer-Encoding: quoted-printable") {
            true => unquoted(body),
            false => body.to_owned(),
        }
    }
}

fn unquoted(body: &str) -> String {
    let joined = body.replace("=\n", "");
    let mut parts = joined.split('=');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("two hexadecimal digits"));
        bytes.extend(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).expect("UTF-8")
}

impl Server {
    pub(crate) fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (tell, received) = mpsc::channel();
        let said = Arc::new(Mutex::new(Vec::new()));
        let keeps = Arc::clone(&said);
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let certificate = made.cert.pem();
        let config = encryption(&made);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (tell, keeps, config) = (tell.clone(), Arc::clone(&keeps), Arc::clone(&config));
                // That the client went away is what some tests are about.
                std::thread::spawn(move || {
                    let _ = attend(stream, manner, &tell, &keeps, config);
                });
            }
        });
        Self { port, received, said, certificate }
    }

    /// The next message.
    pub(crate) fn received(&self) -> Received {
        self.received.recv_timeout(RECEIVED_WITHIN).expect("a message")
    }

    /// Every line that was said so far, but for what was in a message.
    pub(crate) fn said(&self) -> Vec<String> {
        self.said.lock().expect("whole").clone()
    }

    /// In PEM: its own authority.
    pub(crate) fn certificate(&self) -> &str {
        &self.certificate
    }
}

fn encryption(made: &rcgen::CertifiedKey<rcgen::KeyPair>) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key);
    Arc::new(config.expect("a configuration"))
}

fn attend(
    stream: TcpStream,
    manner: Manner,
    tell: &Sender<Received>,
    said: &Mutex<Vec<String>>,
    config: Arc<ServerConfig>,
) -> io::Result<()> {
    match manner {
        Manner::HangsUp => Ok(()),
        Manner::Silent => {
            // Until the client has had enough.
            let _ = (&stream).read(&mut [0; 1]);
            Ok(())
        }
        Manner::Encrypted => {
            let session = ServerConnection::new(config).map_err(io::Error::other)?;
            talk(StreamOwned::new(session, stream), manner, tell, said)
        }
        Manner::Friendly | Manner::RefusesRecipients => talk(stream, manner, tell, said),
    }
}

fn talk(
    stream: impl Read + Write,
    manner: Manner,
    tell: &Sender<Received>,
    said: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut message = Received::default();
    answer(&mut stream, "220 mail.example.org ready")?;
    loop {
        let line = line(&mut stream)?;
        said.lock().expect("whole").push(line.clone());
        let address =
            || line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).expect("an address").0.to_owned();
        match line.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => answer(&mut stream, "250-mail.example.org\r\n250 AUTH PLAIN LOGIN")?,
            "AUTH" => answer(&mut stream, "235 welcome")?,
            "MAIL" => {
                message.from = address();
                answer(&mut stream, "250 good")?;
            }
            "RCPT" if manner == Manner::RefusesRecipients => {
                answer(&mut stream, &format!("550 5.1.1 <{}>: no such user", address()))?;
            }
            "RCPT" => {
                message.to.push(address());
                answer(&mut stream, "250 good")?;
            }
            "DATA" => {
                answer(&mut stream, "354 go on")?;
                message.data = data(&mut stream)?;
                answer(&mut stream, "250 it is here")?;
                let _ = tell.send(std::mem::take(&mut message));
            }
            "QUIT" => return answer(&mut stream, "221 goodbye"),
            _ => answer(&mut stream, "502 what?")?,
        }
    }
}

fn data(stream: &mut impl BufRead) -> io::Result<String> {
    let mut data = String::new();
    loop {
        match line(stream)?.as_str() {
            "." => return Ok(data),
            line => {
                data.push_str(line.strip_prefix('.').unwrap_or(line));
                data.push('\n');
            }
        }
    }
}

fn line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    match stream.read_line(&mut line)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(line.trim_end_matches(['\r', '\n']).to_owned()),
    }
}

fn answer(stream: &mut BufReader<impl Read + Write>, line: &str) -> io::Result<()> {
    stream.get_mut().write_all(format!("{line}\r\n").as_bytes())?;
    stream.get_mut().flush()
}
