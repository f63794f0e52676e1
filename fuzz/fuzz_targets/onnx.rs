//! A recognition model that a user brings.

#![no_main]

use libfuzzer_sys::fuzz_target;
use models::Preparation;

fuzz_target!(|bytes: &[u8]| {
    for preparation in [Preparation::Fold, Preparation::DynamicSize] {
        if let Ok(prepared) = models::prepare(bytes, preparation) {
            assert_eq!(models::prepare(bytes, preparation).as_ref(), Ok(&prepared), "the same bytes every time");
        }
    }
});
