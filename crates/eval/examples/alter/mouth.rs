//! An open mouth.

use face::Point;

use crate::picture::{Colour, Picture, mix};
use crate::shape::Mask;
use crate::subject::Subject;
use crate::warp::{Move, pull};

/// Inner edge of the lips, from the person's right corner of the mouth to the left one.
const UPPER_LIP: [usize; 11] = [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308];
const LOWER_LIP: [usize; 11] = [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308];

/// How far the jaw falls and the upper lip rises, in widths of the mouth.
const FALL: f32 = 0.58;
const RISE: f32 = 0.1;

/// An open mouth is so much narrower.
const NARROWER: f32 = 0.14;

const INSIDE: Colour = [38.0, 12.0, 12.0];
const TONGUE: Colour = [120.0, 52.0, 50.0];

pub(crate) fn open(subject: &Subject) -> Picture {
    let jaw = Jaw::of(subject);
    let place = |point: usize| {
        let from = subject.point(point);
        let is_lower = LOWER_LIP[1..10].contains(&point) || from.y > jaw.line + 1.0;
        Move { from, to: if is_lower { jaw.fallen(from) } else { jaw.risen(from) } }
    };
    let picture = pull(&subject.picture, &(0..subject.points.len()).map(place).collect::<Vec<_>>());
    let lower = LOWER_LIP[1..10].iter().rev();
    let opening: Vec<Point> = UPPER_LIP.iter().chain(lower).map(|point| place(*point).to).collect();
    let mask = Mask::smooth(&picture, &opening).softened(1.0);
    let picture = picture.paint(&mask, |at, _| {
        let depth = (at.y - jaw.line) / (FALL * jaw.width);
        mix(INSIDE, TONGUE, (2.2 * depth - 1.2).clamp(0.0, 1.0))
    });
    subject.framed(&picture)
}

/// How the lower face moves.
struct Jaw {
    middle: f32,
    width: f32,
    /// Where the lips meet.
    line: f32,
    chin: f32,
}

impl Jaw {
    fn of(subject: &Subject) -> Self {
        let [right, left] = [61, 291].map(|corner| subject.point(corner));
        Self {
            middle: f32::midpoint(right.x, left.x),
            width: left.x - right.x,
            line: f32::midpoint(subject.point(13).y, subject.point(14).y),
            chin: subject.chin().y,
        }
    }

    /// Distance from the middle, 1 at the corner of the mouth.
    fn aside(&self, at: Point) -> f32 {
        ((at.x - self.middle) / (0.5 * self.width)).abs()
    }

    /// Nearer to the middle, the more so the nearer it is to the mouth.
    fn narrowed(&self, at: Point) -> f32 {
        let near = (-((at.y - self.line) / (0.4 * self.width)).powi(2) - (0.6 * self.aside(at)).powi(4)).exp();
        at.x - NARROWER * near * (at.x - self.middle)
    }

    /// The whole jaw falls, the lip less towards the corners of the mouth.
    fn fallen(&self, at: Point) -> Point {
        let aside = self.aside(at);
        let lip = (1.0 - aside * aside).max(0.0);
        let chin = (-0.25 * aside * aside).exp();
        let down = ((at.y - self.line) / (self.chin - self.line)).clamp(0.0, 1.0);
        Point { x: self.narrowed(at), y: at.y + FALL * self.width * (lip + down * (chin - lip)) }
    }

    fn risen(&self, at: Point) -> Point {
        let aside = self.aside(at);
        let near = (-((at.y - self.line) / (0.3 * self.width)).powi(2)).exp();
        Point { x: self.narrowed(at), y: at.y - RISE * self.width * near * (1.0 - aside * aside).max(0.0) }
    }
}
