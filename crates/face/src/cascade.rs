//! How often a picture is looked at for faces, and at what size: coarsely first, finer where that leaves doubt, and then
//! once more at a face that is small in the look, alone.
//!
//! `auther eval detection` measures what decides here (docs/detection.md): of faces of [`FOUND_PX`] and more in a look
//! none is missed; from [`EXACT_PX`] on their landmarks do not become more exact; what a look costs goes with its pixels.
//! A look at 640 pixels costs four times one at 320, which a face that fills a tenth of the picture does not need; and one
//! that fills a fiftieth needs 1,280.

use crate::detect::{SURE_CONFIDENCE_MIN, largest_first};
use crate::warp::{self, Similarity};
use crate::{Detector, Error, Face, Picture, Point, Rect};

/// The longer side of each look in pixels, at most: a picture that has fewer is looked at as it is.
pub const LOOKS_PX: [u32; 3] = [320, 640, 1280];

/// The longer side in pixels of a look from which on a face is not missed.
pub const FOUND_PX: f32 = 32.0;

/// Of the faces that count together, the smaller are half as large as the largest: when that one has so much, none of
/// them is missed.
const COUNTED_PX: f32 = 2.0 * FOUND_PX;

/// The longer side in pixels of a look from which on a face's landmarks are as exact as they become.
pub const EXACT_PX: f32 = 80.0;

/// The longer side that a smaller face has in the look at it alone, in pixels.
pub const REFINED_FACE_PX: f32 = 96.0;
/// The side of that look in pixels.
pub const REFINED_SIDE_PX: usize = 160;

/// What the look at a face finds is that face when the two overlap at least so much (intersection over union).
const SAME_FACE_OVERLAP_MIN: f32 = 0.4;

/// More small faces than this are not looked at alone: a picture can be tiled with thousands.
const REFINED_MAX: usize = 100;

/// Which faces of a picture are to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The largest: of a probe.
    Largest,
    /// That, and those at least half as large: of an image that becomes a reference and must show one person.
    Counted,
    /// All: of a survey.
    All,
}

impl Wanted {
    /// Whether a finer look would find nothing that matters, given a look's faces and the pixels of the look to one of the
    /// picture.
    fn is_found(self, faces: &[Face], scale: f32) -> bool {
        let least = match self {
            Self::Largest => FOUND_PX,
            Self::Counted => COUNTED_PX,
            Self::All => return false,
        };
        let first = faces.first().filter(|face| face.confidence >= SURE_CONFIDENCE_MIN);
        first.is_some_and(|face| scale * face.bounds.longer_side() >= least)
    }
}

impl Detector {
    /// The faces of a picture, the largest first; those that are doubtful come after those that are not.
    ///
    /// # Errors
    /// When the picture cannot be decoded, or the network fails or answers in another shape than YuNet's.
    pub fn detect(&mut self, picture: &mut Picture<'_>, wanted: Wanted) -> Result<Vec<Face>, Error> {
        let (mut found, scale) = self.search(picture, wanted)?;
        let looked_at = match wanted {
            Wanted::Largest | Wanted::Counted => found.len().min(1),
            Wanted::All => found.len().min(REFINED_MAX),
        };
        for face in &mut found[..looked_at] {
            if scale * face.bounds.longer_side() < EXACT_PX {
                *face = self.refine(picture, face)?;
            }
        }
        Ok(found)
    }

    /// Decodes what the first look needs, which [`Self::detect`] otherwise does.
    pub(crate) fn decode(&self, picture: &mut Picture<'_>) -> Result<(), Error> {
        let size = self.spec().input_size(picture.frame(), LOOKS_PX[0]);
        picture.overview(size.longer_side())?;
        Ok(())
    }

    /// Looks at the whole picture until what is wanted is found; with it, the pixels of that look to one of the picture.
    fn search(&mut self, picture: &mut Picture<'_>, wanted: Wanted) -> Result<(Vec<Face>, f32), Error> {
        let longer = picture.frame().longer_side();
        let (mut found, mut scale) = (Vec::new(), 1.0);
        for look_px in LOOKS_PX {
            let finer = self.look(picture, look_px)?;
            found = together(finer, &found, self.spec().overlap_max);
            let size = self.spec().input_size(picture.frame(), look_px);
            scale = size.longer_side() as f32 / longer.max(1) as f32;
            if wanted.is_found(&found, scale) || longer <= look_px {
                break;
            }
        }
        Ok((found, scale))
    }

