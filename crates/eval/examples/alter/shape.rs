//! Shapes to paint in: how much of each pixel is covered.

use face::Point;

use crate::picture::Picture;

/// A pixel is looked at in so many by so many places.
const PLACES: usize = 4;

/// A curve has so many pieces between two of its points.
const PIECES: usize = 8;

/// How much of each pixel is covered, 0 to 1.
pub(crate) struct Mask {
    width: usize,
    covers: Vec<f32>,
}

impl Mask {
    /// The inside of a polygon, by the even-odd rule.
    pub(crate) fn polygon(picture: &Picture, polygon: &[Point]) -> Self {
        Self::of(picture, polygon, 1.0, |at| {
            let edges = polygon.iter().zip(polygon.iter().cycle().skip(1));
            let crossed = |(a, b): &(&Point, &Point)| {
                (a.y <= at.y) != (b.y <= at.y) && a.x + (at.y - a.y) / (b.y - a.y) * (b.x - a.x) > at.x
            };
            edges.filter(crossed).count() % 2 == 1
        })
    }

    /// The inside of a smooth closed curve through the points.
    pub(crate) fn smooth(picture: &Picture, points: &[Point]) -> Self {
        Self::polygon(picture, &curve(points, true))
    }

    /// A line through the points, this thick.
    pub(crate) fn line(picture: &Picture, points: &[Point], thickness: f32) -> Self {
        let on_line = |at| points.windows(2).any(|ends| distance(at, ends[0], ends[1]) < thickness / 2.0);
        Self::of(picture, points, thickness, on_line)
    }

    /// Only pixels within the frame of the points, and this much around it, are looked at.
    fn of(picture: &Picture, points: &[Point], around: f32, holds: impl Fn(Point) -> bool) -> Self {
        let near = |of: fn(&Point) -> f32, value: usize| {
            let least = points.iter().map(of).fold(f32::INFINITY, f32::min) - around;
            let most = points.iter().map(of).fold(f32::NEG_INFINITY, f32::max) + around;
            (least..=most).contains(&(value as f32))
        };
        let cover = |at: usize| {
            if !near(|p| p.x, at % picture.width) || !near(|p| p.y, at / picture.width) {
                return 0.0;
            }
            let place = |i: usize, of: usize| of as f32 - 0.5 + (i as f32 + 0.5) / PLACES as f32;
            let inside = |i: &usize| {
                holds(Point { x: place(i % PLACES, at % picture.width), y: place(i / PLACES, at / picture.width) })
            };
            (0..PLACES * PLACES).filter(inside).count() as f32 / (PLACES * PLACES) as f32
        };
        Self { width: picture.width, covers: (0..picture.pixels.len()).map(cover).collect() }
    }

    /// With soft edges.
    pub(crate) fn softened(&self, sigma: f32) -> Self {
        let (width, height) = (self.width, self.covers.len() / self.width);
        let picture = Picture { width, height, pixels: self.covers.iter().map(|cover| [*cover; 3]).collect() };
        Self { width, covers: picture.blurred(sigma).pixels.iter().map(|pixel| pixel[0]).collect() }
    }

    /// Only so much of it.
    pub(crate) fn faded(mut self, share: f32) -> Self {
        self.covers.iter_mut().for_each(|cover| *cover *= share);
        self
    }

    /// At the pixel that is there; nothing is covered beyond the frame.
    pub(crate) fn at(&self, at: Point) -> f32 {
        let (x, y) = (at.x as usize, at.y as usize);
        if x < self.width { self.covers.get(y * self.width + x).copied().unwrap_or(0.0) } else { 0.0 }
    }
}

/// A smooth curve through the points (Catmull & Rom 1974), closed or not.
pub(crate) fn curve(points: &[Point], closed: bool) -> Vec<Point> {
    let count = points.len();
    let point = |i: isize| match closed {
        true => points[i.rem_euclid(count as isize) as usize],
        false => points[i.clamp(0, count as isize - 1) as usize],
    };
    let pieces = if closed { count } else { count - 1 };
    let mut curve: Vec<Point> = (0..pieces as isize)
        .flat_map(|i| (0..PIECES).map(move |piece| (i, piece as f32 / PIECES as f32)))
        .map(|(i, t)| between([i - 1, i, i + 1, i + 2].map(point), t))
        .collect();
    if !closed {
        curve.extend(points.last());
    }
    curve
}

fn between([a, b, c, d]: [Point; 4], t: f32) -> Point {
    let along = |of: fn(Point) -> f32| {
        let [a, b, c, d] = [a, b, c, d].map(of);
        let (t2, t3) = (t * t, t * t * t);
        0.5 * (2.0 * b + (c - a) * t + (2.0 * a - 5.0 * b + 4.0 * c - d) * t2 + (3.0 * b - a - 3.0 * c + d) * t3)
    };
    Point { x: along(|p| p.x), y: along(|p| p.y) }
}

/// From a point to the line between two others.
fn distance(at: Point, from: Point, to: Point) -> f32 {
    let (x, y) = (to.x - from.x, to.y - from.y);
    let along = ((at.x - from.x) * x + (at.y - from.y) * y) / (x * x + y * y).max(f32::EPSILON);
    let along = along.clamp(0.0, 1.0);
    (at.x - from.x - along * x).hypot(at.y - from.y - along * y)
}
