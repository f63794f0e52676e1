//! The part of an image that is decoded: from blocks, row of coded units by row, to lines of pixels.
//!
//! Only the samples of one row of units are kept, and one line of the row before: where chroma has half as many lines as
//! luma, a pixel between two rows needs the chroma of both.

use std::ops::Range;

use super::super::view::Reduction;
use super::super::wipe::Wiped;
use super::header::Component;
use super::idct::{self, Block, SIDE, Shape, Weights};
use super::{Part, PixelRect, colour};

/// A rectangle, in whatever it counts: `right` and `bottom` are the first beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) left: usize,
    pub(super) top: usize,
    pub(super) right: usize,
    pub(super) bottom: usize,
}

/// Samples of one component, for one row of coded units.
pub(super) struct Plane {
    /// Blocks in a unit.
    pub(super) across: usize,
    pub(super) down: usize,
    shape: Shape,
    weights: Weights,
    /// The last place in a block that matters.
    pub(super) last_place: u32,
    /// Lines of `stride` samples; the first is the last one of the row of units before.
    lines: Wiped,
    stride: usize,
}

impl Plane {
    fn new(component: &Component, shape: Shape, units: usize) -> Self {
        let stride = units * component.across * shape.across;
        Self {
            across: component.across,
            down: component.down,
            shape,
            weights: Weights::new(&component.quantisation, shape),
            last_place: shape.last_place(),
            lines: Wiped::zeros(stride * (1 + component.down * shape.down)),
            stride,
        }
    }

    /// Puts down the samples of a block: the one at `across` and `down` of a unit, counted in the row.
    #[inline(always)]
    pub(super) fn put(&mut self, unit: usize, across: usize, down: usize, block: &Block, has_only_mean: bool) {
        let at = (1 + down * self.shape.down) * self.stride + (unit * self.across + across) * self.shape.across;
        let Some(samples) = self.lines.get_mut(at..) else {
            return;
        };
        match has_only_mean {
            true => idct::fill(self.shape, block, &self.weights, samples, self.stride),
            false => idct::transform(self.shape, block, &self.weights, samples, self.stride),
        }
    }

    #[inline(always)]
    fn line(&self, index: usize) -> &[u8] {
        self.lines.get(index * self.stride..(index + 1) * self.stride).unwrap_or(&[])
    }

    /// Keeps the last line for the next row.
    fn keep_last(&mut self) {
        let last = self.down * self.shape.down * self.stride;
        self.lines.copy_within(last..last + self.stride, 0);
    }
}

/// The part in the making.
pub(super) struct Canvas {
    /// What is decoded, in coded units: more than what is wanted where chroma is to be interpolated.
    pub(super) units: Span,
    pub(super) planes: Vec<Plane>,
    /// What is wanted, in reduced pixels.
    wanted: Span,
    factor: usize,
    /// Reduced pixels of a unit.
    unit: (usize, usize),
    /// Whether chroma has half the samples of luma across and down, after its reduction.
    doubled: (bool, bool),
    rgb: Wiped,
    /// Chroma lines in the making: between two, and doubled, for each of both.
    between: [Wiped; 2],
    double: [Wiped; 2],
}

impl Canvas {
    /// For a part of an image of so many pixels across and down. `None`: the rectangle has nothing of the image.
    pub(super) fn new(
        components: &[Component],
        (width, height): (u32, u32),
        part: &PixelRect,
        reduction: Reduction,
    ) -> Option<Self> {
        let luma = components.first()?;
        let factor = reduction.factor() as usize;
        let wanted = wanted(part, (width, height), factor)?;
        let side = SIDE / factor;
        let unit = (luma.across * side, luma.down * side);
        let is_whole = factor == 1;
        let is_colour = components.len() == 3;
        let doubled = (is_colour && is_whole && luma.across == 2, is_colour && is_whole && luma.down == 2);
        let all = (whole_units(width, luma.across), whole_units(height, luma.down));
        let (left, right) = units(wanted.left, wanted.right, unit.0, all.0, doubled.0);
        let (top, bottom) = units(wanted.top, wanted.bottom, unit.1, all.1, doubled.1);
        let units = Span { left, top, right, bottom };
        let columns = right - left;
        let shape = |component: &Component| Shape {
            across: (side * luma.across / component.across).min(SIDE),
            down: (side * luma.down / component.down).min(SIDE),
        };
        let planes: Vec<Plane> =
            components.iter().map(|component| Plane::new(component, shape(component), columns)).collect();
        let scratch = |needed: bool, samples: usize| Wiped::zeros(if needed { samples } else { 0 });
        let chroma = planes.last().map_or(0, |plane| plane.stride);
        Some(Self {
            units,
            wanted,
            factor,
            unit,
            doubled,
            rgb: Wiped::zeros((wanted.right - wanted.left) * (wanted.bottom - wanted.top) * 3),
            between: [scratch(doubled.1, chroma), scratch(doubled.1, chroma)],
            double: [scratch(doubled.0, 2 * chroma), scratch(doubled.0, 2 * chroma)],
            planes,
        })
    }

