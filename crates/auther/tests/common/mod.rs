//! A real server on real models, spoken to over HTTP.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use serde_json::{Value, json};

pub(crate) mod browser;
pub(crate) mod proxy;

/// How long a server may take to say where it listens: models are loaded on a busy machine.
const READY_WITHIN: Duration = Duration::from_secs(60);

pub(crate) fn auther() -> Command {
    Command::new(env!("CARGO_BIN_EXE_auther"))
}

/// A command with `--json` on these databases, among the photographs.
pub(crate) fn run(data: &tempfile::TempDir, arguments: &[&str]) -> Output {
    auther().args(arguments).args(["--json", "--data"]).arg(data.path()).current_dir(photos()).output().expect("runs")
}

/// What a command printed under `--json`.
#[track_caller]
pub(crate) fn printed(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

/// What a command said on standard error, and its exit status.
pub(crate) fn said(output: &Output) -> (String, Option<i32>) {
    (String::from_utf8_lossy(&output.stderr).into_owned(), output.status.code())
}

pub(crate) fn photos() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/photos")
}

pub(crate) fn photo(name: &str) -> Vec<u8> {
    std::fs::read(photos().join(name)).expect("a photograph of the project")
}

pub(crate) struct Server {
    child: Child,
    pub(crate) base: String,
    pub(crate) key: String,
    pub(crate) data: tempfile::TempDir,
    log: Arc<Mutex<Vec<Value>>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(environment: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let key = create_key(data.path(), &[]);
        Self::start_in(data, key, environment)
    }

    pub(crate) fn start_in(data: tempfile::TempDir, key: String, environment: &[(&str, &str)]) -> Self {
        let mut command = auther();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data.path());
        let started = command.envs(environment.iter().copied()).stderr(Stdio::piped()).spawn();
        let mut child = started.expect("starts");
        let lines = BufReader::new(child.stderr.take().expect("piped"));
        let log = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&log);
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let fields: Value = serde_json::from_str(&line).unwrap_or_default();
                let address = (fields["message"] == "serving").then(|| fields["address"].as_str().map(str::to_owned));
                kept.lock().expect("whole").push(fields);
                if let Some(address) = address.flatten() {
                    let _ = tell.send(address);
                }
            }
        });
        let address = told.recv_timeout(READY_WITHIN).expect("the server says where it listens");
        Self { child, base: format!("http://{address}"), key, data, log }
    }

    /// The first value that the log has under this name.
    pub(crate) fn logged(&self, field: &str) -> Option<String> {
        let log = self.log.lock().expect("whole");
        log.iter().find_map(|line| line[field].as_str().map(str::to_owned))
    }

    /// Everything that was logged.
    pub(crate) fn log(&self) -> String {
        self.log.lock().expect("whole").iter().map(|line| format!("{line}\n")).collect()
    }

    pub(crate) fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        call(&format!("{}{path}", self.base), method, Some(&self.key), body)
    }

    pub(crate) fn enrol(&self, id: &str, image: &[u8]) -> Answer {
        self.call("POST", &format!("/person/face/{id}"), Some(&face_image(image)))
    }

    /// Sends it a signal that does not end it.
    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill").success());
    }

    /// Ends the server with this signal; gives back its exit status and what it leaves behind.
    pub(crate) fn end(mut self, signal: &str) -> (std::process::ExitStatus, tempfile::TempDir, String) {
        let pid = self.child.id().to_string();
        Command::new("kill").args([signal, &pid]).status().expect("kill");
        let status = self.child.wait().expect("ends");
        let data = std::mem::replace(&mut self.data, tempfile::tempdir().expect("a folder"));
        (status, data, self.key.clone())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn create_key(data: &Path, more: &[&str]) -> String {
    let mut command = auther();
    command.args(["key", "create", "--name", "test", "--json", "--data"]).arg(data).args(more);
    let output = command.output().expect("runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let made: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    made["apiKey"].as_str().expect("a key").to_owned()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    base64_simd::STANDARD.encode_to_string(bytes)
}

pub(crate) fn face_image(bytes: &[u8]) -> Value {
    json!({ "faceImage": base64(bytes) })
}

/// What came back; every answer has been seen to carry a fresh Request-Id.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) retry_after: Option<String>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn expect_code(&self, status: u16, code: &str, kind: &str) {
        let body = self.json();
        let got = (self.status, body["code"].as_str(), body["type"].as_str());
        assert_eq!(got, (status, Some(code), Some(kind)), "{self:?}");
    }

    /// `created` and `updated` of the person.
    #[track_caller]
    pub(crate) fn expect_person(&self, id: &str) -> (String, String) {
        assert_eq!(self.status, 200, "{self:?}");
        let body = self.json();
        assert_eq!(body["personId"], id);
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(3), "{body}");
        let time = |name: &str| {
            let text = body[name].as_str().expect(name).to_owned();
            assert_eq!((text.len(), text.ends_with('Z')), (24, true), "{text}");
            text
        };
        (time("created"), time("updated"))
    }
}

pub(crate) fn call(url: &str, method: &str, key: Option<&str>, body: Option<&Value>) -> Answer {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    if let Some(key) = key {
        request = request.header("Api-Key", key);
    }
    let answered = match body {
        Some(body) => {
            let request = request.header("Content-Type", "application/json; charset=utf-8");
            agent.run(request.body(body.to_string()).expect("a request"))
        }
        None => agent.run(request.body(()).expect("a request")),
    };
    let mut response = answered.expect("an answer");
    let id = response.headers()["request-id"].to_str().expect("text");
    assert_eq!(uuid::Uuid::parse_str(id).expect("a UUID").get_version_num(), 7);
    let status = response.status().as_u16();
    let retry_after = response.headers().get("retry-after").map(|value| value.to_str().expect("text").to_owned());
    Answer { status, retry_after, body: response.body_mut().read_to_string().expect("text") }
}
