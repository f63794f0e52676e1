//! Embeddings kept between runs. Biometric data: the file is readable by its owner only.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::Error;
use crate::extract::Extraction;

/// First line of the file, before the key.
const MAGIC: &str = "auther eval embeddings 1 ";

/// SHA-256 of an image file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Hash([u8; 32]);

impl Hash {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

/// Extractions by the hash of their file, all made by what `key` names.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    path: Option<PathBuf>,
    key: String,
    entries: HashMap<Hash, Extraction>,
    changed: bool,
}

impl Cache {
    /// Keeps nothing.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// Reads the file. One of another key, or a damaged one, counts as empty and is replaced.
    pub(crate) fn open(path: &Path, key: &str) -> Result<Self, Error> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(Error::file(path)(error)),
        };
        let entries = parse(&bytes, key).unwrap_or_default();
        Ok(Self { path: Some(path.to_owned()), key: key.to_owned(), entries, changed: false })
    }

    pub(crate) fn get(&self, hash: &Hash) -> Option<&Extraction> {
        self.entries.get(hash)
    }

    pub(crate) fn insert(&mut self, hash: Hash, extraction: Extraction) {
        self.changed |= self.entries.insert(hash, extraction).is_none();
    }

    /// Writes the file anew, if anything was added.
    pub(crate) fn save(&mut self) -> Result<(), Error> {
        let Some(path) = self.path.as_ref().filter(|_| self.changed) else { return Ok(()) };
        let mut bytes = format!("{MAGIC}{}\n", self.key).into_bytes();
        let mut hashes: Vec<&Hash> = self.entries.keys().collect();
        hashes.sort_unstable();
        hashes.iter().for_each(|hash| write_entry(&mut bytes, hash, &self.entries[*hash]));
        let unfinished = path.with_extension("part");
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&unfinished).map_err(Error::file(&unfinished))?;
        file.write_all(&bytes).map_err(Error::file(&unfinished))?;
        std::fs::rename(&unfinished, path).map_err(Error::file(path))?;
        self.changed = false;
        Ok(())
    }
}

/// Hash, number of faces, length of each embedding (0 for a failure), the embeddings; all little-endian.
fn write_entry(bytes: &mut Vec<u8>, hash: &Hash, extraction: &Extraction) {
    let (faces, plain, mirrored): (u32, &[f32], &[f32]) = match extraction {
        Extraction::Found { faces, plain, mirrored } => (*faces, plain, mirrored),
        Extraction::Failed => (0, &[], &[]),
    };
    bytes.extend(hash.0);
    bytes.extend(faces.to_le_bytes());
    bytes.extend((plain.len() as u32).to_le_bytes());
    plain.iter().chain(mirrored).for_each(|value| bytes.extend(value.to_le_bytes()));
}

fn parse(bytes: &[u8], key: &str) -> Option<HashMap<Hash, Extraction>> {
    let mut rest = bytes.strip_prefix(format!("{MAGIC}{key}\n").as_bytes())?;
    let mut entries = HashMap::new();
    while !rest.is_empty() {
        let hash = Hash(*take(&mut rest)?);
        let faces = u32::from_le_bytes(*take(&mut rest)?);
        let length = u32::from_le_bytes(*take(&mut rest)?) as usize;
        let plain = vector(&mut rest, length)?;
        let mirrored = vector(&mut rest, length)?;
        let found = Extraction::Found { faces, plain, mirrored };
        entries.insert(hash, if length == 0 { Extraction::Failed } else { found });
    }
    Some(entries)
}

fn vector(rest: &mut &[u8], length: usize) -> Option<Vec<f32>> {
    (0..length).map(|_| take(rest).map(|bytes| f32::from_le_bytes(*bytes))).collect()
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> Extraction {
        Extraction::Found { faces: 2, plain: vec![0.5, -1.0, f32::MIN_POSITIVE], mirrored: vec![1.0, 2.0, 3.0] }
    }

    #[test]
    fn what_was_kept_is_found_again_under_the_same_key_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cache");
        let mut cache = Cache::open(&path, "model a").expect("a new one");
        cache.insert(Hash::of(b"1"), found());
        cache.insert(Hash::of(b"2"), Extraction::Failed);
        cache.save().expect("written");
        let again = Cache::open(&path, "model a").expect("there");
        assert_eq!(again.get(&Hash::of(b"1")), Some(&found()));
        assert_eq!(again.get(&Hash::of(b"2")), Some(&Extraction::Failed));
        assert_eq!(again.get(&Hash::of(b"3")), None);
        assert_eq!(Cache::open(&path, "model b").expect("there").get(&Hash::of(b"1")), None);
    }

    #[test]
    fn a_file_that_was_cut_off_counts_as_empty() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cache");
        let mut cache = Cache::open(&path, "m").expect("a new one");
        cache.insert(Hash::of(b"1"), found());
        cache.save().expect("written");
        let bytes = std::fs::read(&path).expect("there");
        std::fs::write(&path, &bytes[..bytes.len() - 1]).expect("written");
        assert_eq!(Cache::open(&path, "m").expect("there").get(&Hash::of(b"1")), None);
    }
}