    /// Makes pixels of what can be made of this row of units and the one before.
    #[inline(always)]
    pub(super) fn paint(&mut self, row: usize) {
        let (_, unit_lines) = self.unit;
        let (first, behind) = (row * unit_lines, (row + 1) * unit_lines);
        // The last line of a row waits for the chroma of the next.
        let waits = usize::from(self.doubled.1);
        let from = if row > self.units.top { first - waits } else { first };
        let to = if row + 1 < self.units.bottom { behind - waits } else { behind };
        for y in from.max(self.wanted.top)..to.min(self.wanted.bottom) {
            self.paint_line(y, first);
        }
        if self.doubled.1 {
            self.planes.iter_mut().for_each(Plane::keep_last);
        }
    }

    /// Makes pixels of a line of reduced pixels; `first` is the first of its row of units.
    #[inline(always)]
    fn paint_line(&mut self, y: usize, first: usize) {
        let columns = self.wanted.right - self.wanted.left;
        let offset = self.wanted.left - self.units.left * self.unit.0;
        let at = (y - self.wanted.top) * columns * 3;
        let cut = |line: &[u8]| -> Range<usize> { offset..(offset + columns).min(line.len()) };
        let Some(pixels) = self.rgb.get_mut(at..at + columns * 3) else {
            return;
        };
        match &self.planes[..] {
            [luma, blue, red] => {
                let luma = luma.line(1 + y - first);
                let [between_blue, between_red] = &mut self.between;
                let [double_blue, double_red] = &mut self.double;
                let place = Place { y, first, top: self.units.top * SIDE, behind: self.units.bottom * SIDE };
                let blue = chroma(blue, self.doubled, place, between_blue, double_blue);
                let red = chroma(red, self.doubled, place, between_red, double_red);
                let range = cut(luma);
                let (blue, red) = (blue.get(range.clone()).unwrap_or(&[]), red.get(range.clone()).unwrap_or(&[]));
                colour::rgb(&luma[range], blue, red, pixels);
            }
            [luma, ..] => {
                let luma = luma.line(1 + y - first);
                colour::grey(&luma[cut(luma)], pixels);
            }
            [] => {}
        }
    }

    /// The part, once all rows are painted.
    pub(super) fn finish(self) -> Part {
        let Span { left, top, right, bottom } = self.wanted;
        Part {
            left: (left * self.factor) as u32,
            top: (top * self.factor) as u32,
            columns: (right - left) as u32,
            rows: (bottom - top) as u32,
            rgb: self.rgb.into_inner(),
        }
    }
}

/// Where a line lies: its number, and that of the first of its row of units. And the lines of chroma that are decoded, where
/// these are half as many.
#[derive(Clone, Copy)]
struct Place {
    y: usize,
    first: usize,
    top: usize,
    behind: usize,
}

/// The line of chroma beside a line of luma.
#[inline(always)]
fn chroma<'a>(
    plane: &'a Plane,
    (doubled_across, doubled_down): (bool, bool),
    place: Place,
    between: &'a mut [u8],
    double: &'a mut [u8],
) -> &'a [u8] {
    let line = if doubled_down {
        let near = place.y / 2;
        let far =
            if place.y.is_multiple_of(2) { near.max(place.top + 1) - 1 } else { (near + 1).min(place.behind - 1) };
        let line = |at: usize| plane.line(1 + at - place.first / 2);
        colour::between(line(near), line(far), between);
        between
    } else {
        plane.line(1 + place.y - place.first)
    };
    if doubled_across {
        colour::doubled(line, double);
        return double;
    }
    line
}

/// The reduced pixels that have anything of a rectangle.
fn wanted(part: &PixelRect, (width, height): (u32, u32), factor: usize) -> Option<Span> {
    let span = |from: u32, length: u32, end: u32| {
        let behind = from.saturating_add(length).min(end);
        (from < behind).then_some((from as usize / factor, (behind as usize).div_ceil(factor)))
    };
    let (left, right) = span(part.left, part.width, width)?;
    let (top, bottom) = span(part.top, part.height, height)?;
    Some(Span { left, top, right, bottom })
}

/// Units in a side of so many pixels, with so many blocks in a unit.
pub(super) fn whole_units(pixels: u32, blocks: usize) -> usize {
    (pixels as usize).div_ceil(SIDE * blocks)
}

/// The units that have these reduced pixels, and where chroma is doubled, the sample beyond them.
fn units(from: usize, behind: usize, unit: usize, all: usize, doubled: bool) -> (usize, usize) {
    let beyond = if doubled { 2 } else { 0 };
    (from.saturating_sub(beyond) / unit, (behind + beyond).div_ceil(unit).min(all))
}
