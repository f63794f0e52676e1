//! What a card says, checked.

mod check;
mod shape;

use std::path::PathBuf;

use biometric::ModelId;
use sha2::Digest as _;

use crate::{CalibrationFile, Preparation, Recipe, Sha256};

/// Everything there is to say about one third-party file.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Card {
    /// Short, stable name: `a-z 0-9 _`.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// Under which terms it is used.
    pub licence: Licence,
    /// The file as its makers publish it.
    pub file: FileFacts,
    /// The file as inference reads it, when it is not the published one.
    pub prepared: Option<Prepared>,
    /// Where it may come from, to be tried in this order.
    pub sources: Vec<Source>,
    /// What it is for.
    pub kind: Kind,
}

/// The terms of a third-party file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Licence {
    /// SPDX expression, such as `Apache-2.0`, or `LicenseRef-...`.
    pub spdx: String,
    /// Page of the original work.
    pub origin: String,
    /// Attribution in a sentence.
    pub notice: String,
}

/// Name, hash and size of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileFacts {
    /// File name in the cache, without a folder.
    pub name: String,
    /// Hash of its content.
    pub sha256: Sha256,
    /// Size of its content in bytes.
    pub bytes: u64,
}

/// The outcome of preparing the published file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prepared {
    /// What is done to the published file.
    pub preparation: Preparation,
    /// What comes of it, always the same bytes.
    pub file: FileFacts,
}

/// One place that a file may come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// An address that serves the file itself.
    Url(String),
    /// A member of a published package.
    Package(Package),
    /// A file beside the card, for models that a user brings.
    Beside(PathBuf),
}

/// A file inside a wheel.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Package {
    /// Which index the package client asks.
    pub index: Index,
    /// Name of the package.
    pub name: String,
    /// Exact version.
    pub version: String,
    /// Path of the file inside the wheel.
    pub member: String,
    /// Wheel for this Python version; for the host's own Python if absent.
    pub python: Option<String>,
    /// Wheel for this platform tag; for the host if absent.
    pub platform: Option<String>,
}

/// A package index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Index {
    /// The index that Python's package client asks by default, or the mirror that it is configured for.
    Pypi,
}

/// What a file is for.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A network that finds faces.
    Detector(Network),
    /// A network that describes a face.
    Embedder(Box<Embedder>),
    /// A network that finds points in a picture of one face, or of a part of it.
    Landmarker(Network),
    /// The shared library that runs networks, for this target (`linux-x86_64`).
    Runtime(String),
}

/// How to feed a network and what comes out.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Network {
    /// What goes in.
    pub input: Input,
    /// Names of the tensors that come out.
    pub outputs: Vec<String>,
}

/// What goes into a network: one image, channels outermost (NCHW), each value `(pixel - mean) * scale`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Input {
    /// Name of the tensor.
    pub tensor: String,
    /// Size of the image.
    pub size: InputSize,
    /// Order of the channels.
    pub channels: Channels,
    /// Subtracted from a pixel of 0 to 255, by channel in the order of `channels`.
    pub mean: [f32; 3],
    /// Multiplied after the subtraction.
    pub scale: f32,
}

/// Size of a network's input image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputSize {
    /// Exactly this.
    Fixed {
        /// Width in pixels.
        width_px: u32,
        /// Height in pixels.
        height_px: u32,
    },
    /// Any width and height that are multiples of this many pixels.
    MultipleOf(u32),
}

/// Order of colour channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
pub enum Channels {
    /// Red, green, blue.
    #[serde(rename = "RGB")]
    Rgb,
    /// Blue, green, red.
    #[serde(rename = "BGR")]
    Bgr,
}

/// A network that describes a face, with all that gives its output a meaning.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Embedder {
    /// Input and output.
    pub network: Network,
    /// Length of the embedding.
    pub dimension: usize,
    /// Name of the alignment that makes the crop.
    pub alignment: String,
    /// From embedding to template and from score to similarity.
    pub calibration: CalibrationFile,
    /// Derived from all that decides what a template means; see [`Card::embedder`].
    pub model_id: ModelId,
}

