//! What is wrong with focus and light.

use crate::picture::{Picture, smooth_step};
use crate::subject::Subject;

/// Blur, in shares of the face's width (standard deviation of a Gaussian).
const BLUR: f32 = 0.035;

/// So many times the light.
const DARK: f32 = 0.025;
const BRIGHT: f32 = 4.5;
const SHADE: f32 = 0.02;

/// From light to shade in so much of the face's width.
const SHADE_EDGE: f32 = 0.9;

pub(crate) fn blurred(subject: &Subject) -> Picture {
    subject.framed(&subject.picture.blurred(BLUR * subject.face_width()))
}

pub(crate) fn too_dark(subject: &Subject) -> Picture {
    subject.framed(&subject.picture.lit(|_| DARK))
}

pub(crate) fn too_bright(subject: &Subject) -> Picture {
    subject.framed(&subject.picture.lit(|_| BRIGHT))
}

/// One half of the face in the shade.
pub(crate) fn uneven(subject: &Subject) -> Picture {
    let (middle, edge) = (subject.centre().x, SHADE_EDGE * subject.face_width());
    let lit = subject.picture.lit(|at| 1.0 + (SHADE - 1.0) * smooth_step((at.x - middle) / edge + 0.62));
    subject.framed(&lit)
}
