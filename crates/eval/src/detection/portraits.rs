//! Portraits of one person, shrunk.

use std::path::{Path, PathBuf};

use biometric::Template;
use face::{Detector, Face, Frame, Image, ImageLimits, LANDMARKS, Picture, Pipeline, Point, Wanted, align};
use serde::Serialize;

use super::scene::placed;
use crate::{Error, FaceChoice, PipelineFactory, Progress, parallel};

/// Longer sides of a face in pixels of a look, at which it is measured.
const SIZES_PX: [u32; 16] = [12, 16, 20, 24, 28, 32, 40, 48, 64, 80, 96, 128, 160, 224, 320, 448];

/// Those whose mean is the reference: none of the above.
const REFERENCE_SIZES_PX: [u32; 6] = [104, 136, 152, 184, 208, 240];

/// Fewer of them make no reference.
const REFERENCE_LOOKS_MIN: usize = 4;

/// A portrait is not made larger than this: what is not in it cannot be looked at.
const ENLARGED_MAX: f64 = 1.25;

/// The least sides of what is looked at: a few cells of the network's grid.
const LOOK: Frame = Frame { width: 128, height: 128 };

/// The large picture of the cascade: 3 megapixels.
const LARGE: Frame = Frame { width: 2048, height: 1536 };

/// So many of the large picture's longer sides to one of the face.
const SHARES: [u32; 8] = [4, 8, 12, 16, 24, 32, 48, 64];

/// A detection is of the face when the two overlap at least so much (intersection over union).
const OVERLAP_MIN: f32 = 0.4;

/// One look at faces of one size.
#[derive(Clone, Debug, Serialize)]
pub struct SizeReport {
    /// Longer side of the face in pixels of the look.
    pub face_px: u32,
    /// Portraits.
    pub portraits: usize,
    /// Of them, in percent, those whose face was found.
    pub found_percent: f64,
    /// The detector's confidence that a twentieth of them does not reach, in percent.
    pub confidence_percent: f64,
    /// Mean distance of the landmarks from the reference, in percent of the distance between the eyes.
    pub landmark_error_percent: f64,
    /// Mean comparison score of the template by these landmarks and that by the reference, on the same pixels.
    pub score: f64,
}

/// The cascade on faces that take so much of a large picture.
#[derive(Clone, Debug, Serialize)]
pub struct ShareReport {
    /// The picture's longer side to the face's.
    pub times: u32,
    /// Portraits.
    pub portraits: usize,
    /// Found by the cascade, in percent.
    pub cascade_percent: f64,
    /// Found by one look at 640 pixels, in percent.
    pub single_percent: f64,
    /// Mean comparison score of the template by the cascade's landmarks and that by the reference.
    pub cascade_score: f64,
    /// The same by the landmarks of the one look.
    pub single_score: f64,
}

pub(super) struct Seen {
    pub(super) without_reference: usize,
    pub(super) sizes: Vec<SizeReport>,
    pub(super) shares: Vec<ShareReport>,
}

/// One face as one way of looking saw it.
#[derive(Clone, Copy)]
struct Sight {
    confidence: f64,
    /// In shares of the distance between the eyes.
    error: f64,
    score: f64,
}

/// What one portrait gives: a sight for each size that it is large enough for, and two for each share.
struct Portrait {
    sizes: [Option<Option<Sight>>; SIZES_PX.len()],
    shares: [Option<[Option<Sight>; 2]>; SHARES.len()],
}

struct Worker {
    pipeline: Pipeline,
    portraits: Vec<Option<Portrait>>,
}

pub(super) fn measure(
    files: &[PathBuf],
    factory: &PipelineFactory<'_>,
    progress: &dyn Progress,
) -> Result<Seen, Error> {
    progress.begin("portraits", files.len() as u64);
    let start = || Ok(Worker { pipeline: factory().map_err(Error::Pipeline)?, portraits: Vec::new() });
    let work = |worker: &mut Worker, at: usize| {
        worker.portraits.push(look_at(&files[at], &mut worker.pipeline)?);
        progress.advance();
        Ok::<(), Error>(())
    };
    let workers = parallel::share_out(files.len(), start, work)?;
    progress.end();
    let all: Vec<Option<Portrait>> = workers.into_iter().flat_map(|worker| worker.portraits).collect();
    let seen: Vec<&Portrait> = all.iter().flatten().collect();
    Ok(Seen {
        without_reference: all.len() - seen.len(),
        sizes: SIZES_PX.iter().enumerate().map(|(at, px)| size(*px, seen.iter().map(|p| p.sizes[at]))).collect(),
        shares: SHARES.iter().enumerate().map(|(at, times)| share(*times, seen.iter().map(|p| p.shares[at]))).collect(),
    })
}

