//! Our server, as a process of its own: the very program that measures, started with a folder of its own.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{Client, Outcome, Request};
use super::http::{Connection, get, post};
use super::photographs::Person;
use crate::Error;

/// How long the server may take until it says where it listens: models are loaded on a machine that may be busy.
const LISTENS_WITHIN: Duration = Duration::from_secs(60);

/// How often it is asked whether it is ready.
const ASK_EVERY: Duration = Duration::from_millis(2);

/// The status of an answer that says yes.
const OK: u16 = 200;

/// How the program is called.
#[derive(Clone, Debug)]
pub struct Program {
    /// The program, which understands `serve` and `key create`.
    pub path: PathBuf,
    /// What every call gets besides: where models and settings are.
    pub arguments: Vec<OsString>,
}

/// A server that runs. It ends with this value.
pub(super) struct Server {
    child: Child,
    pub(super) address: SocketAddr,
    /// An API key of the operator's own organisation, which has no limits.
    key: String,
    /// From the start of the process to the first answer that says it is ready.
    pub(super) ready_after: Duration,
}

impl Program {
    fn command(&self, words: &[&str], data: &Path) -> Command {
        let mut command = Command::new(&self.path);
        command.args(words).arg("--data").arg(data).args(&self.arguments);
        command
    }

    fn create_key(&self, data: &Path) -> Result<String, Error> {
        let mut command = self.command(&["key", "create", "--name", "bench", "--json"], data);
        let output = command.output().map_err(Error::file(&self.path))?;
        if !output.status.success() {
            return Err(Error::Server(String::from_utf8_lossy(&output.stderr).trim_end().to_owned()));
        }
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        printed["apiKey"].as_str().map(str::to_owned).ok_or_else(|| Error::Server("no key was made".into()))
    }
}

/// Ends a process, whatever became of it.
struct Ending(Option<Child>);

impl Drop for Ending {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            end(child);
        }
    }
}

fn end(child: &mut Child) {
    // What it leaves is thrown away: it need not be orderly.
    let _ = child.kill();
    let _ = child.wait();
}

impl Server {
    /// Starts a server on a free port and waits until it is ready; `data` is made if need be.
    pub(super) fn start(program: &Program, data: &Path) -> Result<Self, Error> {
        let key = program.create_key(data)?;
        let mut command = program.command(&["serve", "--listen", "127.0.0.1:0"], data);
        // Where it listens is read from its log.
        command.env("AUTHER_LOG", "info").env("AUTHER_LOG_FORMAT", "json").stdout(Stdio::null()).stderr(Stdio::piped());
        let begun = Instant::now();
        let child = command.spawn().map_err(Error::file(&program.path))?;
        let mut ending = Ending(Some(child));
        let log = ending.0.as_mut().and_then(|child| child.stderr.take());
        let address = listens_at(&follow(log.ok_or_else(|| Error::Server("it has no log".into()))?))?;
        wait_until_ready(address, begun)?;
        let ready_after = begun.elapsed();
        let child = ending.0.take().ok_or_else(|| Error::Server("it is gone".into()))?;
        Ok(Self { child, address, key, ready_after })
    }

    /// The number of its process.
    pub(super) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Enrols everybody.
    pub(super) fn enrol(&self, persons: &[Person]) -> Result<(), Error> {
        for person in persons {
            let request = self.request("face", person, &person.reference);
            match Client::new(self.address, vec![request]).send(0) {
                Outcome::Right => {}
                Outcome::Refused { .. } => return Err(Error::Server("it refuses to enrol".into())),
                Outcome::Wrong(what) => return Err(Error::Server(format!("{} is not enrolled: {what}", person.id))),
            }
        }
        Ok(())
    }

    /// The request that verifies whether the photograph shows the person.
    pub(super) fn verify(&self, person: &Person, photograph: &[u8]) -> Request {
        self.request("verify-face", person, photograph)
    }

    /// A client that sends these in turn.
    pub(super) fn client(&self, requests: Vec<Request>) -> Client {
        Client::new(self.address, requests)
    }

    fn request(&self, operation: &str, person: &Person, photograph: &[u8]) -> Request {
        let body = json!({ "faceImage": base64_simd::STANDARD.encode_to_string(photograph) }).to_string();
        let path = format!("/person/{operation}/{}", person.id);
        // Both answers name the person; one of whom the photograph does not show has another status.
        Request { bytes: post(self.address, &path, Some(&self.key), &body), expected: person.id.clone() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Reads the log to its end, so that the server never waits for a reader, and passes on what it says first.
fn follow(log: impl Read + Send + 'static) -> Receiver<String> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let mut log = BufReader::new(log);
        let mut line = String::new();
        while log.read_line(&mut line).is_ok_and(|count| count > 0) {
            if tell.send(std::mem::take(&mut line)).is_err() {
                // Nobody listens any more: the rest is thrown away, at the least cost.
                let _ = std::io::copy(&mut log, &mut std::io::sink());
            }
        }
    });
    told
}

fn listens_at(log: &Receiver<String>) -> Result<SocketAddr, Error> {
    let until = Instant::now() + LISTENS_WITHIN;
    let mut last = String::new();
    while let Ok(line) = log.recv_timeout(until.saturating_duration_since(Instant::now())) {
        let fields: Value = serde_json::from_str(&line).unwrap_or_default();
        if fields["message"] == "serving" {
            let address = fields["address"].as_str().and_then(|address| address.parse().ok());
            return address.ok_or_else(|| Error::Server("it does not say where it listens".into()));
        }
        last = line;
    }
    Err(Error::Server(format!("it does not serve; its last words: {}", last.trim_end())))
}

fn wait_until_ready(address: SocketAddr, begun: Instant) -> Result<(), Error> {
    let request = get(address, "/readyz");
    while begun.elapsed() < LISTENS_WITHIN {
        let mut connection = Connection::open(address).map_err(|error| Error::Server(error.to_string()))?;
        if connection.exchange(&request).is_ok_and(|answer| answer.status == OK) {
            return Ok(());
        }
        std::thread::sleep(ASK_EVERY);
    }
    Err(Error::Server("it does not become ready".into()))
}

#[cfg(test)]
mod tests {
    use super::super::client::tests::{RIGHT, server};
    use super::*;

    #[test]
    fn the_address_is_what_the_log_says() {
        let log = "{\"message\":\"opening\"}\nno json\n{\"message\":\"serving\",\"address\":\"127.0.0.1:7\"}\n{\"message\":\"more\"}\n";
        let address = listens_at(&follow(std::io::Cursor::new(log))).expect("there");
        assert_eq!(address, "127.0.0.1:7".parse().expect("an address"));
    }

    #[test]
    fn a_server_that_ends_is_quoted() {
        let error = listens_at(&follow(std::io::Cursor::new("first\nno models\n"))).expect_err("none");
        assert!(error.to_string().ends_with("its last words: no models"), "{error}");
    }

    #[test]
    fn ready_is_who_answers() {
        assert!(wait_until_ready(server(|| RIGHT), Instant::now()).is_ok());
    }

    #[test]
    fn a_program_that_makes_no_key_is_no_server() {
        let folder = tempfile::tempdir().expect("a folder");
        for program in ["true", "false"] {
            let program = Program { path: program.into(), arguments: vec![] };
            assert!(Server::start(&program, folder.path()).is_err());
        }
    }

    #[test]
    fn a_process_ends_with_its_guard() {
        let child = Command::new("sleep").arg("60").spawn().expect("starts");
        let process = child.id();
        drop(Ending(Some(child)));
        assert!(!Path::new(&format!("/proc/{process}")).exists());
    }
}
