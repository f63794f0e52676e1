//! The id of a person, as it comes out of a path.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(id) = biometric::PersonId::parse(text) {
        assert_eq!(id.as_str(), text);
        assert!((1..=128).contains(&text.len()));
    }
});
