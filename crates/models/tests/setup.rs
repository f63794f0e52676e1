//! Filling a cache without a network: from files beside a card, from a folder, and from a server on this machine.

mod server;

use std::fs;
use std::path::{Path, PathBuf};

use models::{Cache, Card, Catalogue, Event, Options, Progress, SetupError, Sha256, State, setup, survey};
use server::{Answer, Server};

/// The made-up library that the tests fetch.
fn content() -> Vec<u8> {
    (0..300_000_u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_be_bytes()).collect()
}

/// A folder with one card in it and a cache beside it.
struct Place {
    folder: tempfile::TempDir,
    cards: Vec<Card>,
    cache: Cache,
}

impl Place {
    fn new(sources: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let content = content();
        let (sha256, bytes) = (Sha256::of(&content), content.len());
        let card = format!(
            "name = 'lib'\ntitle = 'A library'\nkind = 'runtime'\ntarget = 'any'\n\
             licence = {{ spdx = 'MIT', origin = 'https://example.org', notice = 'By me.' }}\n\
             file = {{ name = 'lib.so', sha256 = '{sha256}', bytes = {bytes} }}\n{sources}"
        );
        let models = folder.path().join("models");
        fs::create_dir_all(models.join("lib")).expect("made");
        fs::write(models.join("lib/card.toml"), card).expect("written");
        let mut catalogue = Catalogue::built_in().expect("they parse");
        catalogue.add_folder(&models).expect("it parses");
        let cards = vec![catalogue.get("lib").expect("it is there").clone()];
        let cache = Cache::new(folder.path().join("cache"));
        Self { folder, cards, cache }
    }

    fn beside(&self) -> PathBuf {
        self.folder.path().join("models/lib/lib.so")
    }

    fn setup(&self, options: &Options) -> (Result<(), SetupError>, String) {
        let mut told = Told::default();
        let outcome = setup(&self.cache, &self.cards, &mut told, options);
        (outcome, told.0)
    }

    fn is_filled(&self) -> bool {
        let names: Vec<_> = self.files();
        self.cache.verified_bytes(&self.cards[0]).is_ok_and(|bytes| bytes == content())
            && names.iter().all(|name| [".lock", "lib.so"].contains(&name.as_str()))
    }

    fn files(&self) -> Vec<String> {
        let list = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten().collect::<Vec<_>>();
        let all = list(self.cache.folder()).into_iter().chain(list(&self.cache.folder().join("lib")));
        let files = all.filter(|entry| entry.path().is_file());
        files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }
}

#[derive(Default)]
struct Told(String);

impl Progress for Told {
    fn event(&mut self, _card: &str, event: Event<'_>) {
        self.0 += &format!("{event:?}\n");
    }
}

#[test]
fn what_is_there_is_left_alone_and_what_was_altered_is_replaced() {
    let place = Place::new("[[source]]\nbeside = 'lib.so'");
    fs::write(place.beside(), content()).expect("written");
    let options = Options { offline: true, ..Options::default() };
    place.setup(&options).0.expect("from beside the card");
    assert!(place.is_filled());
    fs::remove_file(place.beside()).expect("removed");
    let (outcome, told) = place.setup(&options);
    outcome.expect("nothing to do");
    assert_eq!(told, "Present\n");

    let path = place.cache.path(&place.cards[0]);
    for wrong in [&content()[..1000], &[content(), vec![0]].concat(), &vec![7; content().len()]] {
        fs::write(&path, wrong).expect("written");
        assert!(matches!(survey(&place.cache, &place.cards)[0].state, State::Altered(_)));
        assert!(place.cache.verified_path(&place.cards[0]).is_err());
        let error = place.setup(&options).0.expect_err("no source").to_string();
        assert!(error.contains("the cache: ") && error.contains("is not the file"), "{error}");
        assert!(error.contains("without --offline") && !error.contains("not in the cache"), "{error}");
        fs::write(place.beside(), content()).expect("written");
        let (outcome, told) = place.setup(&options);
        outcome.expect("replaced");
        assert!(told.starts_with("Replacing") && place.is_filled(), "{told}");
        fs::remove_file(place.beside()).expect("removed");
    }
}

#[test]
fn a_failure_lists_every_place_and_what_to_do_by_hand() {
    let place = Place::new(
        "[[source]]\nurl = 'http://127.0.0.1:1/lib.so'\n[[source]]\nbeside = 'lib.so'\n[[source]]\n\
         package = { index = 'pypi', name = 'p', version = '1', member = 'p/lib.so' }",
    );
    let options = Options { from: Some(place.folder.path().to_owned()), ..Options::default() };
    let error = place.setup(&options).0.expect_err("nowhere").to_string();
    let by_hand =
        ["http://127.0.0.1:1/lib.so", "pip download --no-deps --only-binary=:all: p==1", "p/lib.so", "--from"];
    let sha256 = Sha256::of(&content()).to_string();
    for words in by_hand.into_iter().chain(["the file is not there", "holds neither lib.so", &sha256]) {
        assert!(error.contains(words), "{words}: {error}");
    }
}

