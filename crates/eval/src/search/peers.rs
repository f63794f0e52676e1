//! The indexes beside ours, in a Python process of their own.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::report::Build;
use super::rows::Rows;
use crate::python::Conversation;
use crate::{Error, Progress};

/// The script that runs them.
const SCRIPT: &str = include_str!("../../search/peers.py");

/// Rows between two lines of progress, as the script has it.
const PROGRESS_ROWS: usize = 20_000;

/// Links of a row in the graphs, and candidates while they are built: the usual choice for vectors of this width.
const LINKS: usize = 16;
const EF_BUILD: usize = 100;

/// Threads that build an index.
const BUILD_THREADS: usize = 2;

/// How usearch keeps vectors: in half precision, which takes two thirds of the time of single precision and finds as much.
/// With a byte a value, faster still, a recall of 0.99 is out of reach, however hard it looks.
const USEARCH_TYPE: &str = "f16";

/// An index beside ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Peer {
    /// faiss `IndexFlatIP`: every row, in f32.
    Flat,
    /// faiss `IndexIVFFlat`: the rows of some cells.
    Ivf,
    /// hnswlib: a graph.
    Hnswlib,
    /// usearch: a graph.
    Usearch,
    /// pgvector in `PostgreSQL`, without an index: every row.
    Pgvector,
}

