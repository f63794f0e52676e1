//! Closed eyes.

use face::Point;

use crate::picture::{Colour, Picture, mix};
use crate::shape::{Mask, curve};
use crate::spread::spread;
use crate::subject::Subject;

/// An eye in the mesh: the lids from the outer corner to the inner one, both corners included.
struct Lids {
    upper: [usize; 9],
    lower: [usize; 9],
    /// On the cheek below, for the colour of the skin.
    cheek: usize,
}

const RIGHT: Lids = Lids {
    upper: [33, 246, 161, 160, 159, 158, 157, 173, 133],
    lower: [33, 7, 163, 144, 145, 153, 154, 155, 133],
    cheek: 101,
};
const LEFT: Lids = Lids {
    upper: [263, 466, 388, 387, 386, 385, 384, 398, 362],
    lower: [263, 249, 390, 373, 374, 380, 381, 382, 362],
    cheek: 330,
};

/// Lashes reach beyond the opening by so much of the eye's width, above and below.
const LASHES_ABOVE: f32 = 0.2;
const LASHES_BELOW: f32 = 0.15;

/// The skin around an open eye lies in shadow; on a closed lid it is so much more like the cheek's.
const LIGHTER: f32 = 0.35;
const SKIN_BLUR: f32 = 6.0;

/// Where lids meet: so far from the upper to the lower lid.
const SEAM: f32 = 1.1;

/// Thickness of the line of lashes in widths of the eye, and its colour.
const LASH_LINE: f32 = 0.055;
const LASH: Colour = [62.0, 44.0, 38.0];

/// How much darker the fold of the lid is.
const FOLD: Colour = [0.93, 0.90, 0.89];

pub(crate) fn closed(subject: &Subject) -> Picture {
    subject.framed(&shut(&shut(&subject.picture, subject, &RIGHT), subject, &LEFT))
}

pub(crate) fn one_closed(subject: &Subject) -> Picture {
    subject.framed(&shut(&subject.picture, subject, &LEFT))
}

/// Skin where the eye is open, and a line of lashes where the lids meet.
fn shut(picture: &Picture, subject: &Subject, lids: &Lids) -> Picture {
    let (upper, lower) = (subject.outline(&lids.upper), subject.outline(&lids.lower));
    let width = (upper[8].x - upper[0].x).hypot(upper[8].y - upper[0].y);
    let moved = |points: &[Point], by: f32| -> Vec<Point> {
        points.iter().map(|p| Point { x: p.x, y: p.y + by * width }).collect()
    };
    let mut opening = moved(&upper, -LASHES_ABOVE);
    opening.extend(moved(&lower, LASHES_BELOW).iter().rev());
    let tone = picture.blurred(SKIN_BLUR).at(subject.point(lids.cheek));
    let opening = Mask::smooth(picture, &opening);
    let around = filled(picture, &opening);
    let skin = picture.paint(&opening.softened(2.0), |at, _| mix(around.at(at), tone, LIGHTER));
    let seam: Vec<Point> = upper
        .iter()
        .zip(&lower)
        .map(|(a, b)| Point { x: a.x + SEAM * (b.x - a.x), y: a.y + SEAM * (b.y - a.y) })
        .collect();
    let fold = Mask::line(picture, &curve(&moved(&upper, -0.07), false), 0.03 * width).softened(2.0);
    let lashes = Mask::line(picture, &curve(&seam, false), LASH_LINE * width).softened(0.8);
    let folded = skin.paint(&fold, |_, old| [0, 1, 2].map(|i| old[i] * FOLD[i]));
    folded.paint(&lashes, |_, _| LASH)
}

/// What the mask covers is made of what is around it.
fn filled(picture: &Picture, mask: &Mask) -> Picture {
    let known: Vec<bool> = (0..picture.pixels.len())
        .map(|at| mask.at(Point { x: (at % picture.width) as f32, y: (at / picture.width) as f32 }) == 0.0)
        .collect();
    let mut filled = picture.clone();
    spread(picture.width, &mut filled.pixels, &known);
    filled
}
