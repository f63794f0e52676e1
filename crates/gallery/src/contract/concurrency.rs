//! What holds when many call at once, through two handles.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use biometric::{Person, PersonId, Template};
use futures_executor::block_on;

use super::faces::{ALIKE, Face, NEVER};
use super::{Store, TENANT, at, id, nearest};
use crate::{Error, Gallery};

/// How many call at once.
const CALLERS: usize = 16;

/// How often a race is run: another order of events each time.
const ROUNDS: usize = 8;

/// Of simultaneous enrolments of one face under different ids one succeeds; the others are duplicates.
pub fn one_face_under_many_ids_at_once_is_enrolled_once(store: &impl Store) {
    race(store, |round, caller| (id(&format!("r{round}c{caller}")), Face(round as u64).template()), (false, true));
}

/// Of simultaneous enrolments of different faces under one id one succeeds; for the others the id is taken.
pub fn one_id_with_many_faces_at_once_is_enrolled_once(store: &impl Store) {
    let face = |round, caller| Face((round * CALLERS + caller) as u64).template();
    race(store, |round, caller| (id(&format!("r{round}")), face(round, caller)), (true, false));
}

fn race(store: &impl Store, entry: impl Fn(usize, usize) -> (PersonId, Template) + Sync, others: (bool, bool)) {
    let handles = [store.open(), store.open()];
    for round in 0..ROUNDS {
        let answers = at_once(CALLERS, |caller| {
            let (id, template) = entry(round, caller);
            block_on(handles[caller % 2].enrol(TENANT, id, template, ALIKE, at(1), None))
        });
        let (enrolled, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
        assert_eq!(enrolled.len(), 1, "round {round}");
        for answer in refused {
            match answer {
                Err(Error::Conflict { taken, duplicate }) => assert_eq!((taken, duplicate), others),
                other => panic!("expected a conflict, got {other:?}"),
            }
        }
    }
    assert_eq!(block_on(handles[0].count(TENANT)).expect("counted"), ROUNDS as u64);
}

/// Of simultaneous enrolments of different faces under different ids as many succeed as there are places.
pub fn no_more_persons_are_enrolled_at_once_than_may_be(store: &impl Store) {
    let handles = [store.open(), store.open()];
    for round in 1..=ROUNDS {
        let places = (3 * round) as u64;
        let answers = at_once(CALLERS, |caller| {
            let (id, face) = (id(&format!("r{round}c{caller}")), Face((round * CALLERS + caller) as u64));
            block_on(handles[caller % 2].enrol(TENANT, id, face.template(), NEVER, at(1), Some(places)))
        });
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 3, "round {round}");
        let is_full = |answer: &Result<Person, Error>| matches!(answer, Ok(_) | Err(Error::Full { .. }));
        assert!(answers.iter().all(is_full));
        assert_eq!(block_on(handles[0].count(TENANT)).expect("counted"), places);
    }
}

/// An update to a face and an enrolment of it at the same time: one of them comes second and is a duplicate.
pub fn update_and_enrol_of_one_face_at_once_let_one_through(store: &impl Store) {
    let handles = [store.open(), store.open()];
    for round in 0..ROUNDS {
        let (old, new) = (Face(2 * round as u64).template(), Face(2 * round as u64 + 1).template());
        let (known, other) = (id(&format!("known{round}")), id(&format!("other{round}")));
        block_on(handles[0].enrol(TENANT, known.clone(), old, ALIKE, at(1), None)).expect("enrolled");
        let answers = at_once(2, |caller| match caller {
            0 => block_on(handles[0].update(TENANT, known.clone(), new.clone(), ALIKE, at(2))),
            _ => block_on(handles[1].enrol(TENANT, other.clone(), new.clone(), ALIKE, at(2), None)),
        });
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "round {round}");
        let duplicate = |a: &Result<Person, Error>| matches!(a, Err(Error::Conflict { taken: false, duplicate: true }));
        assert_eq!(answers.iter().filter(|answer| duplicate(answer)).count(), 1, "round {round}");
    }
}

/// While a person's reference and time are replaced together, nobody sees the one without the other.
pub fn readers_never_see_a_person_half_changed(store: &impl Store) {
    let handles = [store.open(), store.open()];
    block_on(handles[0].enrol(TENANT, id("a"), Face(0).template(), NEVER, at(0), None)).expect("enrolled");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for handle in &handles {
            scope.spawn(|| {
                let mut last = at(0);
                while !done.load(Ordering::Relaxed) {
                    let (person, reference) = block_on(handle.reference(TENANT, &id("a"))).expect("known");
                    assert!(person.updated >= last, "time went back");
                    last = person.updated;
                    assert!(reference == Face(last.as_millis().cast_unsigned()).template(), "half changed");
                }
            });
        }
        for change in 1..=60 {
            let template = Face(change).template();
            let now = at(change.cast_signed());
            block_on(handles[change as usize % 2].update(TENANT, id("a"), template, NEVER, now)).expect("updated");
            let found = nearest(&handles[0], TENANT, &Face(change).template(), 1).expect("searched");
            assert_eq!(found[0].person.updated, now, "a write that was answered is seen");
        }
        done.store(true, Ordering::Relaxed);
    });
}

/// Calls from as many threads, released together.
fn at_once<T: Send>(callers: usize, call: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(callers);
    thread::scope(|scope| {
        let run = |caller| {
            start.wait();
            call(caller)
        };
        let threads: Vec<_> = (0..callers).map(|caller| scope.spawn(move || run(caller))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}