impl Peer {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Flat, Self::Ivf, Self::Hnswlib, Self::Usearch, Self::Pgvector];

    /// The name on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Flat => "flat",
            Self::Ivf => "ivf",
            Self::Hnswlib => "hnswlib",
            Self::Usearch => "usearch",
            Self::Pgvector => "pgvector",
        }
    }

    /// The name in reports.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Flat => "faiss FlatIP",
            Self::Ivf => "faiss IVF",
            Self::Hnswlib => "hnswlib",
            Self::Usearch => "usearch",
            Self::Pgvector => "pgvector exact",
        }
    }

    /// Whether it is a graph, whose building takes minutes for a million rows.
    pub(super) fn is_graph(self) -> bool {
        match self {
            Self::Hnswlib | Self::Usearch => true,
            Self::Flat | Self::Ivf | Self::Pgvector => false,
        }
    }

    /// How hard it is made to look: cells for the one, candidates for the graphs.
    pub(super) fn efforts(self, rows: usize) -> Vec<Option<usize>> {
        match self {
            Self::Flat | Self::Pgvector => vec![None],
            Self::Ivf => [32, 8, 2].map(|part| Some(cells(rows).div_ceil(part))).to_vec(),
            Self::Hnswlib | Self::Usearch => [64, 1024, 4096].map(Some).to_vec(),
        }
    }

    /// What its effort is called.
    pub(super) fn effort_name(self) -> &'static str {
        match self {
            Self::Ivf => "nprobe",
            Self::Flat | Self::Hnswlib | Self::Usearch | Self::Pgvector => "ef",
        }
    }

    fn settings(self, rows: usize) -> Value {
        match self {
            Self::Flat | Self::Pgvector => json!({}),
            Self::Ivf => json!({ "cells": cells(rows), "threads": BUILD_THREADS }),
            Self::Hnswlib => json!({ "links": LINKS, "ef_build": EF_BUILD, "threads": BUILD_THREADS }),
            Self::Usearch => {
                json!({ "links": LINKS, "ef_build": EF_BUILD, "threads": BUILD_THREADS, "type": USEARCH_TYPE })
            }
        }
    }

    /// How it is set up, for the report.
    pub(super) fn setting(self, rows: usize) -> String {
        match self {
            Self::Flat => "f32".into(),
            Self::Ivf => format!("f32, {} cells", cells(rows)),
            Self::Hnswlib => format!("f32, M={LINKS}, efConstruction={EF_BUILD}"),
            Self::Usearch => format!("{USEARCH_TYPE}, connectivity={LINKS}, expansion_add={EF_BUILD}"),
            Self::Pgvector => "f32, sequential scan, table in shared buffers".into(),
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

/// A power of two near twice the square root: as many cells as rows in a cell, within what is usual.
fn cells(rows: usize) -> usize {
    let cells = 2.0 * (rows as f64).sqrt();
    1 << cells.log2().round().max(0.0) as u32
}

/// The process.
pub(super) struct Peers {
    conversation: Conversation,
    queries: PathBuf,
}

/// Versions by name.
pub(super) type Versions = std::collections::BTreeMap<String, String>;

/// Calls, one after the other.
#[derive(Debug, Deserialize)]
pub(super) struct Calls {
    /// How long each took.
    pub(super) seconds: Vec<f64>,
    /// What was found for each probe; -1 for nothing.
    pub(super) rows: Vec<i64>,
}

/// A script's line.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Progress { progress: [u64; 2] },
    Wrong { error: String },
    Answer(Value),
}

impl Peers {
    /// Starts the process; `folder` is for what is handed to it.
    pub(super) fn start(python: &Path, folder: &Path) -> Result<Self, Error> {
        let mut command = Command::new(python);
        command.arg("-c").arg(SCRIPT);
        Ok(Self { conversation: Conversation::start(command, python)?, queries: folder.join("queries.f32") })
    }

    pub(super) fn versions(&mut self) -> Result<Versions, Error> {
        self.ask(&json!({ "do": "versions" }), || {})
    }

    /// Hands over rows and probes.
    pub(super) fn load(&mut self, rows: &Rows, probes: &[f32]) -> Result<(), Error> {
        super::rows::write_values(&self.queries, probes)?;
        let request = json!({
            "do": "load", "file": rows.path, "rows": rows.count, "width": rows.width, "queries": self.queries,
        });
        self.ask::<Value>(&request, || {}).map(drop)
    }

    pub(super) fn build(&mut self, peer: Peer, rows: usize, progress: &dyn Progress) -> Result<Build, Error> {
        #[derive(Deserialize)]
        struct Built {
            seconds: f64,
            bytes: u64,
            resident: u64,
        }
        progress.begin(peer.title(), rows.div_ceil(PROGRESS_ROWS) as u64);
        let mut request = peer.settings(rows);
        request["do"] = "build".into();
        request["kind"] = peer.word().into();
        let Built { seconds, bytes, resident } = self.ask(&request, || progress.advance())?;
        progress.end();
        // A server keeps its table in a process of its own.
        let resident = (peer != Peer::Pgvector).then_some(resident);
        Ok(Build { index: format!("{} ({})", peer.title(), peer.setting(rows)), seconds, bytes, resident })
    }

    /// Lets go of the file of rows: every index has its own copy.
    pub(super) fn release(&mut self) -> Result<(), Error> {
        self.ask::<Value>(&json!({ "do": "release" }), || {}).map(drop)
    }

    /// Runs `calls` calls of `batch` probes, from probe number `first` on.
    pub(super) fn run(&mut self, peer: Peer, with: With, first: usize, calls: usize) -> Result<Calls, Error> {
        let With { effort, threads, batch } = with;
        let request = json!({
            "do": "run", "kind": peer.word(), "effort": effort, "threads": threads,
            "batch": batch, "first": first, "calls": calls,
        });
        self.ask(&request, || {})
    }

    /// Gives back the memory and stops the server.
    pub(super) fn clear(&mut self) -> Result<(), Error> {
        self.ask::<Value>(&json!({ "do": "clear" }), || {}).map(drop)
    }

    fn ask<T: DeserializeOwned>(&mut self, request: &Value, on_progress: impl Fn()) -> Result<T, Error> {
        let mut line = self.conversation.ask(&request.to_string())?;
        loop {
            let wrong = |error: serde_json::Error| Error::Python(format!("{line:?}: {error}"));
            match serde_json::from_str(&line).map_err(wrong)? {
                Line::Progress { progress: [_, _] } => on_progress(),
                Line::Wrong { error } => return Err(Error::Python(error)),
                Line::Answer(answer) => return serde_json::from_value(answer).map_err(wrong),
            }
            line = self.conversation.hear()?;
        }
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        // Whatever went wrong, no database server stays behind.
        let _ = self.clear();
    }
}

/// How a peer is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct With {
    pub(super) effort: Option<usize>,
    pub(super) threads: usize,
    pub(super) batch: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_and_efforts_grow_with_the_gallery() {
        assert_eq!([1_000, 100_000, 1_000_000].map(cells), [64, 512, 2048]);
        assert_eq!(Peer::Ivf.efforts(1_000_000), [Some(64), Some(256), Some(1024)]);
        assert_eq!(Peer::Flat.efforts(1_000_000), [None]);
    }

    #[test]
    fn lines_are_told_apart() {
        let line = |text| serde_json::from_str::<Line>(text).expect("a line");
        assert!(matches!(line(r#"{"progress": [1, 2]}"#), Line::Progress { progress: [1, 2] }));
        assert!(matches!(line(r#"{"error": "no"}"#), Line::Wrong { .. }));
        assert!(matches!(line(r#"{"seconds": [], "rows": []}"#), Line::Answer(_)));
    }
}
