//! A head that is turned, raised, lowered or tilted.

use face::{Point, Point3};

use crate::picture::Picture;
use crate::subject::Subject;
use crate::warp::{Move, pull};

/// By how many degrees; a head that is pulled into another pose looks less turned than it was pulled.
const TURN: f32 = 42.0;
const RAISE: f32 = 36.0;
const LOWER: f32 = -42.0;
const TILT: f32 = 35.0;

/// The middle of the head lies so far behind the sides of the face, in widths of the face.
const MIDDLE_BEHIND: f32 = 0.1;

pub(crate) fn turned(subject: &Subject) -> Picture {
    held(subject, TURN, 0.0)
}

pub(crate) fn raised(subject: &Subject) -> Picture {
    held(subject, 0.0, RAISE)
}

pub(crate) fn lowered(subject: &Subject) -> Picture {
    held(subject, 0.0, LOWER)
}

/// The picture turned about the face.
pub(crate) fn tilted(subject: &Subject) -> Picture {
    let centre = subject.centre();
    let (sin, cos) = TILT.to_radians().sin_cos();
    let turned = subject.picture.map(|at, _| {
        let (x, y) = (at.x - centre.x, at.y - centre.y);
        subject.picture.at(Point { x: centre.x + cos * x + sin * y, y: centre.y + cos * y - sin * x })
    });
    subject.framed(&turned)
}

/// Moves every point of the mesh that is still to be seen to where it comes when the head is turned about its middle.
fn held(subject: &Subject, yaw: f32, pitch: f32) -> Picture {
    let middle = middle(subject);
    let [(sy, cy), (sp, cp)] = [yaw, pitch].map(|degrees| degrees.to_radians().sin_cos());
    let turn = |Point3 { x, y, z }: Point3| {
        let (x, z) = (cy * x - sy * z, sy * x + cy * z);
        Point3 { x, y: cp * y + sp * z, z: cp * z - sp * y }
    };
    let from_middle = |p: &Point3| Point3 { x: p.x - middle.x, y: p.y - middle.y, z: p.z - middle.z };
    let moves: Vec<Move> = subject
        .points
        .iter()
        .map(|from| (from, turn(from_middle(from))))
        // A head is round: what points away from the camera is not seen.
        .filter(|(_, to)| to.z < 0.0)
        .map(|(from, to)| Move {
            from: Point { x: from.x, y: from.y },
            to: Point { x: middle.x + to.x, y: middle.y + to.y },
        })
        .collect();
    subject.framed(&pull(&subject.picture, &moves))
}

fn middle(subject: &Subject) -> Point3 {
    let centre = subject.centre();
    let depth = f32::midpoint(subject.points[234].z, subject.points[454].z);
    Point3 { x: centre.x, y: centre.y, z: depth + MIDDLE_BEHIND * subject.face_width() }
}
