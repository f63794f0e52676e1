//! The contract suite: what every gallery promises, as checks that run against any implementation.
//!
//! A store's crate implements [`Store`] for its tests and says once:
//!
//! ```ignore
//! gallery::contract_tests!(MyStore::fresh);
//! ```
//!
//! which makes one test of every check. Each gets a store of its own, so that they may run at the same time.

mod concurrency;
mod faces;
mod persistence;
mod rules;
mod search;

use std::num::NonZeroUsize;

use biometric::{PersonId, Template, TenantId, Timestamp};
use futures_executor::block_on;

pub use concurrency::{
    no_more_persons_are_enrolled_at_once_than_may_be, one_face_under_many_ids_at_once_is_enrolled_once,
    one_id_with_many_faces_at_once_is_enrolled_once, readers_never_see_a_person_half_changed,
    update_and_enrol_of_one_face_at_once_let_one_through,
};
pub use faces::{Face, model, score};
pub use persistence::{a_reopened_store_is_as_it_was_left, two_handles_are_one_store};
pub use rules::{
    a_full_gallery_takes_nobody_new, a_removed_person_is_forgotten, a_template_of_another_model_is_refused,
    at_the_threshold_a_face_is_a_duplicate, enrolment_refuses_a_taken_id_a_known_face_and_both,
    enrolment_returns_what_get_then_knows, listing_goes_page_by_page, tenants_share_nothing,
    update_replaces_the_reference_and_keeps_created, update_skips_the_own_old_reference,
    what_is_not_enrolled_is_not_found,
};
pub use search::{
    duplicates_are_the_pairs_that_comparing_all_finds, queries_at_once_are_answered_as_each_alone,
    search_agrees_with_a_scan_in_double_precision, search_ranks_by_score_then_by_id,
};

use crate::{Candidate, Error, Gallery, Query};

/// A store of an implementation under test: a database of its own, gone when dropped.
pub trait Store: Sync {
    /// What the implementation calls its gallery.
    type Handle: Gallery;

    /// Opens the store for references of [`model`]; again for a second handle, as a second process would have it.
    fn open(&self) -> Self::Handle;
}

/// Makes one test of every check of the contract; `$fresh` makes a new, empty [`Store`].
#[macro_export]
macro_rules! contract_tests {
    ($fresh:expr) => {
        $crate::contract_tests!($fresh =>
            enrolment_returns_what_get_then_knows,
            enrolment_refuses_a_taken_id_a_known_face_and_both,
            at_the_threshold_a_face_is_a_duplicate,
            update_replaces_the_reference_and_keeps_created,
            update_skips_the_own_old_reference,
            a_removed_person_is_forgotten,
            a_full_gallery_takes_nobody_new,
            what_is_not_enrolled_is_not_found,
            tenants_share_nothing,
            a_template_of_another_model_is_refused,
            listing_goes_page_by_page,
            search_ranks_by_score_then_by_id,
            search_agrees_with_a_scan_in_double_precision,
            queries_at_once_are_answered_as_each_alone,
            duplicates_are_the_pairs_that_comparing_all_finds,
            a_reopened_store_is_as_it_was_left,
            two_handles_are_one_store,
            no_more_persons_are_enrolled_at_once_than_may_be,
            one_face_under_many_ids_at_once_is_enrolled_once,
            one_id_with_many_faces_at_once_is_enrolled_once,
            update_and_enrol_of_one_face_at_once_let_one_through,
            readers_never_see_a_person_half_changed,
        );
    };
    ($fresh:expr => $($check:ident,)*) => {
        $(
            #[test]
            fn $check() {
                $crate::contract::$check(&$fresh());
            }
        )*
    };
}

/// A tenant for checks that need but one.
const TENANT: TenantId = TenantId(7);

fn id(text: &str) -> PersonId {
    PersonId::parse(text).expect("a person id")
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// One probe, searched for on one thread.
fn nearest(gallery: &impl Gallery, tenant: TenantId, probe: &Template, count: usize) -> Result<Vec<Candidate>, Error> {
    let mut found = block_on(gallery.search(tenant, &[Query { probe, count }], NonZeroUsize::MIN))?;
    assert_eq!(found.len(), 1, "an answer for each query");
    Ok(found.remove(0))
}
