//! The writer: group commits, failures, defects, a full queue, the end.

use std::task::{Context, Waker};
use std::thread::{self, sleep};
use std::time::Duration;

use futures_executor::block_on;
use rusqlite::Connection;

use super::super::batch::{Action, Command};
use super::super::writer::QUEUE_COMMANDS_MAX;
use super::{ALIKE, Folder, NEVER, TENANT, assert_mirror_equals_table, enrol, id, now};
use crate::contract::{Face, Store};
use crate::{Answer, Error, Gallery};

/// Long enough for a thread that was just started to have sent its command.
const SETTLE: Duration = Duration::from_millis(150);

/// Takes the file's write lock, so that commands wait and are then committed together.
fn hold(folder: &Folder) -> Connection {
    let connection = Connection::open(folder.path().join("gallery.db")).expect("opened");
    connection.busy_timeout(Duration::from_secs(5)).expect("set");
    connection.execute_batch("BEGIN IMMEDIATE").expect("locked");
    connection
}

fn poll_once<T>(answer: &mut Answer<'_, T>) -> Option<Result<T, Error>> {
    match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        std::task::Poll::Ready(answer) => Some(answer),
        std::task::Poll::Pending => None,
    }
}

#[test]
fn what_waits_together_is_decided_in_order() {
    let folder = Folder::fresh();
    let gallery = folder.open();
    for (name, face) in [("a", 1), ("b", 2)] {
        enrol(&gallery, name, face).expect("enrolled");
    }
    let lock = hold(&folder);
    let (removed, a, b) = (id("nobody"), id("a"), id("b"));
    let enrol = |name, face: u64| gallery.enrol(TENANT, id(name), Face(face).template(), ALIKE, now(), None);
    let update = |name, face: u64| gallery.update(TENANT, id(name), Face(face).template(), ALIKE, now());
    // The writer takes the first alone and waits for the lock; the rest is one batch.
    let mut first = gallery.remove(TENANT, &removed);
    assert!(poll_once(&mut first).is_none());
    sleep(SETTLE);
    let remove = |person| -> Answer<'_, biometric::Person> {
        let command = Command { tenant: TENANT, person, action: Action::Remove };
        Box::pin(gallery.writer.submit(command))
    };
    let duplicate = Some((false, true));
    let mut batch = [
        (enrol("c", 3), None),
        (enrol("d", 3), duplicate), // of c, in this batch
        (enrol("c", 4), Some((true, false))),
        (update("c", 1), duplicate), // of a, committed before
        (update("a", 5), None),
        (update("c", 1), None),     // which a has left
        (enrol("e", 1), duplicate), // of c, as updated
        (enrol("e", 3), None),      // which c has left
        (remove(b), None),
        (enrol("b", 5), duplicate), // of a, as updated
        (enrol("f", 2), None),      // which b had
        (enrol("b", 6), None),      // anew, with another key
        (remove(a), None),
        (update("b", 5), None), // which a had
    ];
    for (answer, _) in &mut batch {
        assert!(poll_once(answer).is_none());
    }
    drop(lock);
    assert!(matches!(block_on(first), Err(Error::NotFound)));
    for (number, (answer, expected)) in batch.into_iter().enumerate() {
        let conflict = match block_on(answer) {
            Ok(_) => None,
            Err(Error::Conflict { taken, duplicate }) => Some((taken, duplicate)),
            Err(other) => panic!("{number}: {other}"),
        };
        assert_eq!(conflict, expected, "command {number}");
    }
    let persons = block_on(gallery.list(TENANT, None, 9)).expect("listed");
    assert_eq!(persons.iter().map(|p| p.id.as_str()).collect::<String>(), "bcef");
    assert_mirror_equals_table(&folder, &gallery);
}

/// Within one transaction every decision counts what the earlier ones did, and each tenant's persons alone.
#[test]
fn what_waits_together_shares_the_places_that_are_left() {
    let folder = Folder::fresh();
    let gallery = folder.open();
    for (name, face) in [("a", 1), ("b", 2)] {
        enrol(&gallery, name, face).expect("enrolled");
    }
    let other = biometric::TenantId(TENANT.0 + 1);
    let lock = hold(&folder);
    let nobody = id("nobody");
    let mut first = gallery.remove(TENANT, &nobody);
    assert!(poll_once(&mut first).is_none());
    sleep(SETTLE);
    let enrol =
        |tenant, name, face: u64, max| gallery.enrol(tenant, id(name), Face(face).template(), ALIKE, now(), Some(max));
    let update = |name, face: u64| gallery.update(TENANT, id(name), Face(face).template(), ALIKE, now());
    let remove = |person| -> Answer<'_, biometric::Person> {
        Box::pin(gallery.writer.submit(Command { tenant: TENANT, person, action: Action::Remove }))
    };
    let (done, full, taken) = ("done", "full", "taken");
    let mut batch = [
        (enrol(TENANT, "c", 3, 3), done),  // the third of three
        (enrol(TENANT, "d", 4, 3), full),  // which this batch has taken
        (enrol(TENANT, "c", 4, 3), taken), // told before that there is no room
        (update("a", 5), done),            // takes no place
        (enrol(TENANT, "d", 4, 3), full),
        (remove(id("b")), done), // was committed before
        (enrol(TENANT, "d", 4, 3), done),
        (remove(id("d")), done), // came with this batch
        (enrol(TENANT, "e", 6, 2), full),
        (enrol(TENANT, "e", 6, 3), done),
        (enrol(TENANT, "f", 7, 3), full),
        (enrol(other, "f", 7, 1), done), // whose own places are counted
        (enrol(other, "g", 8, 1), full),
    ];
    for (answer, _) in &mut batch {
        assert!(poll_once(answer).is_none());
    }
    drop(lock);
    assert!(matches!(block_on(first), Err(Error::NotFound)));
    for (number, (answer, expected)) in batch.into_iter().enumerate() {
        let seen = match block_on(answer) {
            Ok(_) => done,
            Err(Error::Full { .. }) => full,
            Err(Error::Conflict { taken: true, duplicate: false }) => taken,
            Err(unexpected) => panic!("{number}: {unexpected}"),
        };
        assert_eq!(seen, expected, "command {number}");
    }
    let names = |tenant| {
        let persons = block_on(gallery.list(tenant, None, 9)).expect("listed");
        persons.iter().map(|person| person.id.to_string()).collect::<String>()
    };
    assert_eq!((names(TENANT), names(other)), ("ace".to_owned(), "f".to_owned()));
    assert_mirror_equals_table(&folder, &gallery);
}

