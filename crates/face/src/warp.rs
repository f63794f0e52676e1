//! A square cut out of an image by a similarity transform: turned, scaled and shifted, never sheared.

use zeroize::Zeroizing;

use crate::image::View;
use crate::{Image, ImageError, Picture, Point, Rect};

/// `p -> (a + ib) * p + shift`, with points as complex numbers: from the cut square to the image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Similarity {
    a: f32,
    b: f32,
    shift: Point,
}

impl Similarity {
    /// The transform that minimises the squared distances of the images of `from` to `to` (Umeyama 1991, without
    /// reflection).
    pub(crate) fn fit<const N: usize>(from: &[Point; N], to: &[Point; N]) -> Self {
        let (from_mean, to_mean) = (mean(from), mean(to));
        let (mut dot, mut cross, mut spread) = (0.0_f32, 0.0_f32, 0.0_f32);
        for (p, q) in from.iter().zip(to) {
            let (px, py) = (p.x - from_mean.x, p.y - from_mean.y);
            let (qx, qy) = (q.x - to_mean.x, q.y - to_mean.y);
            dot += px * qx + py * qy;
            cross += px * qy - py * qx;
            spread += px * px + py * py;
        }
        let (a, b) = (dot / spread, cross / spread);
        let shift = Point {
            x: to_mean.x - (a * from_mean.x - b * from_mean.y),
            y: to_mean.y - (b * from_mean.x + a * from_mean.y),
        };
        Self { a, b, shift }
    }

    /// Brings a square of `side` pixels onto the square in the image that has this centre, this side in pixels of the
    /// image, and is turned clockwise by this angle.
    pub(crate) fn square(side: usize, centre: Point, image_side: f32, angle_radians: f32) -> Self {
        let scale = image_side / side as f32;
        let (a, b) = (scale * angle_radians.cos(), scale * angle_radians.sin());
        // Pixel `i` covers `i - 0.5` to `i + 0.5`, so the middle of the square is here.
        let middle = (side as f32 - 1.0) / 2.0;
        let shift = Point { x: centre.x - (a - b) * middle, y: centre.y - (b + a) * middle };
        Self { a, b, shift }
    }

    #[inline]
    pub(crate) fn apply(&self, p: Point) -> Point {
        Point { x: self.a * p.x - self.b * p.y + self.shift.x, y: self.b * p.x + self.a * p.y + self.shift.y }
    }

    /// The same square in the pixels of a view.
    fn seen_in(&self, view: &View<'_>) -> Self {
        let factor = view.reduction().factor() as f32;
        Self { a: self.a / factor, b: self.b / factor, shift: view.locate(self.shift) }
    }

    /// By how much the square is turned clockwise in the image, in radians.
    pub(crate) fn angle(&self) -> f32 {
        self.b.atan2(self.a)
    }

    /// Pixels of the image to a pixel of the square.
    pub(crate) fn scale(&self) -> f32 {
        self.a.hypot(self.b)
    }
}

fn mean<const N: usize>(points: &[Point; N]) -> Point {
    let sum = points.iter().fold(Point::default(), |s, p| Point { x: s.x + p.x, y: s.y + p.y });
    Point { x: sum.x / N as f32, y: sum.y / N as f32 }
}

/// The square of `side` x `side` pixels that `to_image` brings into the image, `[side, side, 3]`, RGB. What lies beyond
/// the frame is black.
///
/// A face that is larger than the square is first reduced by a whole number, each pixel the mean of those it covers: to
/// sample single pixels of it would make noise of fine texture.
///
/// # Errors
/// When that part of the image cannot be decoded.
pub(crate) fn cut(
    picture: &mut Picture<'_>,
    to_image: &Similarity,
    side: usize,
) -> Result<Zeroizing<Vec<u8>>, ImageError> {
    let view = picture.view(&footprint(to_image, side), to_image.scale())?;
    Ok(cut_pixels(view.image(), &to_image.seen_in(view), side))
}

fn cut_pixels(image: &Image, to_image: &Similarity, side: usize) -> Zeroizing<Vec<u8>> {
    let mut rgb = Zeroizing::new(vec![0; side * side * 3]);
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: this processor has what the function is compiled for.
        unsafe { cut_avx2(image, to_image, side, &mut rgb) };
        return rgb;
    }
    cut_here(image, to_image, side, &mut rgb);
    rgb
}

