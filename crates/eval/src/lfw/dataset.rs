//! Who is on which image, and which pairs the protocol names.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use crate::table_file::{self, Row};
use crate::{Error, extract};

/// Folder of the images inside the input.
const IMAGES: &str = "lfw";

/// Table of the pairs inside the input.
const PAIRS: &str = "pairs.csv";

/// How many folds the rows make when their order does not show it.
const FOLDS_DEFAULT: usize = 10;

/// At most so many missing files are named in an error.
const MISSING_NAMED_MAX: usize = 10;

/// A pair that the protocol names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) a: usize,
    pub(crate) b: usize,
    pub(crate) mated: bool,
    pub(crate) fold: usize,
}

/// Which of two parts, disjoint in people, a person belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    A,
    B,
}

impl Half {
    pub(crate) const BOTH: [Self; 2] = [Self::A, Self::B];

    pub(crate) fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }
}

/// Images, people and pairs. Images and people are numbers into the lists of names.
#[derive(Debug)]
pub(crate) struct Dataset {
    /// File names, sorted.
    pub(crate) images: Vec<String>,
    /// Who is on each image.
    pub(crate) person_of: Vec<usize>,
    /// Names.
    pub(crate) people: Vec<String>,
    pub(crate) pairs: Vec<Pair>,
    pub(crate) folds: usize,
    /// The fold of each person who occurs in exactly one.
    pub(crate) fold_of: Vec<Option<usize>>,
    /// Whether nobody occurs in two folds.
    pub(crate) folds_disjoint: bool,
    /// The half of each person.
    pub(crate) half_of: Vec<Half>,
}

impl Dataset {
    /// Reads `<input>/pairs.csv` and lists `<input>/lfw/`.
    pub(crate) fn read(input: &Path) -> Result<Self, Error> {
        let images = extract::images_of(&input.join(IMAGES))?;
        let path = input.join(PAIRS);
        Self::new(images, &path, &table_file::read(&path)?)
    }

    pub(crate) fn folder(input: &Path) -> std::path::PathBuf {
        input.join(IMAGES)
    }

    fn new(images: Vec<String>, path: &Path, rows: &[Row]) -> Result<Self, Error> {
        let (people, person_of) = number_people(&images);
        let listed = listed_pairs(&images, &person_of, path, rows)?;
        let (folds, fold_of_row) = folds_of(&listed.iter().map(|(_, _, mated)| *mated).collect::<Vec<_>>());
        let pairs: Vec<Pair> =
            listed.into_iter().zip(fold_of_row).map(|((a, b, mated), fold)| Pair { a, b, mated, fold }).collect();
        let (fold_of, folds_disjoint) = folds_of_people(&pairs, &person_of, people.len());
        let by_fold = |fold: usize| if 2 * fold < folds { Half::A } else { Half::B };
        let half = |person: usize| match fold_of[person].filter(|_| folds_disjoint) {
            Some(fold) => by_fold(fold),
            None => half_by_name(&people[person]),
        };
        let half_of = (0..people.len()).map(half).collect();
        Ok(Self { images, person_of, people, pairs, folds, fold_of, folds_disjoint, half_of })
    }

    pub(crate) fn half_of_image(&self, image: usize) -> Half {
        self.half_of[self.person_of[image]]
    }

    pub(crate) fn mated(&self, a: usize, b: usize) -> bool {
        self.person_of[a] == self.person_of[b]
    }
}

/// `Jane_Doe_0001.jpg` shows `Jane_Doe`.
pub(crate) fn identity(file: &str) -> &str {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    match stem.rsplit_once('_') {
        Some((name, number)) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => name,
        Some(_) | None => stem,
    }
}

fn number_people(images: &[String]) -> (Vec<String>, Vec<usize>) {
    let names: BTreeSet<&str> = images.iter().map(|image| identity(image)).collect();
    let number: BTreeMap<&str, usize> = names.iter().enumerate().map(|(at, name)| (*name, at)).collect();
    let person_of = images.iter().map(|image| number[identity(image)]).collect();
    (names.into_iter().map(str::to_owned).collect(), person_of)
}

type Listed = (usize, usize, bool);

/// The pairs by number. A header is optional; a column named `same` (1 or 0) decides, else the names do.
fn listed_pairs(images: &[String], person_of: &[usize], path: &Path, rows: &[Row]) -> Result<Vec<Listed>, Error> {
    let number: HashMap<&str, usize> = images.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    let header = rows.first().filter(|row| row.fields.first().is_some_and(|field| field == "a"));
    let same_column = header.and_then(|row| row.fields.iter().position(|field| field == "same"));
    let (mut listed, mut missing) = (Vec::new(), BTreeSet::new());
    for row in &rows[usize::from(header.is_some())..] {
        let files = [row.field(path, 0)?, row.field(path, 1)?];
        missing.extend(files.into_iter().filter(|file| !number.contains_key(file)));
        if let [Some(a), Some(b)] = files.map(|file| number.get(file).copied()) {
            let mated = match same_column {
                Some(column) => row.field(path, column)? == "1",
                None => person_of[a] == person_of[b],
            };
            listed.push((a, b, mated));
        }
    }
    if missing.is_empty() {
        return Ok(listed);
    }
    let named: Vec<&str> = missing.iter().take(MISSING_NAMED_MAX).copied().collect();
    let more = if missing.len() > named.len() { ", ..." } else { "" };
    Err(Error::data(path, format!("{} files are missing in {IMAGES}/: {}{more}", missing.len(), named.join(", "))))
}