#[test]
fn a_folder_may_hold_the_file_or_a_wheel() {
    use std::io::Write as _;
    let place = Place::new(
        "[[source]]\npackage = { index = 'pypi', name = 'A.Package', version = '1.0', member = 'p/lib.so' }",
    );
    let from = place.folder.path().join("from");
    fs::create_dir(&from).expect("made");
    let options = Options { from: Some(from.clone()), ..Options::default() };
    fs::write(from.join("a_package-1.0-py3-none-any.whl"), b"no wheel").expect("written");
    assert!(place.setup(&options).0.expect_err("no wheel").to_string().contains("cannot be read"));

    let wheel = fs::File::create(from.join("a_package-1.0-py3-none-any.whl")).expect("made");
    let mut wheel = zip::ZipWriter::new(wheel);
    wheel.start_file("p/lib.so", zip::write::SimpleFileOptions::default()).expect("started");
    wheel.write_all(&content()).expect("written");
    wheel.finish().expect("finished");
    place.setup(&options).0.expect("from the wheel");
    assert!(place.is_filled());

    fs::remove_dir_all(&from).expect("removed");
    fs::create_dir(&from).expect("made");
    fs::write(from.join("lib.so"), content()).expect("written");
    place.setup(&Options { force: true, ..options }).0.expect("from the file");
    assert!(place.is_filled());
}

#[test]
fn a_cut_off_download_goes_on_where_it_stopped() {
    let server = Server::start(content(), vec![Answer::CutAfter(500_000), Answer::Whole]);
    let place = Place::new(&format!("[[source]]\nurl = '{}'", server.url()));
    assert!(place.setup(&Options::default()).0.is_err());
    assert_eq!(fs::metadata(place.cache.folder().join("lib/lib.so.part")).map(|m| m.len()).ok(), Some(500_000));
    place.setup(&Options::default()).0.expect("the rest");
    assert!(place.is_filled(), "{:?}", place.files());
    assert_eq!(server.ranges(), [0, 500_000]);
}

#[test]
fn a_stale_remainder_or_a_server_without_ranges_means_starting_afresh() {
    for (answers, remainder) in [
        (vec![Answer::Whole, Answer::Whole], vec![9; 1000]),
        (vec![Answer::NoRanges, Answer::NoRanges], content()[..1000].to_vec()),
        (vec![Answer::Whole], vec![9; content().len()]),
        (vec![Answer::Whole], vec![9; content().len() + 5]),
    ] {
        let server = Server::start(content(), answers);
        let place = Place::new(&format!("[[source]]\nurl = '{}'", server.url()));
        fs::create_dir_all(place.cache.folder().join("lib")).expect("made");
        fs::write(place.cache.folder().join("lib/lib.so.part"), remainder).expect("written");
        place.setup(&Options::default()).0.expect("afresh");
        assert!(place.is_filled());
    }
}

#[test]
fn another_file_an_endless_one_and_none_are_refused_and_the_next_source_is_asked() {
    let length = content().len();
    for (served, answer, reason) in [
        (vec![1; length], Answer::Whole, "another file"),
        (vec![1; length * 3], Answer::Whole, "more than"),
        (vec![1; length / 2], Answer::Whole, "another file"),
        (vec![], Answer::NotFound, "404"),
    ] {
        let server = Server::start(served, vec![answer]);
        let place = Place::new(&format!("[[source]]\nurl = '{}'\n[[source]]\nbeside = 'lib.so'", server.url()));
        let (outcome, told) = place.setup(&Options::default());
        assert!(outcome.is_err() && told.contains(reason), "{told}");
        fs::write(place.beside(), content()).expect("written");
        place.setup(&Options::default()).0.expect("from the next source");
        assert!(place.is_filled(), "{:?}", place.files());
    }
}

#[test]
fn two_at_once_take_turns() {
    let place = Place::new("[[source]]\nbeside = 'lib.so'");
    fs::write(place.beside(), content()).expect("written");
    std::thread::scope(|scope| {
        let runs: Vec<_> =
            (0..4).map(|_| scope.spawn(|| place.setup(&Options { force: true, ..Options::default() }).0)).collect();
        for run in runs {
            run.join().expect("no panic").expect("filled");
        }
    });
    assert!(place.is_filled());
}

#[test]
fn a_full_cache_needs_no_right_to_write() {
    let place = Place::new("[[source]]\nbeside = 'lib.so'");
    fs::write(place.beside(), content()).expect("written");
    place.setup(&Options::default()).0.expect("filled");
    fs::remove_file(place.cache.folder().join(".lock")).expect("removed");
    place.setup(&Options::default()).0.expect("nothing to do");
    assert!(!place.cache.folder().join(".lock").exists());
}
