//! What hides a part of the face: dark glasses and a mask.

use face::Point;

use crate::picture::{Colour, Picture, mix};
use crate::shape::{Mask, curve};
use crate::subject::Subject;

/// The jaw from one side of the face to the other.
const JAW: [usize; 17] = [132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361];

/// The upper edge of a mask, from the person's left to the right.
const UPPER_EDGE: [usize; 7] = [323, 280, 330, 197, 101, 50, 93];

/// The eyes' corners, the outer first.
const EYES: [[usize; 2]; 2] = [[33, 133], [263, 362]];

const LENS: Colour = [14.0, 15.0, 18.0];
const LENS_BELOW: Colour = [34.0, 34.0, 40.0];
const FRAME: Colour = [8.0, 8.0, 9.0];
const SHINE: Colour = [120.0, 130.0, 145.0];
const CLOTH: Colour = [166.0, 200.0, 220.0];
const PLEAT: Colour = [128.0, 166.0, 190.0];
const STRAP: Colour = [225.0, 232.0, 236.0];

/// Dark glasses with a frame.
pub(crate) fn sunglasses(subject: &Subject) -> Picture {
    let width = subject.face_width();
    let mut picture = subject.picture.clone();
    let [right, left] = EYES.map(|corners| lens(subject, corners));
    let bridge = [inner(&right, subject), inner(&left, subject)];
    let top = bridge.map(|p| Point { x: p.x, y: p.y - 0.03 * width });
    let arch = Point { x: f32::midpoint(top[0].x, top[1].x), y: top[0].y - 0.015 * width };
    let arms = [(&right, 127), (&left, 356)].map(|(lens, temple)| arm(lens[0], subject.point(temple)));
    let bridge = Mask::line(&picture, &curve(&[top[0], arch, top[1]], false), 0.035 * width);
    picture = picture.paint(&bridge, |_, _| FRAME);
    for arm in &arms {
        picture = picture.paint(&Mask::line(&picture, arm, 0.035 * width), |_, _| FRAME);
    }
    for lens in [&right, &left] {
        picture = glaze(&picture, lens, width);
    }
    subject.framed(&picture)
}

/// A lens: dark, lighter towards its lower edge, with a shine and a rim.
fn glaze(picture: &Picture, lens: &[Point], width: f32) -> Picture {
    let top = lens.iter().map(|p| p.y).fold(f32::INFINITY, f32::min);
    let left = lens.iter().map(|p| p.x).fold(f32::INFINITY, f32::min);
    let shade = |at: Point| mix(LENS, LENS_BELOW, ((at.y - top) / (0.28 * width)).clamp(0.0, 1.0));
    let mut rim = lens.to_vec();
    rim.extend(lens.first());
    let glint = [(0.08, 0.14), (0.15, 0.045)].map(|(x, y)| Point { x: left + x * width, y: top + y * width });
    let shine = Mask::line(picture, &glint, 0.022 * width).softened(0.012 * width).faded(0.6);
    let glass = picture.paint(&Mask::polygon(picture, lens), |at, _| shade(at)).paint(&shine, |_, _| SHINE);
    glass.paint(&Mask::line(&glass, &rim, 0.022 * width), |_, _| FRAME)
}

/// The outline of a lens: a rounded trapezium about the eye.
fn lens(subject: &Subject, [outer, inner]: [usize; 2]) -> Vec<Point> {
    let (outer, inner) = (subject.point(outer), subject.point(inner));
    let (x, y) = (inner.x - outer.x, inner.y - outer.y);
    let down = x.abs().max(1.0);
    let corner = |along: f32, below: f32| Point { x: outer.x + along * x, y: outer.y + along * y + below * down };
    let shape = [
        (-0.5, -0.34),
        (-0.36, -0.48),
        (0.35, -0.52),
        (1.05, -0.46),
        (1.27, -0.24),
        (1.2, 0.32),
        (0.84, 0.74),
        (0.25, 0.84),
        (-0.26, 0.66),
        (-0.5, 0.14),
    ];
    curve(&shape.map(|(along, below)| corner(along, below)), true)
}

fn inner(lens: &[Point], subject: &Subject) -> Point {
    nearest(lens, subject.centre())
}

/// From the hinge to the temple.
fn arm(hinge: Point, temple: Point) -> [Point; 2] {
    [hinge, Point { x: temple.x, y: hinge.y + 0.15 * (temple.y - hinge.y) }]
}

fn nearest(points: &[Point], to: Point) -> Point {
    let distance = |p: &&Point| (p.x - to.x).hypot(p.y - to.y);
    points.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).copied().unwrap_or(to)
}

/// A medical mask over nose and mouth.
pub(crate) fn covered(subject: &Subject) -> Picture {
    let width = subject.face_width();
    let centre = subject.point(4);
    // Cloth stands off the jaw a little.
    let jaw = subject.outline(&JAW);
    let jaw =
        jaw.iter().map(|p| Point { x: centre.x + 1.03 * (p.x - centre.x), y: centre.y + 1.06 * (p.y - centre.y) });
    let mut outline: Vec<Point> = jaw.collect();
    outline.extend(subject.outline(&UPPER_EDGE));
    let cloth = Mask::smooth(&subject.picture, &outline);
    let soft = subject.picture.blurred(0.05 * width);
    let bright = soft.at(subject.point(50)).iter().sum::<f32>();
    let mut picture = subject.picture.clone();
    for (from, to) in [(93, 127), (323, 356), (58, 132), (288, 361)] {
        let strap = Mask::line(&picture, &[subject.point(from), subject.point(to)], 0.018 * width).softened(0.6);
        picture = picture.paint(&strap, |_, _| STRAP);
    }
    // The cloth is lit as the face below it is.
    picture = picture.paint(&cloth, |at, _| {
        let lit = (soft.at(at).iter().sum::<f32>() / bright).clamp(0.5, 1.15).powf(0.5);
        let [x, y] = [(at.x - centre.x) / width, (at.y - centre.y) / width];
        let round = 1.0 - 0.35 * x * x - 0.12 * y.max(0.0);
        CLOTH.map(|value| (value * lit * round).min(255.0))
    });
    for below in [0.02, 0.16, 0.30] {
        let pleat = [-0.42, -0.2, 0.0, 0.2, 0.42].map(|x: f32| Point {
            x: centre.x + x * width,
            y: centre.y + (below + 0.03 - 0.5 * x * x * (0.25 - below)) * width,
        });
        let line = Mask::line(&picture, &curve(&pleat, false), 0.012 * width).softened(1.0).faded(0.8);
        picture = picture.paint(&line, |_, old| mix(old, PLEAT, 0.8));
    }
    subject.framed(&picture)
}
