//! The mistakes as one picture, to be looked at.

use std::path::Path;

use face::{ImageLimits, Rect};

use super::mistakes::Mistake;
use crate::Error;
use crate::draw::{Canvas, Colour, Font, Type};

/// Tiles beside each other.
const COLUMNS: u32 = 7;

/// Width of a tile, and height of the picture on it, in pixels.
const TILE_WIDTH_PX: u32 = 254;
const PICTURE_HEIGHT_PX: u32 = 220;
const MARGIN_PX: u32 = 6;

/// Lines of text below a picture.
const LINES: u32 = 6;

const LETTERS: Type = Type { font: Font::Small, scale: 1 };

/// A PNG with a tile for each mistake: what is wrong, the file, what was measured.
pub(crate) fn sheet(root: &Path, mistakes: &[Mistake]) -> Result<Vec<u8>, Error> {
    let tile_height = PICTURE_HEIGHT_PX + LINES * LETTERS.line_px() + 2 * MARGIN_PX;
    let rows = (mistakes.len() as u32).div_ceil(COLUMNS).max(1);
    let mut canvas = Canvas::new(COLUMNS * TILE_WIDTH_PX, rows * tile_height, Colour::WHITE);
    for (at, mistake) in mistakes.iter().enumerate() {
        let (left, top) = (at as u32 % COLUMNS * TILE_WIDTH_PX, at as u32 / COLUMNS * tile_height);
        let file = root.join(&mistake.image);
        let bytes = std::fs::read(&file).map_err(Error::file(&file))?;
        let image = face::decode(&bytes, &ImageLimits::default());
        let image = image.map_err(|error| Error::data(&file, error.to_string()))?;
        let room = ((TILE_WIDTH_PX - 2 * MARGIN_PX) as f32, PICTURE_HEIGHT_PX as f32);
        let scale = (room.0 / image.width() as f32).min(room.1 / image.height() as f32);
        let side = |length: u32| ((length as f32 * scale) as u32).max(1);
        let (width, height) = (side(image.width()), side(image.height()));
        canvas.picture(&image, left + MARGIN_PX, top + MARGIN_PX, width, height);
        caption(&mut canvas, left + MARGIN_PX, top + MARGIN_PX + PICTURE_HEIGHT_PX + 2, mistake);
        let (x, y, height) = (left as f32, top as f32, tile_height as f32);
        canvas.frame(&Rect { x, y, width: TILE_WIDTH_PX as f32, height }, 1, Colour(220, 220, 220));
    }
    Ok(canvas.png())
}

fn caption(canvas: &mut Canvas, left: u32, top: u32, mistake: &Mistake) {
    let letters_max = ((TILE_WIDTH_PX - 2 * MARGIN_PX) / LETTERS.width_px()) as usize;
    // What the label wrongly says is no mistake of the check.
    let colour = if mistake.label_error.is_some() { Colour::GREY } else { Colour::RED };
    let head = cut(&format!("{} {}", mistake.kind.name(), mistake.check), letters_max, false);
    let mut lines = vec![(head, colour), (cut(&mistake.image, letters_max, true), Colour::INK)];
    if let Some(reason) = &mistake.label_error {
        lines.push((cut(&format!("label: {reason}"), letters_max, false), Colour::GREY));
    }
    for value in &mistake.values {
        let range = super::words::range(face::Range { min: value.min, max: value.max });
        let short = value.measure.trim_end_matches("_percent").trim_end_matches("_degrees");
        lines.push((cut(&format!("{short} {} ({range})", value.shown()), letters_max, false), Colour::INK));
    }
    for (at, (text, colour)) in lines.iter().take(LINES as usize).enumerate() {
        canvas.text(left, top + at as u32 * LETTERS.line_px(), LETTERS, *colour, text);
    }
}

/// The text cut to so many letters; of a file name the end tells more than the beginning.
fn cut(text: &str, letters_max: usize, keep_end: bool) -> String {
    let letters: Vec<char> = text.chars().collect();
    let excess = letters.len().saturating_sub(letters_max);
    match (excess, keep_end) {
        (0, _) => text.to_owned(),
        (_, true) => format!("..{}", letters[excess + 2..].iter().collect::<String>()),
        (_, false) => format!("{}..", letters[..letters_max - 2].iter().collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_where_they_tell_least() {
        assert_eq!(cut("short", 10, true), "short");
        assert_eq!(cut("folder/picture_name.jpg", 10, true), "..name.jpg");
        assert_eq!(cut("eyes_closed missed", 10, false), "eyes_clo..");
    }
}
