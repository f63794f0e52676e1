//! A card that a user writes, and the calibration beside it.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&str, &str)| {
    let (card, calibration) = texts;
    let _ = models::Card::parse("fuzz/card.toml", card, None, &|_| Ok(calibration.to_owned()));
});
