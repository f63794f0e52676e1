//! Our own JPEG decoder: an overview, a part of it, and all of the image must be decoded or refused, whatever came before.

#![no_main]

use face::{ImageLimits, Picture, Rect, decode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = ImageLimits { bytes_max: 1 << 20, pixels_max: 1 << 20, side_px_min: 1 };
    let Ok(mut picture) = Picture::open(bytes, &limits) else {
        return;
    };
    let frame = picture.frame();
    let (width, height) = (frame.width as f32, frame.height as f32);
    let part = Rect { x: width / 3.0, y: height / 2.0, width: width / 4.0, height: height / 3.0 };
    let has_overview = picture.reduced(frame.longer_side() / 4).is_ok();
    assert_eq!(picture.part(&part, 1.0).is_ok(), has_overview, "all of the pixels are read at the first look");
    assert_eq!(decode(bytes, &limits).is_ok(), has_overview);
});