/// The same with vectors of eight, and with rounding that is an instruction and not a call.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn cut_avx2(image: &Image, to_image: &Similarity, side: usize, rgb: &mut [u8]) {
    cut_here(image, to_image, side, rgb);
}

#[inline(always)]
fn cut_here(image: &Image, to_image: &Similarity, side: usize, rgb: &mut [u8]) {
    let factor = to_image.scale().round();
    // Not a number is no factor either.
    if factor >= 2.0
        && let Some(reduced) = Reduced::around(image, &footprint(to_image, side), factor as u32)
    {
        return sample(&reduced, to_image, side, rgb);
    }
    sample(&Plain(image), to_image, side, rgb);
}

/// The part of the image that the square covers.
fn footprint(to_image: &Similarity, side: usize) -> Rect {
    let end = side as f32;
    let corners = [(-1.0, -1.0), (end, -1.0), (-1.0, end), (end, end)].map(|(x, y)| to_image.apply(Point { x, y }));
    let least = |of: fn(&Point) -> f32| corners.iter().map(of).fold(f32::INFINITY, f32::min);
    let most = |of: fn(&Point) -> f32| corners.iter().map(of).fold(f32::NEG_INFINITY, f32::max);
    let (x, y) = (least(|p| p.x), least(|p| p.y));
    Rect { x, y, width: most(|p| p.x) - x, height: most(|p| p.y) - y }
}

/// A colour in a vector's four lanes: red, green, blue, and one that says nothing.
type Colour = [f32; 4];

/// Pixels on a grid of their own.
trait Grid {
    /// Where a point of the image lies on the grid.
    fn locate(&self, at: Point) -> Point;
    /// Columns and rows.
    fn size(&self) -> (i32, i32);
    /// The colour of the point with this number in reading order.
    fn colour(&self, at: usize) -> Colour;

    /// The colours of a point, of the one to its right, and of both below; black beyond the frame.
    #[inline(always)]
    fn square(&self, x: i32, y: i32) -> [[Colour; 2]; 2] {
        let (columns, rows) = self.size();
        // All but a few points lie inside: one test for the four of them.
        if (0..columns - 1).contains(&x) && (0..rows - 1).contains(&y) {
            let at = y as usize * columns as usize + x as usize;
            let below = at + columns as usize;
            return [[self.colour(at), self.colour(at + 1)], [self.colour(below), self.colour(below + 1)]];
        }
        let colour = |x: i32, y: i32| match (0..columns).contains(&x) && (0..rows).contains(&y) {
            true => self.colour(y as usize * columns as usize + x as usize),
            false => [0.0; 4],
        };
        let (right, below) = (x.saturating_add(1), y.saturating_add(1));
        [[colour(x, y), colour(right, y)], [colour(x, below), colour(right, below)]]
    }
}

#[inline(always)]
fn sample(grid: &impl Grid, to_image: &Similarity, side: usize, rgb: &mut [u8]) {
    // Kept as vectors until the row is whole: all four lanes of a colour are computed at once.
    let mut colours = Zeroizing::new(vec![[0.0; 4]; side]);
    for (row, pixels) in rgb.chunks_exact_mut(3 * side).enumerate() {
        for (column, colour) in colours.iter_mut().enumerate() {
            let at = grid.locate(to_image.apply(Point { x: column as f32, y: row as f32 }));
            *colour = bilinear(grid, at);
        }
        for (pixel, colour) in pixels.as_chunks_mut::<3>().0.iter_mut().zip(colours.iter()) {
            let [red, green, blue, _] = colour.map(nearest);
            *pixel = [red, green, blue];
        }
    }
}

#[inline(always)]
fn bilinear(grid: &impl Grid, at: Point) -> Colour {
    let (left, top) = (at.x.floor(), at.y.floor());
    let (right_share, bottom_share) = (at.x - left, at.y - top);
    let [[a, b], [c, d]] = grid.square(left as i32, top as i32);
    std::array::from_fn(|lane| {
        let upper = a[lane] + right_share * (b[lane] - a[lane]);
        let lower = c[lane] + right_share * (d[lane] - c[lane]);
        upper + bottom_share * (lower - upper)
    })
}

/// The nearest whole number to a value of 0 to 255; of what is no number, any.
#[inline(always)]
fn nearest(value: f32) -> u8 {
    /// From here on a number's last bits count ones. A cast asks of each lane whether the value fits.
    const ONES: f32 = 8_388_608.0;
    ((value + 0.5).floor() + ONES).to_bits() as u8
}

/// The image as it is.
struct Plain<'a>(&'a Image);

