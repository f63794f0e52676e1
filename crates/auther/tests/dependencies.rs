//! Which room may depend on which (the table of ARCHITECTURE.md), and what comes from outside.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// A crate of ours, our crates that it may use, and outside crates that it must not know (`*`: any).
const TABLE: &[(&str, &[&str], &[&str])] = &[
    ("biometric", &[], &["*"]),
    ("face", &["biometric"], &["tokio", "axum", "rusqlite", "serde"]),
    ("search", &["biometric"], &["tokio", "axum", "rusqlite", "ort"]),
    ("gallery", &["biometric", "search"], &["axum", "tokio", "ort", "image"]),
    ("accounts", &["biometric", "signing"], &["axum", "tokio", "ort", "image"]),
    ("models", &["biometric"], &["axum", "tokio", "rusqlite", "ort"]),
    ("engine", &["biometric", "face", "gallery"], &["axum", "serde_json", "rusqlite"]),
    ("signing", &[], &["axum", "tokio", "rusqlite", "tracing"]),
    ("admission", &["accounts", "biometric"], &["axum", "rusqlite", "ort", "image"]),
    ("api", &["accounts", "admission", "biometric", "engine", "face", "signing"], &["rusqlite", "ort", "image"]),
    ("console", &["accounts", "biometric", "engine", "signing"], &["rusqlite", "ort", "image", "lettre"]),
    ("rekognition", &["accounts", "admission", "biometric", "engine", "face"], &["rusqlite", "ort", "image", "hyper"]),
    ("mail", &[], &["axum", "tokio", "rusqlite", "tracing"]),
    ("auther-client", &["signing"], &["axum", "rusqlite", "ort"]),
    ("eval", &["biometric", "face", "models", "search"], &["axum", "tokio", "rusqlite"]),
    (
        "auther",
        &[
            "accounts",
            "admission",
            "api",
            "auther-client",
            "biometric",
            "console",
            "engine",
            "eval",
            "face",
            "gallery",
            "mail",
            "models",
            "rekognition",
            "search",
            "signing",
        ],
        &["axum", "rusqlite", "ort", "lettre"],
    ),
];

/// Licences that may be linked into an Apache-2.0 program; of `A OR B` one is enough, of `A AND B` all must be here.
const LICENCES: &[&str] = &[
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "MIT",
    "MIT-0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "Unlicense",
    "CC0-1.0",
    "BSL-1.0",
    "Unicode-3.0",
    // The Independent JPEG Group's terms: free to use with acknowledgement.
    "IJG",
];

fn metadata() -> Metadata {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");
    let options = ["--locked".to_owned()];
    MetadataCommand::new().manifest_path(manifest).other_options(options).exec().expect("cargo metadata")
}

#[test]
fn every_crate_keeps_to_its_row() {
    let metadata = metadata();
    let crates: BTreeMap<String, BTreeSet<String>> = metadata
        .workspace_packages()
        .iter()
        .map(|package| {
            let normal = package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal);
            (package.name.to_string(), normal.map(|d| d.name.clone()).collect())
        })
        .collect();
    let listed: BTreeSet<_> = TABLE.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(crates.keys().cloned().collect::<BTreeSet<_>>(), listed, "every crate has a row, every row a crate");
    for (name, may, must_not) in TABLE {
        for dependency in &crates[*name] {
            let ours = listed.contains(dependency);
            assert!(!ours || may.contains(&dependency.as_str()), "{name} must not depend on {dependency}");
            let banned = must_not.contains(&dependency.as_str()) || (!ours && must_not.contains(&"*"));
            assert!(!banned, "{name} must not know {dependency}");
        }
    }
}

/// The table of ARCHITECTURE.md is the same table.
#[test]
fn the_page_says_what_is_held_here() {
    let page = include_str!("../../../ARCHITECTURE.md");
    let cells = |line: &'static str| line.split('|').map(str::trim).collect::<Vec<_>>();
    let written: BTreeMap<&str, BTreeSet<&str>> = page
        .lines()
        .map(cells)
        .filter_map(|cells| Some((cells.get(1)?.strip_prefix('`')?.strip_suffix('`')?, *cells.get(3)?)))
        .map(|(name, may)| match may {
            "nothing" => (name, BTreeSet::new()),
            "all" => (name, TABLE.iter().map(|(other, ..)| *other).filter(|other| *other != name).collect()),
            // What is in brackets says which part of the crate is meant.
            some => (name, some.split(", ").filter_map(|one| one.split(' ').next()).collect()),
        })
        .collect();
    let held: BTreeMap<&str, BTreeSet<&str>> =
        TABLE.iter().map(|(name, may, _)| (*name, may.iter().copied().collect())).collect();
    assert_eq!(written, held);
}

#[test]
fn every_outside_crate_comes_from_the_registry_under_a_licence_we_may_use() {
    for package in metadata().packages {
        let Some(source) = &package.source else { continue };
        assert!(source.repr.starts_with("registry+"), "{} comes from {source}", package.name);
        let licence = package.license.clone().unwrap_or_default().replace('/', " OR ");
        assert!(allowed(&licence), "{}: {licence:?}", package.name);
    }
}

/// Precedence as in SPDX: `AND` binds tighter than `OR`; parentheses hold alternatives here, never anything deeper.
fn allowed(expression: &str) -> bool {
    match expression.find('(') {
        Some(open) => {
            let close = expression[open..].find(')').map_or(expression.len(), |at| open + at);
            let inner = if allowed(&expression[open + 1..close]) { "MIT" } else { "none" };
            allowed(&format!("{}{inner}{}", &expression[..open], &expression[(close + 1).min(expression.len())..]))
        }
        None => {
            expression.split(" OR ").any(|all| all.split(" AND ").all(|licence| LICENCES.contains(&licence.trim())))
        }
    }
}

#[test]
fn licence_expressions_are_understood() {
    for expression in ["MIT", "GPL-3.0 OR MIT", "(MIT OR GPL-3.0) AND Unicode-3.0", "MIT AND (Apache-2.0 OR ISC)"] {
        assert!(allowed(expression), "{expression}");
    }
    for expression in ["", "GPL-3.0", "MIT AND GPL-3.0", "(GPL-2.0 OR GPL-3.0) AND MIT"] {
        assert!(!allowed(expression), "{expression}");
    }
}
