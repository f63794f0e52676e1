//! A part of an upright image, each pixel the mean of a square of the image's pixels.

use ::image::metadata::Orientation;
use ::image::{RgbImage, imageops};

use super::Image;
use super::jpeg::{Part, PixelRect};
use crate::{Face, Frame, Point, Rect};

/// By how much a view is smaller than the image: what a block of 8 x 8 coefficients can be decoded to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reduction {
    None,
    Half,
    Quarter,
    Eighth,
}

impl Reduction {
    pub(crate) const ALL: [Self; 4] = [Self::None, Self::Half, Self::Quarter, Self::Eighth];

    /// Pixels of the image to the side of one of the view.
    pub(crate) const fn factor(self) -> u32 {
        match self {
            Self::None => 1,
            Self::Half => 2,
            Self::Quarter => 4,
            Self::Eighth => 8,
        }
    }

    /// The coarsest that does, or none at all.
    pub(super) fn coarsest(does: impl Fn(Self) -> bool) -> Self {
        Self::ALL.into_iter().rev().find(|reduction| does(*reduction)).unwrap_or(Self::None)
    }
}

/// A part of an upright image, perhaps reduced.
pub(crate) struct View<'a> {
    pixels: Pixels<'a>,
    /// Where its upper left corner is in the image, in pixels: outside, where the last pixel of a row covers more than the
    /// image has and the image is turned.
    left: i64,
    top: i64,
    reduction: Reduction,
}

enum Pixels<'a> {
    Owned(Image),
    Borrowed(&'a Image),
}

impl<'a> View<'a> {
    pub(super) fn whole(image: Image) -> Self {
        Self { pixels: Pixels::Owned(image), left: 0, top: 0, reduction: Reduction::None }
    }

    pub(super) fn borrowed(image: &'a Image) -> Self {
        Self { pixels: Pixels::Borrowed(image), left: 0, top: 0, reduction: Reduction::None }
    }

    /// What was decoded of a stored image, turned upright. `None`: its pixels are not as many as it says.
    pub(super) fn of_part(part: Part, reduction: Reduction, turn: &Turn) -> Option<Self> {
        let Part { left, top, columns, rows, rgb } = part;
        let pixels = RgbImage::from_raw(columns, rows, rgb)?;
        let factor = reduction.factor();
        let covered = PixelRect { left, top, width: columns * factor, height: rows * factor };
        let (left, top) = turn.corner(&covered);
        let image = Image::upright(pixels, turn.orientation);
        Some(Self { pixels: Pixels::Owned(image), left, top, reduction })
    }

    /// The pixels of the view.
    pub(crate) fn image(&self) -> &Image {
        match &self.pixels {
            Pixels::Owned(image) => image,
            Pixels::Borrowed(image) => image,
        }
    }

    pub(crate) fn reduction(&self) -> Reduction {
        self.reduction
    }

    /// Where a point of the image lies in the view; both count from the centre of their first pixel.
    pub(crate) fn locate(&self, at: Point) -> Point {
        let factor = self.reduction.factor() as f32;
        let to_centre = (factor - 1.0) / 2.0;
        Point { x: (at.x - self.left as f32 - to_centre) / factor, y: (at.y - self.top as f32 - to_centre) / factor }
    }

    /// A face that was found in the view, in pixels of the image; both count from the corner of their first pixel, as the
    /// detector does.
    pub(crate) fn in_image(&self, face: &Face) -> Face {
        let factor = self.reduction.factor() as f32;
        face.scaled(factor, factor).shifted(self.left as f32, self.top as f32)
    }

    /// Whether it has all that a rectangle covers of the frame.
    pub(super) fn covers(&self, part: &Rect, frame: Frame) -> bool {
        let factor = f64::from(self.reduction.factor());
        let spans = |from: f32, length: f32, end: u32, begin: i64, pixels: u32| {
            let clamp = |value: f32| f64::from(value).clamp(0.0, f64::from(end));
            let (first, last) = (clamp(from.floor()), clamp((from + length).ceil()));
            let begin = begin as f64;
            begin <= first && last <= begin + f64::from(pixels) * factor
        };
        spans(part.x, part.width, frame.width, self.left, self.image().width())
            && spans(part.y, part.height, frame.height, self.top, self.image().height())
    }