impl Grid for Plain<'_> {
    #[inline(always)]
    fn locate(&self, at: Point) -> Point {
        at
    }

    #[inline(always)]
    fn size(&self) -> (i32, i32) {
        (self.0.width() as i32, self.0.height() as i32)
    }

    #[inline(always)]
    fn colour(&self, at: usize) -> Colour {
        let rgb = &self.0.rgb()[3 * at..];
        // With the next one's red four bytes are loaded at once; the last pixel has none.
        let bytes = rgb.first_chunk::<4>().copied().unwrap_or_else(|| [rgb[0], rgb[1], rgb[2], 0]);
        bytes.map(f32::from)
    }
}

/// A part of the image, reduced by a whole number.
struct Reduced {
    factor: u32,
    /// The image's pixel at the upper left corner.
    left: u32,
    top: u32,
    columns: usize,
    rows: usize,
    means: Zeroizing<Vec<Colour>>,
}

impl Reduced {
    /// The part of the image that the rectangle covers; `None` when that is nothing.
    #[inline(always)]
    fn around(image: &Image, part: &Rect, factor: u32) -> Option<Self> {
        let span = |from: f32, length: f32, end: u32| {
            let first = from.floor().clamp(0.0, end as f32) as u32;
            // One reduced pixel more, so that the last that is asked for has a neighbour wherever the image has.
            let last = (from + length + factor as f32).ceil().clamp(0.0, end as f32) as u32;
            (first, ((last.max(first) - first) / factor) as usize)
        };
        let (left, columns) = span(part.x, part.width, image.width());
        let (top, rows) = span(part.y, part.height, image.height());
        if columns == 0 || rows == 0 {
            return None;
        }
        let mut means = Zeroizing::new(vec![[0.0; 4]; columns * rows]);
        let (step, width) = (factor as usize, image.width() as usize);
        let share = 1.0 / (step * step) as f32;
        // Down the columns first, where neighbours are added to neighbours.
        let mut sums = Zeroizing::new(vec![0.0; columns * step * 3]);
        for (y, means) in means.chunks_exact_mut(columns).enumerate() {
            for line in 0..step {
                let begin = ((top as usize + y * step + line) * width + left as usize) * 3;
                let values = image.rgb()[begin..begin + sums.len()].iter().map(|value| f32::from(*value));
                match line {
                    0 => sums.iter_mut().zip(values).for_each(|(sum, value)| *sum = value),
                    _ => sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value),
                }
            }
            for (mean, sums) in means.iter_mut().zip(sums.chunks_exact(step * 3)) {
                let add = |[r, g, b]: [f32; 3], sum: &[f32; 3]| [r + sum[0], g + sum[1], b + sum[2]];
                let [red, green, blue] = sums.as_chunks::<3>().0.iter().fold([0.0; 3], add);
                *mean = [red, green, blue, 0.0].map(|sum| sum * share);
            }
        }
        Some(Self { factor, left, top, columns, rows, means })
    }
}

impl Grid for Reduced {
    #[inline(always)]
    fn locate(&self, at: Point) -> Point {
        // A reduced pixel's centre is the centre of the pixels that it covers.
        let factor = self.factor as f32;
        let to_centre = (factor - 1.0) / 2.0;
        Point { x: (at.x - self.left as f32 - to_centre) / factor, y: (at.y - self.top as f32 - to_centre) / factor }
    }

    #[inline(always)]
    fn size(&self) -> (i32, i32) {
        (self.columns as i32, self.rows as i32)
    }

