//! What is wrong with what the frame shows: nobody, somebody else, too little of a face or too small a one.

use face::{Point, Rect};

use crate::picture::{Picture, mix, smooth_step};
use crate::subject::{Subject, WIDTH};

/// The face is made of so many blocks across.
const BLOCKS: f32 = 5.0;

/// A small face's frame is so many times as wide as that of a good picture.
const FAR: f32 = 3.9;

/// So many pixels within its edge the background begins to become an even wall.
const WALL: f32 = 170.0;

/// So much of the face's width is beyond the frame.
const CUT: f32 = 0.22;

pub(crate) fn good(subject: &Subject) -> Picture {
    subject.framed(&subject.picture)
}

/// The face in coarse blocks, as in the news.
pub(crate) fn no_face(subject: &Subject) -> Picture {
    let (centre, width) = (subject.centre(), subject.face_width());
    let block = width / BLOCKS;
    let middle = Point { x: centre.x, y: f32::midpoint(centre.y, subject.chin().y) - 0.1 * width };
    let to_block = |value: f32, origin: f32| ((value - origin) / block).round() * block;
    let coarse = subject.picture.blurred(0.4 * block);
    let blocks = |at: Point, old| {
        let (x, y) = (to_block(at.x, middle.x), to_block(at.y, middle.y));
        match (x / (0.56 * width)).hypot(y / (0.9 * width)) < 1.0 {
            true => coarse.at(Point { x: middle.x + x, y: middle.y + y }),
            false => old,
        }
    };
    subject.framed(&subject.picture.map(blocks))
}

/// The person twice, the second time in the mirror.
pub(crate) fn several_faces(subject: &Subject) -> Picture {
    let one = good(subject);
    let both = one.beside(&one.mirrored());
    let frame = Rect { x: 0.0, y: 0.0, width: both.width as f32, height: both.height as f32 };
    both.part(frame, WIDTH * 4 / 3)
}

/// The person far away, at the bottom of the picture.
pub(crate) fn too_small(subject: &Subject) -> Picture {
    let near = subject.frame();
    let (width, height) = (FAR * near.width, FAR * near.height);
    let bottom = subject.picture.height as f32;
    before_wall(subject).part(Rect { x: subject.centre().x - width / 2.0, y: bottom - height, width, height }, WIDTH)
}

/// The person at the edge of the picture.
pub(crate) fn cut(subject: &Subject) -> Picture {
    let left = subject.point(234).x + CUT * subject.face_width();
    before_wall(subject).part(Rect { x: left, ..subject.frame() }, WIDTH)
}

/// The portrait, its background even towards the edge, where the picture goes on beyond the frame.
fn before_wall(subject: &Subject) -> Picture {
    let picture = &subject.picture;
    let (right, middle) = ((picture.width - 1) as f32, picture.height as f32 / 2.0);
    let wall = mix(picture.at(Point { x: 0.0, y: middle }), picture.at(Point { x: right, y: middle }), 0.5);
    picture.map(|at, old| mix(wall, old, smooth_step(at.x.min(at.y).min(right - at.x) / WALL)))
}
