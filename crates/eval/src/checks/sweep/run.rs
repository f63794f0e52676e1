//! The portraits through every step of every sweep.

use std::path::PathBuf;

use biometric::{Calibration, Similarity, Template};
use face::{CheckLimits, Image, ImageLimits, Measure, Picture, Pipeline, Point, Wanted};

use super::{Course, Observation, Sweep, transform};
use crate::checks::dataset::{Dataset, Labelled};
use crate::checks::sample::Sample;
use crate::checks::sets::{Claim, Group};
use crate::{Error, PipelineFactory, Progress, parallel};

/// So many portraits at most, of as many people.
const PORTRAITS: usize = 30;

/// A portrait that passes every check, and another one of the same person to compare it with.
pub(crate) struct Portrait<'a> {
    pub(crate) image: &'a Labelled,
    mate: Option<&'a Labelled>,
}

/// One studio portrait of each person, as far as it passes; evenly chosen when there are many.
pub(crate) fn portraits<'a>(samples: &[Sample<'a>]) -> Vec<Portrait<'a>> {
    let studio = |sample: &&Sample<'a>| sample.image.kinds.iter().any(|kind| kind.claim == Claim::Clean(Group::Studio));
    let studio: Vec<&Sample<'a>> = samples.iter().filter(studio).collect();
    let mut chosen: Vec<Portrait<'a>> = Vec::new();
    for sample in studio.iter().filter(|sample| !sample.rejected()) {
        let image = sample.image;
        let same = |other: &Labelled| {
            other.folder == image.folder && other.identity == image.identity && !image.identity.is_empty()
        };
        if chosen.iter().any(|portrait| same(portrait.image)) {
            continue;
        }
        let mate = studio.iter().map(|other| other.image).find(|other| same(other) && other.path != image.path);
        chosen.push(Portrait { image, mate });
    }
    let step = chosen.len().div_ceil(PORTRAITS).max(1);
    chosen.into_iter().step_by(step).collect()
}

/// By sweep, in the order of [`Sweep::ALL`], and by portrait.
pub(crate) fn run(
    data: &Dataset,
    portraits: &[Portrait<'_>],
    limits: &CheckLimits,
    calibration: &Calibration,
    factory: &PipelineFactory<'_>,
    progress: &dyn Progress,
) -> Result<Vec<Vec<Course>>, Error> {
    let steps: usize = Sweep::ALL.iter().map(|sweep| sweep.steps().len()).sum();
    progress.begin("sweep", (portraits.len() * steps) as u64);
    let start = || Ok((factory().map_err(Error::Pipeline)?, Vec::new()));
    let work = |(pipeline, found): &mut (Pipeline, Vec<_>), at: usize| {
        let mut bench = Bench::new(data, &portraits[at], pipeline, limits, calibration)?;
        let mut courses = Vec::new();
        for sweep in Sweep::ALL {
            let mut course = Vec::new();
            for step in sweep.steps() {
                course.push(bench.observe(sweep, *step)?);
                progress.advance();
            }
            courses.push(course);
        }
        found.push((at, courses));
        Ok::<(), Error>(())
    };
    let workers = parallel::share_out(portraits.len(), start, work)?;
    progress.end();
    let mut found: Vec<_> = workers.into_iter().flat_map(|(_, found)| found).collect();
    found.sort_by_key(|(at, _)| *at);
    let mut by_sweep = vec![Vec::new(); Sweep::ALL.len()];
    for (_, courses) in found {
        by_sweep.iter_mut().zip(courses).for_each(|(all, course)| all.push(course));
    }
    Ok(by_sweep)
}

/// One portrait and what it takes to try it.
struct Bench<'a> {
    image: Image,
    centre: Point,
    inter_eye_distance_px: f64,
    reference: Option<Template>,
    pipeline: &'a mut Pipeline,
    limits: &'a CheckLimits,
    calibration: &'a Calibration,
}

impl<'a> Bench<'a> {
    fn new(
        data: &Dataset,
        portrait: &Portrait<'_>,
        pipeline: &'a mut Pipeline,
        limits: &'a CheckLimits,
        calibration: &'a Calibration,
    ) -> Result<Self, Error> {
        let file = portrait.image.file(&data.root);
        let image = decode(&file)?;
        let faces = pipeline.detect(&mut Picture::of(&image), Wanted::Counted)?;
        let face = faces.first().ok_or_else(|| Error::data(&file, "the face that was there is gone"))?;
        let bounds = face.bounds;
        let centre = Point { x: bounds.x + bounds.width / 2.0, y: bounds.y + bounds.height / 2.0 };
        let checks = pipeline.examine_faces(&mut Picture::of(&image), &faces, limits)?.checks;
        let distance = checks.iter().find(|check| check.measure == Measure::InterEyeDistance);
        let inter_eye_distance_px = distance.map_or(f64::NAN, |check| check.value);
        let reference = match portrait.mate {
            Some(mate) => template(pipeline, &decode(&mate.file(&data.root))?)?,
            None => None,
        };
        Ok(Self { image, centre, inter_eye_distance_px, reference, pipeline, limits, calibration })
    }

    fn observe(&mut self, sweep: Sweep, at: f64) -> Result<Observation, Error> {
        let worse = match sweep {
            Sweep::Blur => transform::blur(&self.image, (at * self.inter_eye_distance_px) as f32)?,
            Sweep::Gain => transform::gain(&self.image, at)?,
            Sweep::Scale => transform::shrink(&self.image, at / self.inter_eye_distance_px)?,
            Sweep::Rotation => transform::rotate(&self.image, self.centre, at)?,
        };
        let mut picture = Picture::of(&worse);
        let faces = self.pipeline.detect(&mut picture, Wanted::Counted)?;
        let checks = self.pipeline.examine_faces(&mut picture, &faces, self.limits)?.checks;
        let similarity = match (&self.reference, sweep) {
            (Some(reference), Sweep::Scale) => {
                let probe = template(self.pipeline, &worse)?;
                let score = probe.and_then(|probe| probe.compare(reference).ok());
                Some(score.map_or(Similarity::NONE, |score| self.calibration.similarity(score)))
            }
            (None, Sweep::Scale) | (_, Sweep::Blur | Sweep::Gain | Sweep::Rotation) => None,
        };
        Ok(Observation { checks, similarity })
    }
}

fn decode(file: &PathBuf) -> Result<Image, Error> {
    let bytes = std::fs::read(file).map_err(Error::file(file))?;
    face::decode(&bytes, &ImageLimits::default()).map_err(|error| Error::data(file, error.to_string()))
}

fn template(pipeline: &mut Pipeline, image: &Image) -> Result<Option<Template>, Error> {
    let mut picture = Picture::of(image);
    match pipeline.detect(&mut picture, Wanted::Largest)?.first() {
        Some(face) => Ok(Some(pipeline.embed(&face::align(&mut picture, face)?)?)),
        None => Ok(None),
    }
}