    /// The image, if the view is all of it.
    pub(super) fn into_image(self, frame: Frame) -> Option<Image> {
        match self.pixels {
            Pixels::Owned(image) => {
                let is_whole = self.reduction == Reduction::None && image.frame() == frame;
                is_whole.then_some(image)
            }
            Pixels::Borrowed(_) => None,
        }
    }
}

/// How a stored image is turned upright: rows for columns first, then from right to left, then upside down.
pub(super) struct Turn {
    orientation: Orientation,
    /// Of the image as stored.
    width: u32,
    height: u32,
    transposed: bool,
    from_right: bool,
    from_below: bool,
}

impl Turn {
    pub(super) fn of(orientation: Orientation, width: u32, height: u32) -> Self {
        let (transposed, from_right, from_below) = match orientation {
            Orientation::NoTransforms => (false, false, false),
            Orientation::Rotate180 => (false, true, true),
            Orientation::FlipHorizontal => (false, true, false),
            Orientation::FlipVertical => (false, false, true),
            Orientation::Rotate90 => (true, true, false),
            Orientation::Rotate270 => (true, false, true),
            Orientation::Rotate90FlipH => (true, false, false),
            Orientation::Rotate270FlipH => (true, true, true),
        };
        Self { orientation, width, height, transposed, from_right, from_below }
    }

    /// The upright image.
    pub(super) fn upright(&self) -> Frame {
        let (width, height) = (self.width, self.height);
        if self.transposed { Frame { width: height, height: width } } else { Frame { width, height } }
    }

    /// Where the upper left corner of a stored rectangle comes to be.
    fn corner(&self, stored: &PixelRect) -> (i64, i64) {
        let along = |from: u32, length: u32| (i64::from(from), i64::from(from) + i64::from(length));
        let (mut x, mut y) = (along(stored.left, stored.width), along(stored.top, stored.height));
        if self.transposed {
            std::mem::swap(&mut x, &mut y);
        }
        let Frame { width, height } = self.upright();
        let left = if self.from_right { i64::from(width) - x.1 } else { x.0 };
        let top = if self.from_below { i64::from(height) - y.1 } else { y.0 };
        (left, top)
    }

    /// What a rectangle of the upright image covers of the stored one; never nothing, so that there is a pixel to look at.
    pub(super) fn stored(&self, part: &Rect) -> PixelRect {
        let Frame { width, height } = self.upright();
        let span = |from: f32, length: f32, end: u32, turned: bool| {
            let last = end.saturating_sub(1);
            // Not a number is no place: the casts make zeros of it.
            let first = (from.floor().max(0.0) as u32).min(last);
            let behind = ((from + length).ceil().max(0.0) as u32).clamp(first + 1, end.max(first + 1));
            if turned { (end - behind, behind - first) } else { (first, behind - first) }
        };
        let mut x = span(part.x, part.width, width, self.from_right);
        let mut y = span(part.y, part.height, height, self.from_below);
        if self.transposed {
            std::mem::swap(&mut x, &mut y);
        }
        PixelRect { left: x.0, top: y.0, width: x.1, height: y.1 }
    }
}

impl Image {
    /// Turned as the orientation says; the pixels as they lay are overwritten.
    pub(super) fn upright(pixels: RgbImage, orientation: Orientation) -> Self {
        let turned = match orientation {
            Orientation::NoTransforms => return Self { pixels },
            Orientation::Rotate90 => imageops::rotate90(&pixels),
            Orientation::Rotate180 => imageops::rotate180(&pixels),
            Orientation::Rotate270 => imageops::rotate270(&pixels),
            Orientation::FlipHorizontal => imageops::flip_horizontal(&pixels),
            Orientation::FlipVertical => imageops::flip_vertical(&pixels),
            Orientation::Rotate90FlipH => mirrored(imageops::rotate90(&pixels)),
            Orientation::Rotate270FlipH => mirrored(imageops::rotate270(&pixels)),
        };
        biometric::wipe(&mut pixels.into_raw());
        Self { pixels: turned }
    }
}

