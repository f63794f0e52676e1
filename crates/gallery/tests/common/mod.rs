//! A test that runs itself again as a child process, which enrols and says what was acknowledged.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part")]

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::Path;

use biometric::{ModelId, Person, PersonId, Score, Template, TenantId, Timestamp};
use futures_executor::block_on;
use gallery::{Embedded, Error, Gallery, Limits, Options, Query};

pub const TENANT: TenantId = TenantId(1);
pub const NEVER: Score = Score(2.0);

pub fn open(dir: &Path) -> Embedded {
    let model = ModelId::parse("crash@1").expect("a model id");
    Embedded::open(dir, model, Options::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// With a new snapshot every few changes, so that one is being written, or rows of it wiped, at most moments.
pub fn open_compacting(dir: &Path) -> Embedded {
    let model = ModelId::parse("crash@1").expect("a model id");
    let limits = Limits { changes_min: 50, changes_max: 50 };
    Embedded::open_with(dir, model, Options::default(), limits).unwrap_or_else(|error| panic!("{error}"))
}

/// The one reference that belongs to an id.
pub fn reference(id: &str) -> Template {
    let mut state = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    let value = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 - (1 << 23) as f32
    };
    let model = ModelId::parse("crash@1").expect("a model id");
    Template::from_embedding(model, (0..128).map(value).collect()).expect("a direction")
}

pub fn enrol(gallery: &Embedded, id: &str) -> Result<(), Error> {
    let person = PersonId::parse(id).expect("a person id");
    block_on(gallery.enrol(TENANT, person, reference(id), NEVER, Timestamp::from_millis(1), None)).map(drop)
}

pub fn remove(gallery: &Embedded, id: &str) -> Result<(), Error> {
    block_on(gallery.remove(TENANT, &PersonId::parse(id).expect("a person id")))
}

/// Whose reference is the nearest to this one.
pub fn nearest(gallery: &Embedded, probe: &Template) -> Result<Person, Error> {
    let mut found = block_on(gallery.search(TENANT, &[Query { probe, count: 1 }], NonZeroUsize::MIN))?;
    found.pop().and_then(|mut found| found.pop()).map(|candidate| candidate.person).ok_or(Error::NotFound)
}

/// Tells the parent, in one write: `!<what> <id>`.
pub fn say(what: char, id: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("!{what} {id}\n").as_bytes()).and_then(|()| out.flush()).expect("the parent listens");
}

/// What children said: of each id the last word. `e` enrolled, `r` about to be removed, `d` removed.
#[derive(Default)]
pub struct Heard(pub HashMap<String, char>);

impl Heard {
    pub fn listen(&mut self, output: &str) {
        // A line without its end was cut off.
        for line in output.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')) {
            // The test harness may have begun the line.
            let Some((_, told)) = line.split_once('!') else { continue };
            if let Some((what, id)) = told.split_once(' ') {
                self.0.insert(id.into(), what.chars().next().expect("a word"));
            }
        }
    }

    pub fn acknowledged(&self) -> usize {
        self.0.values().filter(|what| **what != 'r').count()
    }

    /// The store has everything that was acknowledged, nothing that was removed, of the rest at most `unheard`; everybody is
    /// found by their reference, and nobody else.
    pub fn check(&self, dir: &Path, unheard: usize) {
        let gallery = open(dir);
        let persons = block_on(gallery.list(TENANT, None, usize::MAX)).expect("listed");
        let present: HashSet<&str> = persons.iter().map(|person| person.id.as_str()).collect();
        for (id, what) in &self.0 {
            match what {
                'e' => assert!(present.contains(id.as_str()), "acknowledged, then lost: {id}"),
                'd' => assert!(!present.contains(id.as_str()), "removed, then back: {id}"),
                _ => {}
            }
        }
        let unknown = present.iter().filter(|id| !self.0.contains_key(**id)).count();
        assert!(unknown <= unheard, "{unknown} enrolled that nobody heard of");
        let table = table(dir);
        assert_eq!(table.len(), persons.len());
        for person in &persons {
            let (_, held) = block_on(gallery.reference(TENANT, &person.id)).expect("known");
            assert!(held == reference(person.id.as_str()), "another reference");
            let bytes: Vec<u8> = held.values().iter().flat_map(|value| value.to_le_bytes()).collect();
            assert!(table.get(person.id.as_str()) == Some(&bytes), "what is read is not the table");
            assert!(nearest(&gallery, &held).expect("searched") == *person, "another is nearer");
        }
        assert_eq!(block_on(gallery.count(TENANT)).expect("counted"), persons.len() as u64);
    }
}

fn table(dir: &Path) -> HashMap<String, Vec<u8>> {
    let connection = rusqlite::Connection::open(dir.join("gallery.db")).expect("opened");
    let mut statement = connection.prepare("SELECT id, reference FROM person").expect("prepared");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("queried");
    rows.collect::<Result<_, _>>().expect("read")
}
