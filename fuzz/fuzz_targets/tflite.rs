//! A landmark model as TensorFlow Lite.

#![no_main]

use libfuzzer_sys::fuzz_target;
use models::Preparation;

fuzz_target!(|bytes: &[u8]| {
    let _ = models::prepare(bytes, Preparation::FromTflite);
});