fn mirrored(mut pixels: RgbImage) -> RgbImage {
    imageops::flip_horizontal_in_place(&mut pixels);
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIENTATIONS: [Orientation; 8] = [
        Orientation::NoTransforms,
        Orientation::Rotate90,
        Orientation::Rotate180,
        Orientation::Rotate270,
        Orientation::FlipHorizontal,
        Orientation::FlipVertical,
        Orientation::Rotate90FlipH,
        Orientation::Rotate270FlipH,
    ];

    /// Every pixel says where it was stored.
    fn marked(left: u32, top: u32, columns: u32, rows: u32) -> Part {
        let rgb = (top..top + rows).flat_map(|y| (left..left + columns).flat_map(move |x| [x as u8, y as u8, 0]));
        Part { left, top, columns, rows, rgb: rgb.collect() }
    }

    #[test]
    fn a_part_lies_where_it_lies_in_the_whole_whatever_the_orientation() {
        for orientation in ORIENTATIONS {
            let turn = Turn::of(orientation, 40, 30);
            let whole = View::of_part(marked(0, 0, 40, 30), Reduction::None, &turn).expect("fits");
            assert_eq!((whole.image().frame(), whole.left, whole.top), (turn.upright(), 0, 0));
            let wanted = Rect { x: 5.0, y: 7.0, width: 6.0, height: 9.0 };
            let stored = turn.stored(&wanted);
            let part = marked(stored.left, stored.top, stored.width, stored.height);
            let part = View::of_part(part, Reduction::None, &turn).expect("fits");
            assert!(part.covers(&wanted, turn.upright()), "{orientation:?}");
            assert_eq!((part.left, part.top, part.image().width(), part.image().height()), (5, 7, 6, 9));
            for (x, y) in (0..6).flat_map(|x| (0..9).map(move |y| (x, y))) {
                let pixel = |image: &Image, x: u32, y: u32| {
                    let at = 3 * (y * image.width() + x) as usize;
                    [image.rgb()[at], image.rgb()[at + 1]]
                };
                assert_eq!(pixel(part.image(), x, y), pixel(whole.image(), x + 5, y + 7), "{orientation:?}");
            }
        }
    }

    #[test]
    fn the_corner_of_a_reduced_view_may_lie_outside_the_image() {
        // 41 pixels are covered by 11 of 4: 44, of which three are beyond the right edge, and to the left once turned.
        let turn = Turn::of(Orientation::Rotate180, 41, 40);
        let view = View::of_part(marked(0, 0, 11, 10), Reduction::Quarter, &turn).expect("fits");
        assert_eq!((view.left, view.top), (-3, 0));
        // The centre of the view's first pixel is 1.5 pixels into what it covers.
        // A face at the view's first pixel begins three pixels outside.
        let bounds = Rect { x: 0.0, y: 1.0, width: 2.0, height: 2.0 };
        let face = view.in_image(&Face { bounds, landmarks: [Point { x: 1.0, y: 2.0 }; 5], confidence: 1.0 });
        assert_eq!(face.bounds, Rect { x: -3.0, y: 4.0, width: 8.0, height: 8.0 });
        assert_eq!(face.landmarks[0], Point { x: 1.0, y: 8.0 });
        assert_eq!(view.locate(Point { x: -1.5, y: 1.5 }), Point { x: 0.0, y: 0.0 });
        assert!(
            view.covers(&Rect { x: -9.0, y: 0.0, width: 100.0, height: 40.0 }, turn.upright()),
            "of what the frame has"
        );
    }

    #[test]
    fn wild_rectangles_are_somewhere_in_the_image() {
        let turn = Turn::of(Orientation::Rotate270, 40, 30);
        for wild in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30, 0.0] {
            let stored = turn.stored(&Rect { x: wild, y: wild, width: wild, height: wild });
            assert!(stored.width > 0 && stored.height > 0, "{wild}");
            assert!(stored.left + stored.width <= 40 && stored.top + stored.height <= 30, "{wild}: {stored:?}");
        }
    }

    #[test]
    fn the_coarsest_that_does_is_taken() {
        assert_eq!(Reduction::coarsest(|reduction| reduction.factor() <= 5), Reduction::Quarter);
        assert_eq!(Reduction::coarsest(|_| false), Reduction::None);
    }
}
