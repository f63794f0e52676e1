//! Bytes that a client sends as an image.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // Small enough that the fuzzer's memory limit means something.
    let limits = face::ImageLimits { bytes_max: 1 << 20, pixels_max: 1 << 20, side_px_min: 1 };
    if let Ok(image) = face::decode(bytes, &limits) {
        let pixels = u64::from(image.width()) * u64::from(image.height());
        assert!(pixels <= limits.pixels_max);
        assert_eq!(image.rgb().len() as u64, 3 * pixels);
    }
});