/// How many folds there are, and the fold of each row. A fold is a run of mated rows and the run of non-mated rows after
/// it; when the rows are in another order, the mated and the non-mated ones are each cut into ten.
fn folds_of(mated: &[bool]) -> (usize, Vec<usize>) {
    let mut fold = 0;
    let mut folds = Vec::with_capacity(mated.len());
    for (at, is_mated) in mated.iter().enumerate() {
        let begins = at > 0 && *is_mated && !mated[at - 1];
        fold += usize::from(begins);
        folds.push(fold);
    }
    let count = fold + 1;
    let complete =
        |fold: usize| [true, false].iter().all(|kind| (0..mated.len()).any(|r| folds[r] == fold && mated[r] == *kind));
    if (2..=mated.len() / 10).contains(&count) && (0..count).all(complete) {
        return (count, folds);
    }
    let totals = [false, true].map(|kind| mated.iter().filter(|m| **m == kind).count());
    let mut seen = [0; 2];
    let number = |is_mated: &bool| {
        let kind = usize::from(*is_mated);
        seen[kind] += 1;
        (seen[kind] - 1) * FOLDS_DEFAULT / totals[kind]
    };
    (FOLDS_DEFAULT, mated.iter().map(number).collect())
}

fn folds_of_people(pairs: &[Pair], person_of: &[usize], people: usize) -> (Vec<Option<usize>>, bool) {
    let mut folds: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); people];
    for pair in pairs {
        folds[person_of[pair.a]].insert(pair.fold);
        folds[person_of[pair.b]].insert(pair.fold);
    }
    let disjoint = folds.iter().all(|folds| folds.len() <= 1);
    (folds.iter().map(|folds| folds.first().copied().filter(|_| folds.len() == 1)).collect(), disjoint)
}

/// FNV-1a (Fowler, Noll, Vo): the same half on every machine and in every run.
fn half_by_name(name: &str) -> Half {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    // The lowest bit of FNV-1a is the parity of the bytes; a high one is mixed well.
    if hash >> 40 & 1 == 0 { Half::A } else { Half::B }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset(images: &[&str], csv: &str) -> Result<Dataset, Error> {
        let mut images: Vec<String> = images.iter().map(ToString::to_string).collect();
        images.sort_unstable();
        Dataset::new(images, Path::new("pairs.csv"), &table_file::parse(csv).expect("a table"))
    }

    #[test]
    fn the_identity_is_the_name_without_its_number() {
        for (file, name) in
            [("Jane_Doe_0001.jpg", "Jane_Doe"), ("A_B_C_12.png", "A_B_C"), ("x.jpg", "x"), ("a_b.jpg", "a_b")]
        {
            assert_eq!(identity(file), name);
        }
    }

    #[test]
    fn runs_of_mated_and_non_mated_rows_make_the_folds() {
        let fold = [[true; 5], [false; 5]].concat();
        let (count, folds) = folds_of(&fold.repeat(3));
        assert_eq!(count, 3);
        assert_eq!(folds, [[0; 10], [1; 10], [2; 10]].concat());
    }

    #[test]
    fn rows_in_another_order_are_cut_into_ten_with_both_kinds_in_each() {
        let (count, folds) = folds_of(&[vec![true; 40], vec![false; 60]].concat());
        assert_eq!(count, 10);
        for fold in 0..10 {
            assert_eq!(folds[..40].iter().filter(|f| **f == fold).count(), 4);
            assert_eq!(folds[40..].iter().filter(|f| **f == fold).count(), 6);
        }
        assert_eq!(folds_of(&[true, false].repeat(50)).0, 10, "alternating rows are not fifty folds");
    }

    #[test]
    fn missing_files_are_named() {
        let error = dataset(&["A_1.jpg", "B_1.jpg"], "A_1.jpg,B_1.jpg\nA_1.jpg,A_2.jpg\n").expect_err("missing");
        assert!(error.to_string().contains("A_2.jpg"), "{error}");
    }

    #[test]
    fn halves_follow_the_folds_or_else_the_names() {
        let mut images = Vec::new();
        let mut csv = String::new();
        for fold in 0..4 {
            for person in 0..10 {
                images.extend([1, 2].map(|n| format!("P{fold}{person}_{n}.jpg")));
                csv += &format!("P{fold}{person}_1.jpg,P{fold}{person}_2.jpg\n");
            }
            for person in 0..9 {
                csv += &format!("P{fold}{person}_1.jpg,P{fold}{}_1.jpg\n", person + 1);
            }
        }
        let images: Vec<&str> = images.iter().map(String::as_str).collect();
        let data = dataset(&images, &csv).expect("good");
        assert_eq!((data.folds, data.people.len(), data.folds_disjoint), (4, 40, true));
        for (person, name) in data.people.iter().enumerate() {
            let expected = if ["P0", "P1"].contains(&&name[..2]) { Half::A } else { Half::B };
            assert_eq!(data.half_of[person], expected);
        }
        let mixed = dataset(&images, &(csv + "P00_1.jpg,P31_1.jpg\n")).expect("good");
        assert!(!mixed.folds_disjoint);
        let in_a = mixed.half_of.iter().filter(|half| **half == Half::A).count();
        assert!((10..=30).contains(&in_a), "{in_a} of 40 by name");
    }

    #[test]
    fn a_header_may_say_what_is_mated() {
        let data = dataset(&["A_1.jpg", "B_1.jpg"], "a,b,same\nA_1.jpg,B_1.jpg,1\n").expect("good");
        assert!(data.pairs[0].mated);
    }
}
