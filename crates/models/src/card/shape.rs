//! The TOML of a card, before anything is checked. A field that is not named here is an error.

use serde::Deserialize;

use crate::{Channels, Index, Preparation};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CardShape {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) kind: KindShape,
    pub(super) target: Option<String>,
    pub(super) licence: LicenceShape,
    pub(super) file: FileShape,
    pub(super) prepared: Option<PreparedShape>,
    #[serde(default)]
    pub(super) source: Vec<SourceShape>,
    pub(super) input: Option<InputShape>,
    pub(super) output: Option<OutputShape>,
    pub(super) embedding: Option<EmbeddingShape>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum KindShape {
    Detector,
    Embedder,
    Landmarker,
    Runtime,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LicenceShape {
    pub(super) spdx: String,
    pub(super) origin: String,
    pub(super) notice: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileShape {
    pub(super) name: String,
    pub(super) sha256: String,
    pub(super) bytes: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PreparedShape {
    pub(super) preparation: Preparation,
    pub(super) name: String,
    pub(super) sha256: String,
    pub(super) bytes: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceShape {
    pub(super) url: Option<String>,
    pub(super) package: Option<PackageShape>,
    pub(super) beside: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackageShape {
    pub(super) index: Index,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) member: String,
    pub(super) python: Option<String>,
    pub(super) platform: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InputShape {
    pub(super) tensor: String,
    pub(super) size: SizeShape,
    pub(super) channels: Channels,
    pub(super) layout: LayoutShape,
    pub(super) mean: [f32; 3],
    pub(super) scale: f32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SizeShape {
    pub(super) width: Option<u32>,
    pub(super) height: Option<u32>,
    pub(super) multiple_of: Option<u32>,
}

/// The only layout there is so far; it is named so that a card is complete without this crate.
#[derive(Deserialize)]
pub(super) enum LayoutShape {
    #[serde(rename = "NCHW")]
    Nchw,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OutputShape {
    pub(super) tensors: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EmbeddingShape {
    pub(super) dimension: usize,
    pub(super) alignment: String,
    pub(super) calibration: String,
}
