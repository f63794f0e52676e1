//! A portrait made smaller, and put on a ground.

use face::{Frame, Image};

use crate::Error;
use crate::photograph::resize;

/// What surrounds a portrait, 0 to 255.
const GREY: u8 = 127;

/// The image by this factor, in the middle of a grey frame of at least this size.
pub(super) fn placed(image: &Image, factor: f64, least: Frame) -> Result<Image, Error> {
    let side = |length: u32| ((f64::from(length) * factor).round() as u32).max(1);
    let (width, height) = (side(image.width()), side(image.height()));
    let rgb = resize(image, width, height).map_err(Error::TooLittle)?;
    let frame = Frame { width: width.max(least.width), height: height.max(least.height) };
    let (left, top) = ((frame.width - width) / 2, (frame.height - height) / 2);
    let mut scene = vec![GREY; frame.width as usize * frame.height as usize * 3];
    for (row, pixels) in rgb.chunks_exact(3 * width as usize).enumerate() {
        let at = 3 * ((top as usize + row) * frame.width as usize + left as usize);
        scene[at..at + pixels.len()].copy_from_slice(pixels);
    }
    Image::from_rgb(frame.width, frame.height, scene).ok_or_else(|| Error::TooLittle("a frame of nothing".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portrait_lies_in_the_middle_of_its_frame() {
        let image = Image::from_rgb(4, 2, vec![200; 24]).expect("sizes agree");
        let scene = placed(&image, 0.5, Frame { width: 6, height: 5 }).expect("placed");
        assert_eq!(scene.frame(), Frame { width: 6, height: 5 });
        let bright: Vec<usize> = (0..30).filter(|at| scene.rgb()[3 * at] == 200).collect();
        assert_eq!(bright, [2 * 6 + 2, 2 * 6 + 3]);
    }
}