/// `None`: the face has no reference.
fn look_at(file: &Path, pipeline: &mut Pipeline) -> Result<Option<Portrait>, Error> {
    let bytes = std::fs::read(file).map_err(Error::file(file))?;
    let image = face::decode(&bytes, &ImageLimits::default());
    let image = image.map_err(|error| Error::data(file, error.to_string()))?;
    let Some(reference) = Reference::find(&image, pipeline)? else { return Ok(None) };
    let mut portrait = Portrait { sizes: [None; SIZES_PX.len()], shares: [None; SHARES.len()] };
    for (px, sights) in SIZES_PX.iter().zip(&mut portrait.sizes) {
        let Some(factor) = reference.factor(*px) else { continue };
        let scene = Scene::new(&image, factor, LOOK)?;
        *sights = Some(scene.sight(&reference, pipeline, |detector, picture| detector.look_as_is(picture))?);
    }
    for (times, sights) in SHARES.iter().zip(&mut portrait.shares) {
        let Some(factor) = reference.factor(LARGE.longer_side() / times) else { continue };
        let scene = Scene::new(&image, factor, LARGE)?;
        *sights = Some([
            scene.sight(&reference, pipeline, |detector, picture| detector.detect(picture, Wanted::Largest))?,
            scene.sight(&reference, pipeline, |detector, picture| detector.look(picture, 640))?,
        ]);
    }
    Ok(Some(portrait))
}

/// Where the face is, as well as can be known.
struct Reference<'a> {
    image: &'a Image,
    face: Face,
    template: Template,
}

impl<'a> Reference<'a> {
    fn find(image: &'a Image, pipeline: &mut Pipeline) -> Result<Option<Self>, Error> {
        let picture = &mut Picture::of(image);
        let faces = pipeline.detect(picture, Wanted::Largest)?;
        let Some(first) = FaceChoice::Largest.choose(image.frame(), &faces) else { return Ok(None) };
        let mut looks = Vec::new();
        for px in REFERENCE_SIZES_PX {
            let factor = f64::from(px) / f64::from(first.bounds.longer_side());
            let scene = Scene::new(image, factor, LOOK)?;
            let (detector, _) = pipeline.stages();
            let found = detector.look_as_is(&mut Picture::of(&scene.image))?;
            looks.extend(scene.matching(&found, &first));
        }
        if looks.len() < REFERENCE_LOOKS_MIN {
            return Ok(None);
        }
        let face = mean(&first, &looks);
        let template = pipeline.embed(&align(picture, &face)?)?;
        Ok(Some(Self { image, face, template }))
    }

    /// By how much to shrink the image so that the face has so many pixels; `None`: it would have to grow.
    fn factor(&self, px: u32) -> Option<f64> {
        let factor = f64::from(px) / f64::from(self.face.bounds.longer_side());
        (factor <= ENLARGED_MAX).then_some(factor)
    }
}

fn mean(first: &Face, looks: &[Face]) -> Face {
    let share = 1.0 / looks.len() as f32;
    let landmarks = std::array::from_fn::<_, LANDMARKS, _>(|i| {
        let sum = looks.iter().fold(Point::default(), |sum, face| {
            let point = face.landmarks[i];
            Point { x: sum.x + point.x, y: sum.y + point.y }
        });
        Point { x: sum.x * share, y: sum.y * share }
    });
    Face { landmarks, ..*first }
}

/// A portrait shrunk and placed.
struct Scene {
    image: Image,
    factor: f32,
    left: f32,
    top: f32,
}

impl Scene {
    fn new(portrait: &Image, factor: f64, least: Frame) -> Result<Self, Error> {
        let image = placed(portrait, factor, least)?;
        let side = |length: u32| ((f64::from(length) * factor).round() as u32).max(1);
        let left = ((image.width() - side(portrait.width())) / 2) as f32;
        let top = ((image.height() - side(portrait.height())) / 2) as f32;
        Ok(Self { image, factor: factor as f32, left, top })
    }

