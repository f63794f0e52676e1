//! Errors of the labels: pairs that the names call non-mated although one person, or a twin, is on both.

use std::collections::HashSet;
use std::path::Path;

use super::dataset::Dataset;
use crate::Error;
use crate::table_file::{self, Row};

/// The errors that are known, with the reason for each.
const KNOWN: &str = include_str!("../../data/lfw_label_errors.csv");

/// What of a data set is not to be judged by its names.
#[derive(Debug, Default)]
pub(crate) struct LabelErrors {
    /// Pairs of people, the lower number first.
    people: HashSet<(usize, usize)>,
    /// Whether anything is wrong with an image or its person: most pairs are settled by this alone.
    touched: Vec<bool>,
    /// Images of somebody else than they say.
    images: HashSet<usize>,
    /// Pairs of images, the lower number first.
    pairs: HashSet<(usize, usize)>,
}

impl LabelErrors {
    /// The committed list, as far as it concerns this data set.
    pub(crate) fn known(data: &Dataset) -> Result<Self, Error> {
        let path = Path::new("lfw_label_errors.csv");
        let rows = table_file::parse(KNOWN).map_err(|error| Error::data(path, error.to_string()))?;
        Self::new(data, path, &rows)
    }

    fn new(data: &Dataset, path: &Path, rows: &[Row]) -> Result<Self, Error> {
        let mut errors = Self { touched: vec![false; data.images.len()], ..Self::default() };
        for row in rows.iter().filter(|row| row.fields.first().is_some_and(|kind| kind != "kind")) {
            let (a, b) = (row.field(path, 1)?, row.field(path, 2)?);
            match row.field(path, 0)? {
                "people" => errors.add_people(data, a, b),
                "image" => errors.add_image(data, a),
                "pair" => errors.add_pair(data, a, b),
                other => return Err(Error::data(path, format!("line {}: {other:?} is no kind", row.line))),
            }
        }
        Ok(errors)
    }

    fn add_people(&mut self, data: &Dataset, a: &str, b: &str) {
        let number = |name: &str| data.people.binary_search_by(|person| person.as_str().cmp(name)).ok();
        if let (Some(a), Some(b)) = (number(a), number(b)) {
            self.people.insert(ordered(a, b));
            let persons = data.person_of.iter().enumerate().filter(|(_, person)| [a, b].contains(person));
            persons.for_each(|(image, _)| self.touched[image] = true);
        }
    }

    fn add_image(&mut self, data: &Dataset, image: &str) {
        if let Some(image) = number_of(data, image) {
            self.images.insert(image);
            self.touched[image] = true;
        }
    }

    fn add_pair(&mut self, data: &Dataset, a: &str, b: &str) {
        if let (Some(a), Some(b)) = (number_of(data, a), number_of(data, b)) {
            self.pairs.insert(ordered(a, b));
            self.touched[a] = true;
            self.touched[b] = true;
        }
    }

    /// Whether the names say nothing true of this pair.
    #[inline]
    pub(crate) fn concern(&self, data: &Dataset, a: usize, b: usize) -> bool {
        (self.touched[a] || self.touched[b]) && self.concern_touched(data, a, b)
    }

    fn concern_touched(&self, data: &Dataset, a: usize, b: usize) -> bool {
        self.images.contains(&a)
            || self.images.contains(&b)
            || self.pairs.contains(&ordered(a, b))
            || self.people.contains(&ordered(data.person_of[a], data.person_of[b]))
    }

    /// How many entries of the list concern this data set.
    pub(crate) fn count(&self) -> usize {
        self.people.len() + self.images.len() + self.pairs.len()
    }
}

fn number_of(data: &Dataset, image: &str) -> Option<usize> {
    data.images.binary_search_by(|file| file.as_str().cmp(image)).ok()
}

fn ordered(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset() -> (tempfile::TempDir, Dataset) {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("lfw")).expect("made");
        for name in ["A_1.jpg", "A_2.jpg", "B_1.jpg", "C_1.jpg", "D_1.jpg"] {
            std::fs::write(folder.path().join("lfw").join(name), b"").expect("written");
        }
        std::fs::write(folder.path().join("pairs.csv"), "A_1.jpg,A_2.jpg\n").expect("written");
        let data = Dataset::read(folder.path()).expect("good");
        (folder, data)
    }

    fn errors(data: &Dataset, csv: &str) -> Result<LabelErrors, Error> {
        LabelErrors::new(data, Path::new("x.csv"), &table_file::parse(csv).expect("a table"))
    }

    #[test]
    fn each_kind_excludes_what_it_names_and_nothing_else() {
        let (_folder, data) = dataset();
        // In order of their names: A_1, A_2, B_1, C_1, D_1.
        let excluded = |csv: &str| -> Vec<(usize, usize)> {
            let errors = errors(&data, csv).expect("good");
            let pairs = (0..5).flat_map(|a| (a + 1..5).map(move |b| (a, b)));
            pairs.filter(|(a, b)| errors.concern(&data, *a, *b)).collect()
        };
        let head = "kind,a,b,reason\n";
        assert_eq!(excluded(head), []);
        assert_eq!(excluded(&format!("{head}people,B,A,\"twins, it seems\"\n")), [(0, 2), (1, 2)]);
        assert_eq!(excluded(&format!("{head}pair,C_1.jpg,A_2.jpg,x\n")), [(1, 3)]);
        assert_eq!(excluded(&format!("{head}image,A_2.jpg,,x\n")), [(0, 1), (1, 2), (1, 3), (1, 4)]);
        assert_eq!(excluded(&format!("{head}people,A,Elsewhere,x\n")), [], "not in this data set");
    }

    #[test]
    fn an_unknown_kind_is_an_error_that_names_the_line() {
        let (_folder, data) = dataset();
        let error = errors(&data, "kind,a,b,reason\ntypo,A,B,x\n").expect_err("no kind").to_string();
        assert!(error.contains("line 2") && error.contains("typo"), "{error}");
    }

    #[test]
    fn the_committed_list_is_well_formed() {
        let (_folder, data) = dataset();
        LabelErrors::known(&data).expect("well-formed");
    }
}
