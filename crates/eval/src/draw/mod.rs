//! Drawing on a picture: lines, dots, boxes and text, and PNG.
//!
//! Shapes and letters come from `embedded-graphics`: bitmap fonts need no font file, and every picture comes out alike on
//! every machine.

mod annotate;

use std::convert::Infallible;
use std::io::Cursor;

use embedded_graphics::geometry::{OriginDimensions, Point as Pixel, Size};
use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::ascii::{FONT_7X13, FONT_10X20};
use embedded_graphics::pixelcolor::{Rgb888, RgbColor as _};
use embedded_graphics::prelude::{DrawTarget, Drawable as _};
use embedded_graphics::primitives::{Circle, Line, Primitive as _, PrimitiveStyle, Rectangle, StyledDrawable as _};
use embedded_graphics::text::{Baseline, Text};
use face::{Image, Point, Rect};
use image::{ImageFormat, Rgb, RgbImage, imageops};

pub use annotate::annotate;

use crate::photograph::resize;

/// A colour: red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

impl Colour {
    /// Paper.
    pub const WHITE: Self = Self(255, 255, 255);
    /// Ink.
    pub const INK: Self = Self(32, 32, 32);
    /// What matters less.
    pub const GREY: Self = Self(120, 120, 120);
    /// What is wrong.
    pub const RED: Self = Self(214, 40, 40);
    /// What is right.
    pub const GREEN: Self = Self(0, 140, 70);
    /// The third axis.
    pub const BLUE: Self = Self(40, 90, 230);
    /// What is measured on the face.
    pub const CYAN: Self = Self(80, 220, 230);
    /// What the detector found.
    pub const YELLOW: Self = Self(255, 210, 40);

    const fn rgb888(self) -> Rgb888 {
        Rgb888::new(self.0, self.1, self.2)
    }
}

/// A typeface of letters of one width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Font {
    /// Letters of 7 x 13 pixels.
    Small,
    /// Letters of 10 x 20 pixels.
    Large,
}

/// A font, and how many pixels a dot of it is wide and high.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Type {
    /// The font.
    pub font: Font,
    /// The enlargement, from 1.
    pub scale: u32,
}

impl Type {
    /// Width of a letter in pixels.
    #[must_use]
    pub const fn width_px(self) -> u32 {
        self.scale
            * match self.font {
                Font::Small => 7,
                Font::Large => 10,
            }
    }

    /// Height of a line of text in pixels, with the space to the next one.
    #[must_use]
    pub const fn line_px(self) -> u32 {
        self.scale
            * match self.font {
                Font::Small => 15,
                Font::Large => 23,
            }
    }
}

/// A picture that is drawn on. What lies outside is cut off.
#[derive(Clone, Debug)]
pub struct Canvas {
    picture: RgbImage,
}

impl Canvas {
    /// An empty picture.
    #[must_use]
    pub fn new(width: u32, height: u32, background: Colour) -> Self {
        Self { picture: RgbImage::from_pixel(width, height, Rgb([background.0, background.1, background.2])) }
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.picture.width()
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.picture.height()
    }

    /// Lays an image, brought to this size, with its upper left corner here. One that cannot be resized is left out.
    pub fn picture(&mut self, image: &Image, x: u32, y: u32, width: u32, height: u32) {
        let resized = resize(image, width, height).ok().and_then(|rgb| RgbImage::from_raw(width, height, rgb));
        if let Some(resized) = resized {
            imageops::replace(&mut self.picture, &resized, i64::from(x), i64::from(y));
        }
    }

    /// A straight line.
    pub fn line(&mut self, from: Point, to: Point, width: u32, colour: Colour) {
        let style = PrimitiveStyle::with_stroke(colour.rgb888(), width);
        self.draw(|on| Line::new(pixel(from), pixel(to)).draw_styled(&style, on));
    }

    /// A filled circle.
    pub fn dot(&mut self, at: Point, diameter: u32, colour: Colour) {
        let circle = Circle::with_center(pixel(at), diameter).into_styled(PrimitiveStyle::with_fill(colour.rgb888()));
        self.draw(|on| circle.draw(on));
    }

    /// The outline of a box.
    pub fn frame(&mut self, bounds: &Rect, width: u32, colour: Colour) {
        let style = PrimitiveStyle::with_stroke(colour.rgb888(), width);
        self.draw(|on| rectangle(bounds).draw_styled(&style, on));
    }

    /// A filled box.
    pub fn fill(&mut self, bounds: &Rect, colour: Colour) {
        let style = PrimitiveStyle::with_fill(colour.rgb888());
        self.draw(|on| rectangle(bounds).draw_styled(&style, on));
    }