    /// The face as this way of looking sees it; `None` when it does not.
    fn sight(
        &self,
        reference: &Reference<'_>,
        pipeline: &mut Pipeline,
        look: impl Fn(&mut Detector, &mut Picture<'_>) -> Result<Vec<Face>, face::Error>,
    ) -> Result<Option<Sight>, Error> {
        let (detector, _) = pipeline.stages();
        let found = look(detector, &mut Picture::of(&self.image))?;
        let Some(face) = self.matching(&found, &reference.face) else { return Ok(None) };
        let apart = |(a, b): (&Point, &Point)| f64::from((a.x - b.x).hypot(a.y - b.y));
        let error = face.landmarks.iter().zip(&reference.face.landmarks).map(apart).sum::<f64>() / LANDMARKS as f64;
        // On the portrait's own pixels: what is measured is the landmarks, not the resolution.
        let template = pipeline.embed(&align(&mut Picture::of(reference.image), &face)?)?;
        let score = template.compare(&reference.template).map_err(|error| Error::TooLittle(error.to_string()))?;
        Ok(Some(Sight {
            confidence: f64::from(face.confidence),
            error: error / f64::from(reference.face.inter_eye_distance_px()),
            score: f64::from(score.0),
        }))
    }

    /// The surest detection that is of this face of the portrait, in pixels of the portrait.
    fn matching(&self, found: &[Face], of: &Face) -> Option<Face> {
        let back = |x: f32, y: f32| Point { x: (x - self.left) / self.factor, y: (y - self.top) / self.factor };
        let in_portrait = |face: &Face| {
            let (corner, bounds) = (back(face.bounds.x, face.bounds.y), face.bounds);
            let (width, height) = (bounds.width / self.factor, bounds.height / self.factor);
            Face {
                bounds: face::Rect { x: corner.x, y: corner.y, width, height },
                landmarks: face.landmarks.map(|point| back(point.x, point.y)),
                confidence: face.confidence,
            }
        };
        let same = found.iter().map(in_portrait).filter(|face| face.bounds.iou(&of.bounds) >= OVERLAP_MIN);
        same.max_by(|a, b| a.confidence.total_cmp(&b.confidence))
    }
}

fn size(face_px: u32, sights: impl Iterator<Item = Option<Option<Sight>>>) -> SizeReport {
    let all: Vec<Option<Sight>> = sights.flatten().collect();
    let found: Vec<Sight> = all.iter().flatten().copied().collect();
    let mut confidences: Vec<f64> = found.iter().map(|sight| sight.confidence).collect();
    confidences.sort_unstable_by(f64::total_cmp);
    SizeReport {
        face_px,
        portraits: all.len(),
        found_percent: percent(found.len(), all.len()),
        confidence_percent: 100.0 * confidences.get(confidences.len() / 20).copied().unwrap_or(f64::NAN),
        landmark_error_percent: 100.0 * mean_of(&found, |sight| sight.error),
        score: mean_of(&found, |sight| sight.score),
    }
}

fn share(times: u32, sights: impl Iterator<Item = Option<[Option<Sight>; 2]>>) -> ShareReport {
    let all: Vec<[Option<Sight>; 2]> = sights.flatten().collect();
    let [cascade, single] = [0, 1].map(|way| all.iter().filter_map(|sights| sights[way]).collect::<Vec<Sight>>());
    ShareReport {
        times,
        portraits: all.len(),
        cascade_percent: percent(cascade.len(), all.len()),
        single_percent: percent(single.len(), all.len()),
        cascade_score: mean_of(&cascade, |sight| sight.score),
        single_score: mean_of(&single, |sight| sight.score),
    }
}

fn percent(part: usize, all: usize) -> f64 {
    100.0 * part as f64 / all as f64
}

/// Not a number, of nothing.
fn mean_of(sights: &[Sight], of: fn(&Sight) -> f64) -> f64 {
    sights.iter().map(of).sum::<f64>() / sights.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(score: f64) -> Sight {
        Sight { confidence: 0.9, error: 0.05, score }
    }

    #[test]
    fn what_is_not_found_counts_and_what_is_too_small_does_not() {
        let report = size(32, [Some(Some(sight(0.9))), Some(Some(sight(0.7))), Some(None), None].into_iter());
        assert_eq!(report.portraits, 3);
        assert!((report.found_percent - 66.67).abs() < 0.01 && (report.score - 0.8).abs() < 1e-9);
        let report = share(8, [Some([Some(sight(0.9)), None]), None].into_iter());
        assert_eq!((report.portraits, report.cascade_percent, report.single_percent), (1, 100.0, 0.0));
        assert!(report.single_score.is_nan());
    }

    #[test]
    fn sizes_measured_are_not_those_of_the_reference() {
        assert!(SIZES_PX.iter().all(|px| !REFERENCE_SIZES_PX.contains(px)));
    }

    #[test]
    fn a_detection_is_brought_back_to_the_portrait() {
        let image = Image::from_rgb(100, 100, vec![0; 30_000]).expect("sizes agree");
        let scene = Scene::new(&image, 0.5, Frame { width: 150, height: 90 }).expect("placed");
        let at = |x, y, side| Face {
            bounds: face::Rect { x, y, width: side, height: side },
            landmarks: [Point { x, y }; LANDMARKS],
            confidence: 0.9,
        };
        let found = [at(50.0 + 10.0, 20.0 + 10.0, 20.0), at(0.0, 0.0, 20.0)];
        let matched = scene.matching(&found, &at(20.0, 20.0, 40.0)).expect("the first");
        assert_eq!((matched.bounds.x, matched.bounds.width, matched.landmarks[0].y), (20.0, 40.0, 20.0));
    }
}
