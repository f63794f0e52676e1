//! The labelled images of a folder of folders, and which labels are known to be wrong.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::sets::{self, FOLDERS, Kind};
use crate::Error;
use crate::table_file::{self, Row};

/// The errors that are known, with the reason for each.
const KNOWN_ERRORS: &str = include_str!("../../data/checks_label_errors.csv");

/// An image of which something is claimed.
#[derive(Debug)]
pub(crate) struct Labelled {
    pub(crate) folder: String,
    /// In its folder.
    pub(crate) path: String,
    pub(crate) label: String,
    /// The person's name or number; empty when it is not known.
    pub(crate) identity: String,
    pub(crate) kinds: Vec<&'static Kind>,
    errors: Vec<LabelError>,
}

/// A word of a label that does not hold.
#[derive(Clone, Debug)]
struct LabelError {
    folder: String,
    path: String,
    word: String,
    reason: String,
}

impl Labelled {
    /// Folder and file.
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.folder, self.path)
    }

    pub(crate) fn file(&self, root: &Path) -> PathBuf {
        root.join(&self.folder).join(&self.path)
    }

    /// Why it does not belong to this kind although its label says so.
    pub(crate) fn label_error(&self, kind: &Kind) -> Option<&str> {
        self.errors.iter().find(|error| kind.is_named_by(&error.word)).map(|error| error.reason.as_str())
    }
}

/// What a folder of labelled folders holds.
#[derive(Debug)]
pub(crate) struct Dataset {
    pub(crate) root: PathBuf,
    pub(crate) images: Vec<Labelled>,
    /// Folders that are usually there and are not.
    pub(crate) absent: Vec<&'static str>,
    /// Images of whose labels the table knows no word.
    pub(crate) unclaimed: usize,
}

impl Dataset {
    /// Reads `<root>/*/manifest.csv` (columns path, label and, if there is one, identity).
    pub(crate) fn read(root: &Path) -> Result<Self, Error> {
        let errors = parse_errors(KNOWN_ERRORS, Path::new("checks_label_errors.csv"))?;
        let mut data = Self { root: root.to_owned(), images: Vec::new(), absent: Vec::new(), unclaimed: 0 };
        let mut folders = BTreeSet::new();
        for entry in std::fs::read_dir(root).map_err(Error::file(root))? {
            let folder = entry.map_err(Error::file(root))?.file_name().to_string_lossy().into_owned();
            if root.join(&folder).join("manifest.csv").is_file() {
                folders.insert(folder);
            }
        }
        for folder in &folders {
            let path = root.join(folder).join("manifest.csv");
            data.add(folder, &path, &table_file::read(&path)?, &errors)?;
        }
        data.absent = FOLDERS.iter().filter(|folder| !folders.contains(**folder)).copied().collect();
        match data.images.is_empty() {
            true => Err(Error::TooLittle(format!("{}: no folder with a manifest.csv of known labels", root.display()))),
            false => Ok(data),
        }
    }

    fn add(&mut self, folder: &str, manifest: &Path, rows: &[Row], errors: &[LabelError]) -> Result<(), Error> {
        let Some((header, rows)) = rows.split_first() else { return Ok(()) };
        let find = |name: &str| header.fields.iter().position(|field| field == name);
        let column = |name: &str| find(name).ok_or_else(|| Error::data(manifest, format!("there is no column {name}")));
        let (path_at, label_at, identity_at) = (column("path")?, column("label")?, find("identity"));
        for row in rows {
            let (path, label) = (row.field(manifest, path_at)?, row.field(manifest, label_at)?);
            let kinds = sets::kinds(folder, label);
            if kinds.is_empty() {
                self.unclaimed += 1;
                continue;
            }
            let identity = identity_at.and_then(|at| row.fields.get(at)).cloned().unwrap_or_default();
            let concerns = |error: &&LabelError| error.folder == folder && error.path == path;
            self.images.push(Labelled {
                folder: folder.to_owned(),
                path: path.to_owned(),
                label: label.to_owned(),
                identity,
                kinds,
                errors: errors.iter().filter(concerns).cloned().collect(),
            });
        }
        Ok(())
    }
}

fn parse_errors(text: &str, path: &Path) -> Result<Vec<LabelError>, Error> {
    let rows = table_file::parse(text).map_err(|error| Error::data(path, error.to_string()))?;
    let error = |row: &Row| {
        let field = |at| row.field(path, at).map(str::to_owned);
        Ok(LabelError { folder: field(0)?, path: field(1)?, word: field(2)?, reason: field(3)? })
    };
    rows.iter().skip(1).map(error).collect()
}

/// The number after `<key>=` in a label of the form `a=1;b=2`.
pub(crate) fn number(label: &str, key: &str) -> Option<f64> {
    let parts = label.split([';', '|']).filter_map(|part| part.trim().split_once('='));
    parts.filter(|(name, _)| *name == key).find_map(|(_, value)| value.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_labels() {
        let label = "pitch=-4.7;yaw=0.9;roll=5.6";
        assert_eq!(["pitch", "yaw", "roll"].map(|key| number(label, key)), [Some(-4.7), Some(0.9), Some(5.6)]);
        assert_eq!(number("faces=3", "faces"), Some(3.0));
        assert_eq!(number("faces=many", "faces"), None);
        assert_eq!(number("neutral", "faces"), None);
    }

    #[test]
    fn the_committed_label_errors_name_words_of_the_table_and_a_reason() {
        let errors = parse_errors(KNOWN_ERRORS, Path::new("x.csv")).expect("well-formed");
        assert!(!errors.is_empty());
        for LabelError { folder, path, word, reason } in errors {
            assert!(!sets::kinds(&folder, &word).is_empty(), "{path}: {word:?} is no word of the table");
            assert!(!reason.is_empty(), "{path}");
        }
    }

    #[test]
    fn manifests_are_read_and_what_is_absent_or_unknown_is_said() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path().join("yawdd");
        std::fs::create_dir(&folder).expect("made");
        std::fs::create_dir(root.path().join("no_manifest_here")).expect("made");
        let rows = "path,label,identity,notes\nyawn_414.jpg,mouth_open_yawn|eyeglasses,p,\"a, b\"\nx.jpg,riddle,,\n";
        std::fs::write(folder.join("manifest.csv"), rows).expect("written");
        let data = Dataset::read(root.path()).expect("good");
        assert_eq!((data.images.len(), data.unclaimed), (1, 1));
        let image = &data.images[0];
        assert_eq!((image.name().as_str(), image.identity.as_str()), ("yawdd/yawn_414.jpg", "p"));
        let wrong: Vec<bool> = image.kinds.iter().map(|kind| image.label_error(kind).is_some()).collect();
        assert_eq!(image.kinds.iter().map(|kind| kind.name).collect::<Vec<_>>(), ["clear eyeglasses", "yawning"]);
        assert_eq!(wrong, [false, true], "only the word that does not hold");
        assert!(data.absent.contains(&"masks") && !data.absent.contains(&"yawdd"));
        let empty = tempfile::tempdir().expect("a folder");
        assert!(Dataset::read(empty.path()).is_err());
    }
}