    /// The same face by a look at it alone; as it was if that does not find it.
    fn refine(&mut self, picture: &mut Picture<'_>, face: &Face) -> Result<Face, Error> {
        let Rect { x, y, width, height } = face.bounds;
        let centre = Point { x: x + width / 2.0, y: y + height / 2.0 };
        let side = face.bounds.longer_side() * REFINED_SIDE_PX as f32 / REFINED_FACE_PX;
        let to_image = Similarity::square(REFINED_SIDE_PX, centre, side, 0.0);
        let square = warp::cut(picture, &to_image, REFINED_SIDE_PX)?;
        let found = self.look_at_square(&square, REFINED_SIDE_PX)?;
        let same = found.iter().map(|found| found.placed(&to_image));
        let overlap = |found: &Face| found.bounds.iou(&face.bounds);
        let same = same.filter(|found| overlap(found) >= SAME_FACE_OVERLAP_MIN);
        Ok(same.max_by(|a, b| overlap(a).total_cmp(&overlap(b))).unwrap_or(*face))
    }
}

/// The faces of a finer look, and those that only a coarser one saw: a face can be too large for a look, too.
fn together(mut finer: Vec<Face>, coarser: &[Face], overlap_max: f32) -> Vec<Face> {
    let alone = |face: &&Face| finer.iter().all(|other| other.bounds.iou(&face.bounds) <= overlap_max);
    let only_there: Vec<Face> = coarser.iter().filter(alone).copied().collect();
    finer.extend(only_there);
    largest_first(&mut finer);
    finer
}

/// The detector counts from the corner of the first pixel, a transform from its centre.
const PIXEL_CENTRE: f32 = 0.5;

impl Face {
    /// The same face where an upright square was cut from.
    fn placed(&self, to_image: &Similarity) -> Self {
        let place = |p: Point| {
            let Point { x, y } = to_image.apply(Point { x: p.x - PIXEL_CENTRE, y: p.y - PIXEL_CENTRE });
            Point { x: x + PIXEL_CENTRE, y: y + PIXEL_CENTRE }
        };
        let Rect { x, y, width, height } = self.bounds;
        let (corner, scale) = (place(Point { x, y }), to_image.scale());
        let bounds = Rect { x: corner.x, y: corner.y, width: width * scale, height: height * scale };
        Self { bounds, landmarks: self.landmarks.map(place), ..*self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LANDMARKS;

    fn face(x: f32, side: f32, confidence: f32) -> Face {
        let bounds = Rect { x, y: 0.0, width: side, height: side };
        Face { bounds, landmarks: [Point { x, y: side }; LANDMARKS], confidence }
    }

    #[test]
    fn a_finer_look_is_taken_while_something_may_have_been_missed() {
        let is_found = |wanted: Wanted, face| wanted.is_found(&[face], 0.5);
        assert!(is_found(Wanted::Largest, face(0.0, 64.0, 0.9)) && !is_found(Wanted::Counted, face(0.0, 64.0, 0.9)));
        assert!(is_found(Wanted::Counted, face(0.0, 128.0, 0.9)) && !is_found(Wanted::All, face(0.0, 128.0, 0.9)));
        assert!(!is_found(Wanted::Largest, face(0.0, 63.0, 0.9)), "too small in the look");
        assert!(!is_found(Wanted::Largest, face(0.0, 200.0, 0.7)), "doubtful");
        assert!(!Wanted::Largest.is_found(&[], 1.0));
    }

    #[test]
    fn what_only_one_look_saw_is_kept_and_what_both_saw_is_the_finer_ones() {
        let finer = vec![face(0.0, 10.0, 0.9), face(100.0, 20.0, 0.9)];
        let both = together(finer, &[face(1.0, 10.0, 0.95), face(300.0, 50.0, 0.9)], 0.3);
        assert_eq!(both.iter().map(|face| face.bounds.x).collect::<Vec<_>>(), [300.0, 100.0, 0.0]);
    }

    #[test]
    fn a_face_in_a_square_is_placed_where_the_square_was_cut_out() {
        let to_image = Similarity::square(160, Point { x: 500.0, y: 400.0 }, 320.0, 0.0);
        // The square's middle, counted from the corner of its first pixel.
        let placed = face(80.0, 20.0, 0.9).placed(&to_image);
        assert_eq!((placed.bounds.x, placed.bounds.width), (500.5, 40.0));
        assert_eq!(placed.landmarks[0], Point { x: 500.5, y: 280.5 });
    }
}
