//! The systems beside ours, in a Python process of their own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client::{Client, Request};
use super::closed::{self, Closed};
use super::http::post;
use super::photographs::Person;
use crate::Error;
use crate::parallel::threads;
use crate::photograph::Size;
use crate::python::{Conversation, OpenCv};

/// The script that runs them.
const SCRIPT: &str = include_str!("../../load/peers.py");

/// The names under which deepface looks for its models, in its own folder.
const DEEPFACE_YUNET: &str = "face_detection_yunet_2023mar.onnx";
const DEEPFACE_SFACE: &str = "face_recognition_sface_2021dec.onnx";

/// How long each number of deepface's processes is tried before the better one is taken.
const TRIAL: Duration = Duration::from_secs(4);

/// Connections that keep a server busy: two for each core, so that one waits when another has its answer.
pub(super) const CONNECTIONS: usize = 4;

/// A system beside ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Peer {
    /// `FaceDetectorYN` and `FaceRecognizerSF` driven from Python, a process a core, without a server.
    #[serde(rename = "opencv")]
    OpenCv,
    /// deepface's own server, with `YuNet` and `SFace`.
    Deepface,
    /// `face_recognition` on dlib, a process a core, without a server.
    FaceRecognition,
}

impl Peer {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::OpenCv, Self::Deepface, Self::FaceRecognition];

    /// The name on the command line, and to the script.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::OpenCv => "opencv",
            Self::Deepface => "deepface",
            Self::FaceRecognition => "face_recognition",
        }
    }
}

impl std::str::FromStr for Peer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.map(Self::word);
        Self::ALL.into_iter().find(|peer| peer.word() == text).ok_or_else(|| format!("one of {}", known.join(", ")))
    }
}

/// What the others run on.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Interpreter of a virtual environment made by `crates/eval/load/setup.sh`, and the published models.
    pub opencv: OpenCv,
    /// The published `SFace` for who cannot read its block-quantised weights: the same, in `f32`.
    pub sface_dequantised: Vec<u8>,
}

/// What is asked of deepface's server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// The embedding of one photograph: what the verification against an enrolled reference takes.
    Represent,
    /// Whether two photographs show one person.
    Verify,
}

/// The process.
pub(super) struct Peers<'a> {
    conversation: Conversation,
    setup: &'a Setup,
    /// A folder of this run alone.
    folder: PathBuf,
}

/// A script's line.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Wrong { error: String },
    Answer(Value),
}

impl<'a> Peers<'a> {
    pub(super) fn start(setup: &'a Setup, folder: &Path) -> Result<Self, Error> {
        let python = &setup.opencv.python;
        let mut command = Command::new(python);
        command.arg("-c").arg(SCRIPT);
        Ok(Self { conversation: Conversation::start(command, python)?, setup, folder: folder.to_owned() })
    }

    pub(super) fn versions(&mut self) -> Result<BTreeMap<String, String>, Error> {
        self.ask(&json!({ "do": "versions" }))
    }

    /// Starts a process a core that checks that it matches everybody, then waits.
    pub(super) fn start_processes(&mut self, peer: Peer, persons: &[Person]) -> Result<(), Error> {
        let mut sets = BTreeMap::new();
        for size in Size::ALL {
            let pairs = persons.iter().map(|person| self.write(person, size)).collect::<Result<Vec<_>, _>>()?;
            sets.insert(size, pairs);
        }
        let OpenCv { yunet, sface, .. } = &self.setup.opencv;
        let request = json!({
            "do": "start", "peer": peer.word(), "processes": threads(), "sets": sets,
            "models": { "yunet": yunet, "sface": sface },
        });
        self.ask::<Value>(&request).map(drop)
    }

    /// The two photographs of a person as files.
    fn write(&self, person: &Person, size: Size) -> Result<[PathBuf; 2], Error> {
        let write = |name: String, bytes: &[u8]| {
            let path = self.folder.join(name);
            std::fs::write(&path, bytes).map_err(Error::file(&path)).map(|()| path)
        };
        let probe = write(format!("{}_{}.jpg", person.id, size.pixels()[0]), person.probe(size))?;
        Ok([probe, write(format!("{}.jpg", person.id), &person.reference)?])
    }

    /// How many photographs all processes together verify in a second.
    pub(super) fn run(&mut self, peer: Peer, size: Size, length: Duration) -> Result<f64, Error> {
        #[derive(Deserialize)]
        struct Ran {
            rate: f64,
        }
        let request = json!({ "do": "run", "peer": peer.word(), "set": size, "seconds": length.as_secs_f64() });
        self.ask(&request).map(|Ran { rate }| rate)
    }