    #[inline(always)]
    fn colour(&self, at: usize) -> Colour {
        self.means[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POINTS: [Point; 3] = [Point { x: 3.0, y: 5.0 }, Point { x: 80.0, y: 11.0 }, Point { x: 40.0, y: 90.0 }];

    fn turned(scale: f32, degrees: f32, shift: Point) -> [Point; 3] {
        let (sin, cos) = degrees.to_radians().sin_cos();
        POINTS.map(|p| Point {
            x: scale * (cos * p.x - sin * p.y) + shift.x,
            y: scale * (sin * p.x + cos * p.y) + shift.y,
        })
    }

    fn near(a: Point, b: Point, tolerance: f32) -> bool {
        (a.x - b.x).abs() < tolerance && (a.y - b.y).abs() < tolerance
    }

    #[test]
    fn recovers_rotation_scale_and_shift() {
        for (scale, degrees) in [(1.0, 0.0), (0.5, 30.0), (3.0, -120.0), (7.5, 179.0)] {
            let to = turned(scale, degrees, Point { x: 40.0, y: -7.0 });
            let fitted = Similarity::fit(&POINTS, &to);
            assert!((fitted.scale() - scale).abs() < 1e-4 * scale);
            for (p, q) in POINTS.iter().zip(&to) {
                assert!(near(fitted.apply(*p), *q, 0.01));
            }
        }
    }

    #[test]
    fn a_square_has_its_centre_side_and_angle() {
        let centre = Point { x: 50.0, y: 60.0 };
        let square = Similarity::square(10, centre, 40.0, std::f32::consts::FRAC_PI_2);
        assert!((square.scale() - 4.0).abs() < 1e-5);
        assert!(near(square.apply(Point { x: 4.5, y: 4.5 }), centre, 1e-4));
        // A quarter turn clockwise: what was right of the centre is below it.
        assert!(near(square.apply(Point { x: 5.5, y: 4.5 }), Point { x: 50.0, y: 64.0 }, 1e-4));
    }

    /// Bright to the right and below, without noise.
    fn ramp(side: u32) -> Image {
        let level = move |x: u32, y: u32| [(x * 255 / side) as u8, (y * 255 / side) as u8, 9];
        let rgb = (0..side).flat_map(|y| (0..side).flat_map(move |x| level(x, y))).collect();
        Image::from_rgb(side, side, rgb).expect("sizes agree")
    }

    #[test]
    fn a_reduced_cut_is_where_the_plain_one_is() {
        let image = ramp(1_200);
        for scale in [2.0_f32, 3.4, 7.9] {
            let to_image = Similarity::square(64, Point { x: 611.0, y: 547.0 }, 64.0 * scale, 0.4);
            let mut plain = vec![0; 64 * 64 * 3];
            sample(&Plain(&image), &to_image, 64, &mut plain);
            let reduced = cut_pixels(&image, &to_image, 64);
            let apart = reduced.iter().zip(plain.iter()).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(apart <= Some(1), "{scale}: {apart:?}");
        }
    }

    /// Whatever the processor has, a face has one template.
    #[test]
    fn wide_vectors_change_no_bit() {
        let rgb = (0..300_u32 * 201 * 3).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let image = Image::from_rgb(300, 201, rgb).expect("sizes agree");
        for (scale, angle) in [(0.4, 0.0), (1.0, 0.3), (1.7, 3.0), (2.6, -1.2), (9.0, 0.8)] {
            let to_image = Similarity::square(31, Point { x: 160.3, y: 101.9 }, 31.0 * scale, angle);
            let mut narrow = vec![0; 31 * 31 * 3];
            cut_here(&image, &to_image, 31, &mut narrow);
            assert_eq!(cut_pixels(&image, &to_image, 31).as_slice(), narrow, "{scale}");
        }
    }

    #[test]
    fn the_nearest_level_is_taken_and_half_goes_up() {
        for level in 0..=255_u8 {
            let value = f32::from(level);
            assert_eq!([value - 0.499, value - 0.5, value, value + 0.499].map(|v| nearest(v.max(0.0))), [level; 4]);
        }
    }

    #[test]
    fn fine_texture_is_averaged_not_skipped() {
        // A checkerboard of single pixels: skipping would give black and white, averaging gives grey.
        let rgb = (0..224 * 224).flat_map(|i| [if (i % 224 + i / 224) % 2 == 0 { 0 } else { 255 }; 3]).collect();
        let board = Image::from_rgb(224, 224, rgb).expect("sizes agree");
        let crop = cut_pixels(&board, &Similarity::square(50, Point { x: 112.0, y: 112.0 }, 100.0, 0.0), 50);
        assert!(crop.iter().all(|value| (120..=135).contains(value)), "{crop:?}");
    }

    #[test]
    fn beyond_the_frame_is_black_and_wild_places_do_no_harm() {
        let image = ramp(112);
        for scale in [1.0, 30.0] {
            let far = Similarity::square(20, Point { x: 1e6, y: -1e6 }, 20.0 * scale, 0.1);
            assert!(cut_pixels(&image, &far, 20).iter().all(|value| *value == 0));
        }
        for wild in [f32::NAN, f32::INFINITY, 1e30, 0.0] {
            let square = Similarity::square(20, Point { x: wild, y: wild }, wild, wild);
            assert_eq!(cut_pixels(&image, &square, 20).len(), 20 * 20 * 3);
        }
    }
}