impl Card {
    /// Reads a card. `file` names it in errors; `beside` gives the text of a file that lies beside it, by file name.
    ///
    /// # Errors
    /// When the card is not well-formed, or contradicts itself.
    pub fn parse(
        file: &str,
        text: &str,
        folder: Option<&std::path::Path>,
        beside: &dyn Fn(&str) -> Result<String, String>,
    ) -> Result<Self, CardError> {
        let shape = toml::from_str(text).map_err(|error| CardError::unreadable(file, &error))?;
        check::Check { file, folder, beside }.card(shape)
    }

    /// The file that is used: the prepared one if there is a preparation, else the published one.
    #[must_use]
    pub fn used(&self) -> &FileFacts {
        self.prepared.as_ref().map_or(&self.file, |prepared| &prepared.file)
    }

    /// The network to detect faces with, when the card is a detector's.
    #[must_use]
    pub fn detector(&self) -> Option<&Network> {
        match &self.kind {
            Kind::Detector(network) => Some(network),
            Kind::Embedder(_) | Kind::Landmarker(_) | Kind::Runtime(_) => None,
        }
    }

    /// The network to describe faces with, when the card is an embedder's.
    ///
    /// Its `model_id` is `<name>-<8 hexadecimal digits>` over the published weights, the input's normalisation, the
    /// output, the alignment, the recipe and the population mean: it cannot be forgotten when one of them changes. The
    /// knots and the preparation are left out: they change what is said about templates, or how fast they come, but not
    /// what they are.
    #[must_use]
    pub fn embedder(&self) -> Option<&Embedder> {
        match &self.kind {
            Kind::Embedder(embedder) => Some(embedder),
            Kind::Detector(_) | Kind::Landmarker(_) | Kind::Runtime(_) => None,
        }
    }

    /// The network to find points with, when the card is a landmarker's.
    #[must_use]
    pub fn landmarker(&self) -> Option<&Network> {
        match &self.kind {
            Kind::Landmarker(network) => Some(network),
            Kind::Detector(_) | Kind::Embedder(_) | Kind::Runtime(_) => None,
        }
    }
}

/// Digits of the fingerprint in a model id: 32 bits tell a product's few models apart.
const FINGERPRINT_DIGITS: usize = 8;

/// Spelled out part by part: the ids of stored templates must not change because a type's `Debug` does.
fn fingerprint(
    weights: &Sha256,
    network: &Network,
    dimension: usize,
    alignment: &str,
    calibration: &CalibrationFile,
) -> String {
    let Input { tensor, size, channels, mean, scale } = &network.input;
    let size = match size {
        InputSize::Fixed { width_px, height_px } => format!("{width_px}x{height_px}"),
        InputSize::MultipleOf(step) => format!("*{step}"),
    };
    let channels = match channels {
        Channels::Rgb => "RGB",
        Channels::Bgr => "BGR",
    };
    let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let Recipe { centred, mirror_averaged } = calibration.recipe;
    let mut hasher = sha2::Sha256::new();
    let mut part = |content: &[u8]| {
        // With its length before it, no part can run into the next.
        hasher.update((content.len() as u64).to_le_bytes());
        hasher.update(content);
    };
    part(weights.as_bytes());
    [tensor.as_str(), &size, channels].into_iter().for_each(|text| part(text.as_bytes()));
    part(&bytes(mean));
    part(&bytes(&[*scale]));
    network.outputs.iter().for_each(|output| part(output.as_bytes()));
    part(&(dimension as u64).to_le_bytes());
    part(alignment.as_bytes());
    part(&[u8::from(centred), u8::from(mirror_averaged)]);
    part(&bytes(&calibration.mean));
    let digest: [u8; 32] = hasher.finalize().into();
    digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()[..FINGERPRINT_DIGITS].to_owned()
}

/// What is wrong with a card or the calibration beside it: which file, which field, what.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {field}: {problem}")]
#[non_exhaustive]
pub struct CardError {
    /// The file.
    pub file: String,
    /// The field inside it, as a dotted path.
    pub field: String,
    /// What is wrong with it, as a sentence about the field.
    pub problem: String,
}

impl CardError {
    pub(crate) fn new(file: &str, field: &str, problem: impl Into<String>) -> Self {
        Self { file: file.to_owned(), field: field.to_owned(), problem: problem.into() }
    }

    /// The parser's own words name the field and show the line.
    pub(crate) fn unreadable(file: &str, error: &toml::de::Error) -> Self {
        Self::new(file, "TOML", error.to_string().trim_end())
    }
}