/// `COMMIT` fails when a person called "poison" was inserted: a constraint that is checked only then.
const POISON: &str = "
    CREATE TABLE parent (id INTEGER PRIMARY KEY);
    CREATE TABLE child (parent INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER poison AFTER INSERT ON person WHEN NEW.id = 'poison'
    BEGIN INSERT INTO child VALUES (1); END";

#[test]
fn a_commit_that_fails_fails_all_and_changes_nothing() {
    let folder = Folder::fresh();
    let gallery = folder.open();
    enrol(&gallery, "a", 1).expect("enrolled");
    Connection::open(folder.path().join("gallery.db")).expect("opened").execute_batch(POISON).expect("poisoned");
    let lock = hold(&folder);
    let enrol_now = |name, face: u64| gallery.enrol(TENANT, id(name), Face(face).template(), ALIKE, now(), None);
    let mut first = enrol_now("first", 2);
    assert!(poll_once(&mut first).is_none());
    sleep(SETTLE);
    let mut batch = [enrol_now("b", 3), enrol_now("poison", 4), enrol_now("a", 1), enrol_now("c", 5)];
    for answer in &mut batch {
        assert!(poll_once(answer).is_none());
    }
    drop(lock);
    block_on(first).expect("enrolled before");
    for answer in batch {
        assert!(matches!(block_on(answer), Err(Error::Unavailable(_))));
    }
    assert_eq!(block_on(gallery.count(TENANT)).expect("counted"), 2);
    assert_mirror_equals_table(&folder, &gallery);
    enrol(&gallery, "b", 3).expect("the store goes on, and neither id nor face is taken");
}

#[test]
fn a_defect_in_the_writer_answers_everyone_and_is_survived() {
    let folder = Folder::fresh();
    let gallery = folder.open();
    let lock = hold(&folder);
    let mut first = gallery.enrol(TENANT, id("first"), Face(1).template(), ALIKE, now(), None);
    assert!(poll_once(&mut first).is_none());
    sleep(SETTLE);
    let mut with = gallery.enrol(TENANT, id("with"), Face(2).template(), ALIKE, now(), None);
    assert!(poll_once(&mut with).is_none());
    let defect = Command { tenant: TENANT, person: id("x"), action: Action::Panic };
    let mut defect: Answer<'_, biometric::Person> = Box::pin(gallery.writer.submit(defect));
    assert!(poll_once(&mut defect).is_none());
    drop(lock);
    block_on(first).expect("enrolled before");
    assert!(matches!(block_on(with), Err(Error::Unavailable(_))));
    assert!(matches!(block_on(defect), Err(Error::Unavailable(_))));
    enrol(&gallery, "with", 2).expect("the store goes on");
    assert_mirror_equals_table(&folder, &gallery);
}

#[test]
fn a_full_queue_refuses_and_what_it_holds_is_written_before_the_end() {
    let folder = Folder::fresh();
    let gallery = folder.open();
    let lock = hold(&folder);
    // One is with the writer already, the queue is filled behind it.
    let mut held = gallery.enrol(TENANT, id("held"), Face(0).template(), NEVER, now(), None);
    assert!(poll_once(&mut held).is_none());
    sleep(SETTLE);
    for number in 0..QUEUE_COMMANDS_MAX as u64 {
        let mut waiting = gallery.enrol(TENANT, id(&format!("p{number}")), Face(number).template(), NEVER, now(), None);
        assert!(poll_once(&mut waiting).is_none(), "{number} waits; nobody waits for its answer");
    }
    let mut refused = gallery.enrol(TENANT, id("refused"), Face(1).template(), NEVER, now(), None);
    assert!(matches!(poll_once(&mut refused), Some(Err(Error::Unavailable(_)))));
    drop((held, refused));
    let release = thread::spawn(move || {
        sleep(SETTLE);
        drop(lock);
    });
    drop(gallery);
    release.join().expect("no panic");
    let log = folder.path().join("gallery.db-wal");
    assert!(!log.exists() || log.metadata().expect("there").len() == 0, "the log is emptied");
    let count = block_on(folder.open().count(TENANT)).expect("counted");
    assert_eq!(count, 1 + QUEUE_COMMANDS_MAX as u64);
}

#[test]
fn a_lock_that_is_never_released_is_given_up() {
    let folder = Folder::fresh();
    let gallery = folder.open();
    let lock = hold(&folder);
    assert!(matches!(enrol(&gallery, "a", 1), Err(Error::Unavailable(_))));
    assert_eq!(block_on(gallery.count(TENANT)).expect("reads go on"), 0);
    drop(lock);
    enrol(&gallery, "a", 1).expect("enrolled");
}