    /// A line of text with its upper left corner here; letters that the font does not have become question marks.
    pub fn text(&mut self, x: u32, y: u32, letters: Type, colour: Colour, text: &str) {
        let font = match letters.font {
            Font::Small => &FONT_7X13,
            Font::Large => &FONT_10X20,
        };
        let style = MonoTextStyle::new(font, colour.rgb888());
        let mut on = Enlarged { canvas: self, left: x, top: y, scale: letters.scale.max(1) };
        let Ok(_end) = Text::with_baseline(text, Pixel::zero(), style, Baseline::Top).draw(&mut on);
    }

    /// The picture as a PNG file; nothing when the picture is empty.
    #[must_use]
    pub fn png(&self) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        match self.picture.write_to(&mut file, ImageFormat::Png) {
            Ok(()) => file.into_inner(),
            // Memory takes everything; the encoder refuses only pictures without pixels.
            Err(_) => Vec::new(),
        }
    }

    fn draw(&mut self, shape: impl FnOnce(&mut Enlarged<'_>) -> Result<(), Infallible>) {
        let Ok(()) = shape(&mut Enlarged { canvas: self, left: 0, top: 0, scale: 1 });
    }
}

fn pixel(at: Point) -> Pixel {
    Pixel::new(at.x.round() as i32, at.y.round() as i32)
}

fn rectangle(bounds: &Rect) -> Rectangle {
    let side = |length: f32| length.max(0.0).round() as u32;
    let corner = pixel(Point { x: bounds.x, y: bounds.y });
    Rectangle::new(corner, Size::new(side(bounds.width), side(bounds.height)))
}

/// A part of a canvas where every dot is so many pixels wide and high.
struct Enlarged<'a> {
    canvas: &'a mut Canvas,
    left: u32,
    top: u32,
    scale: u32,
}

impl OriginDimensions for Enlarged<'_> {
    fn size(&self) -> Size {
        let part = |length: u32, from: u32| length.saturating_sub(from).div_ceil(self.scale);
        Size::new(part(self.canvas.width(), self.left), part(self.canvas.height(), self.top))
    }
}

impl DrawTarget for Enlarged<'_> {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I>(&mut self, pixels: I) -> Result<(), Infallible>
    where
        I: IntoIterator<Item = embedded_graphics::Pixel<Rgb888>>,
    {
        for embedded_graphics::Pixel(at, colour) in pixels {
            let (Ok(x), Ok(y)) = (u32::try_from(at.x), u32::try_from(at.y)) else { continue };
            let first = |at: u32, from: u32| from.saturating_add(at.saturating_mul(self.scale));
            let (left, top) = (first(x, self.left), first(y, self.top));
            for row in top..top.saturating_add(self.scale).min(self.canvas.height()) {
                for column in left..left.saturating_add(self.scale).min(self.canvas.width()) {
                    self.canvas.picture.put_pixel(column, row, Rgb([colour.r(), colour.g(), colour.b()]));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inked(canvas: &Canvas) -> usize {
        canvas.picture.pixels().filter(|pixel| pixel.0 != [255; 3]).count()
    }

    #[test]
    fn letters_grow_with_their_scale_and_nothing_is_drawn_outside() {
        let written = |scale| {
            let mut canvas = Canvas::new(200, 100, Colour::WHITE);
            canvas.text(0, 0, Type { font: Font::Large, scale }, Colour::INK, "A\u{e9}");
            inked(&canvas)
        };
        assert!(written(1) > 20);
        assert_eq!(written(3), 9 * written(1));
        let mut canvas = Canvas::new(20, 20, Colour::WHITE);
        canvas.text(15, 15, Type { font: Font::Small, scale: 5 }, Colour::INK, "beyond the edge");
        let (near, far) = (Point { x: -1e9, y: 5.0 }, Point { x: f32::NAN, y: 1e9 });
        canvas.dot(near, 3, Colour::RED);
        canvas.dot(far, 3, Colour::RED);
        assert!(inked(&canvas) < 400);
    }

    #[test]
    fn shapes_are_where_they_are_told_to_be() {
        let mut canvas = Canvas::new(40, 40, Colour::WHITE);
        canvas.fill(&Rect { x: 10.0, y: 10.0, width: 5.0, height: 4.0 }, Colour::GREEN);
        assert_eq!(inked(&canvas), 20);
        canvas.line(Point { x: 0.0, y: 30.0 }, Point { x: 39.0, y: 30.0 }, 1, Colour::RED);
        assert_eq!(inked(&canvas), 60);
        assert_eq!(canvas.picture.get_pixel(10, 10).0, [0, 140, 70]);
    }

    #[test]
    fn a_png_is_read_back_as_it_was_drawn() {
        let mut canvas = Canvas::new(30, 20, Colour::WHITE);
        canvas.dot(Point { x: 9.0, y: 9.0 }, 7, Colour::BLUE);
        let read = image::load_from_memory(&canvas.png()).expect("a picture").into_rgb8();
        assert_eq!(read, canvas.picture);
        assert!(Canvas::new(0, 0, Colour::WHITE).png().is_empty());
    }
}