    /// Starts deepface's server with as many processes as serve it best, after they have shown that they match
    /// everybody. Gives back how many, and where it listens.
    pub(super) fn serve(&mut self, persons: &[Person]) -> Result<(usize, u16), Error> {
        let home = self.folder.join("deepface");
        let weights = home.join(".deepface/weights");
        std::fs::create_dir_all(&weights).map_err(Error::file(&weights))?;
        let yunet = weights.join(DEEPFACE_YUNET);
        std::fs::copy(&self.setup.opencv.yunet, &yunet).map_err(Error::file(&yunet))?;
        let sface = weights.join(DEEPFACE_SFACE);
        std::fs::write(&sface, &self.setup.sface_dequantised).map_err(Error::file(&sface))?;
        // One process, as its documentation starts it, and one a core.
        let mut best: Option<(f64, usize)> = None;
        for workers in [1, threads()] {
            let port = self.serve_with(workers, &home)?;
            let rate = try_out(port, persons)?;
            if best.is_none_or(|(other, _)| rate > other) {
                best = Some((rate, workers));
            }
        }
        let workers = best.map_or(1, |(_, workers)| workers);
        let port = self.serve_with(workers, &home)?;
        try_out(port, persons)?;
        Ok((workers, port))
    }

    fn serve_with(&mut self, workers: usize, home: &Path) -> Result<u16, Error> {
        #[derive(Deserialize)]
        struct Serves {
            port: u16,
        }
        self.ask(&json!({ "do": "serve", "workers": workers, "home": home })).map(|Serves { port }| port)
    }

    fn ask<T: DeserializeOwned>(&mut self, request: &Value) -> Result<T, Error> {
        let line = self.conversation.ask(&request.to_string())?;
        let wrong = |error: serde_json::Error| Error::Python(format!("{line:?}: {error}"));
        match serde_json::from_str(&line).map_err(wrong)? {
            Line::Wrong { error } => Err(Error::Python(error)),
            Line::Answer(answer) => serde_json::from_value(answer).map_err(wrong),
        }
    }
}

impl Drop for Peers<'_> {
    fn drop(&mut self) {
        // Whatever went wrong, no server stays behind.
        let _ = self.ask::<Value>(&json!({ "do": "stop" }));
    }
}

/// Asks everything of everybody, so that all its processes have answered; gives back the rate of the commonest question.
fn try_out(port: u16, persons: &[Person]) -> Result<f64, Error> {
    let check = |Closed { rate, counts }: Closed| match counts.first_wrong {
        Some(what) => Err(Error::Python(format!("deepface: {what}"))),
        None => Ok(rate),
    };
    let ask = |size, question| {
        let client = deepface(port, persons, size, question);
        check(closed::run(&client, CONNECTIONS, TRIAL))
    };
    ask(Size::Telephone, Question::Represent)?;
    ask(Size::Megapixel, Question::Verify)?;
    ask(Size::Megapixel, Question::Represent)
}

/// A client of deepface's server.
pub(super) fn deepface(port: u16, persons: &[Person], size: Size, question: Question) -> Client {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    let data = |bytes: &[u8]| format!("data:image/jpeg;base64,{}", base64_simd::STANDARD.encode_to_string(bytes));
    let request = |person: &Person| {
        let mut body = json!({ "model_name": "SFace", "detector_backend": "yunet" });
        let (path, expected) = match question {
            Question::Represent => {
                body["img"] = data(person.probe(size)).into();
                ("/represent", "\"embedding\":[")
            }
            Question::Verify => {
                body["img1"] = data(person.probe(size)).into();
                body["img2"] = data(&person.reference).into();
                ("/verify", "\"verified\":true")
            }
        };
        Request { bytes: post(address, path, None, &body.to_string()), expected: expected.into() }
    };
    Client::new(address, persons.iter().map(request).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_known_by_their_words() {
        for peer in Peer::ALL {
            assert_eq!(peer.word().parse(), Ok(peer));
            assert_eq!(serde_json::to_value(peer).expect("a word"), peer.word());
        }
        assert!("dlib".parse::<Peer>().is_err());
    }

    #[test]
    fn lines_are_told_apart() {
        let line = |text| serde_json::from_str::<Line>(text).expect("a line");
        assert!(matches!(line(r#"{"error": "no"}"#), Line::Wrong { .. }));
        assert!(matches!(line("{}"), Line::Answer(_)));
    }
}
