//! Who is verified, and by which photographs.

use std::path::{Path, PathBuf};

use crate::Error;
use crate::photograph::{Size, photograph};

/// Somebody who is enrolled by one photograph and verified by others.
pub(super) struct Person {
    /// The id.
    pub(super) id: String,
    /// The photograph that is enrolled, as it is.
    pub(super) reference: Vec<u8>,
    /// Another one, in each size.
    probes: [Vec<u8>; Size::ALL.len()],
}

impl Person {
    /// The photograph that is verified.
    pub(super) fn probe(&self, size: Size) -> &[u8] {
        &self.probes[size as usize]
    }
}

/// The portraits of a folder: `NAME_a.jpg` is enrolled, `NAME_b.jpg` of the same person is verified.
pub(super) fn persons(folder: &Path) -> Result<Vec<Person>, Error> {
    let mut names: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::file(folder))? {
        names.push(entry.map_err(Error::file(folder))?.path());
    }
    names.sort_unstable();
    let id = |path: &PathBuf| Some(path.file_name()?.to_str()?.strip_suffix("_a.jpg")?.to_owned());
    let persons = names.iter().filter_map(id).map(|id| person(folder, id)).collect::<Result<Vec<_>, _>>()?;
    match persons.is_empty() {
        true => Err(Error::data(folder, "there is no NAME_a.jpg beside a NAME_b.jpg in it")),
        false => Ok(persons),
    }
}

fn person(folder: &Path, id: String) -> Result<Person, Error> {
    let path = |letter: char| folder.join(format!("{id}_{letter}.jpg"));
    let probes = [photograph(&path('b'), Size::Megapixel)?, photograph(&path('b'), Size::Telephone)?];
    let path = path('a');
    let reference = std::fs::read(&path).map_err(Error::file(&path))?;
    Ok(Person { id, reference, probes })
}

#[cfg(test)]
mod tests {
    use face::ImageLimits;

    use super::*;

    fn portraits() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/photos")
    }

    #[test]
    fn photographs_are_as_large_and_as_heavy_as_they_claim_and_always_the_same() {
        let persons = persons(&portraits()).expect("made");
        assert_eq!(
            persons.iter().map(|person| person.id.as_str()).collect::<Vec<_>>(),
            ["A000369", "A000376", "A000377"]
        );
        for (person, size) in persons.iter().flat_map(|person| Size::ALL.map(|size| (person, size))) {
            let [width, height] = size.pixels();
            let image = face::decode(person.probe(size), &ImageLimits::default()).expect("decodes");
            assert_eq!((image.width(), image.height()), (width.into(), height.into()));
            let bytes = person.probe(size).len() as f64 / (f64::from(width) * f64::from(height));
            assert!((0.2..0.45).contains(&bytes), "{} {size:?}: {bytes} bytes a pixel", person.id);
        }
        let again = person(&portraits(), "A000376".into()).expect("made");
        assert!(Size::ALL.iter().all(|size| persons[1].probe(*size) == again.probe(*size)));
    }

    #[test]
    fn a_folder_without_pairs_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(persons(folder.path()).is_err());
        std::fs::write(folder.path().join("x_a.jpg"), b"no image").expect("written");
        assert!(persons(folder.path()).is_err());
    }
}
