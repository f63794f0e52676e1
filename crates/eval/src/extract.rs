//! Image files to embeddings, on all cores.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use face::{Face, Frame, ImageLimits, Picture, Pipeline, Wanted};
use serde::Serialize;

use crate::embeddings::{Cache, Hash};
use crate::{Error, Progress, parallel};

/// Makes a face pipeline; called once in each thread.
pub type PipelineFactory<'a> = dyn Fn() -> Result<Pipeline, Box<dyn std::error::Error + Send + Sync>> + Sync + 'a;

/// Which of several faces in an image is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaceChoice {
    /// The one nearest to the middle of the image: LFW's convention, whose images were cut around the labelled person.
    #[default]
    NearestCentre,
    /// The largest one: what the service does with a probe.
    Largest,
}

impl FaceChoice {
    pub(crate) fn choose(self, frame: Frame, faces: &[Face]) -> Option<Face> {
        let (middle_x, middle_y) = (frame.width as f32 / 2.0, frame.height as f32 / 2.0);
        let away = |face: &Face| {
            let b = face.bounds;
            (b.x + b.width / 2.0 - middle_x).hypot(b.y + b.height / 2.0 - middle_y)
        };
        match self {
            Self::NearestCentre => faces.iter().min_by(|a, b| away(a).total_cmp(&away(b))).copied(),
            Self::Largest => faces.iter().max_by(|a, b| a.bounds.area().total_cmp(&b.bounds.area())).copied(),
        }
    }
}

/// What came of an image.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Extraction {
    /// The embeddings of the chosen face and of its mirror image, as the network gave them.
    Found { faces: u32, plain: Vec<f32>, mirrored: Vec<f32> },
    /// There is no face, or no image.
    Failed,
}

impl Extraction {
    pub(crate) fn embedding(&self) -> Option<face::Embedding> {
        match self {
            Self::Found { plain, mirrored, .. } => {
                Some(face::Embedding { plain: plain.clone(), mirrored: Some(mirrored.clone()) })
            }
            Self::Failed => None,
        }
    }
}

/// One thread's tools and what it has found so far.
struct Worker {
    pipeline: Pipeline,
    found: Vec<(usize, Hash, Extraction)>,
}

/// Embeddings of all files, in order; those that the cache holds are not computed again.
pub(crate) fn extract(
    files: &[PathBuf],
    choice: FaceChoice,
    factory: &PipelineFactory<'_>,
    cache: &mut Cache,
    progress: &dyn Progress,
) -> Result<Vec<Extraction>, Error> {
    progress.begin("extract", files.len() as u64);
    let known = Mutex::new(&mut *cache);
    let start = || Ok(Worker { pipeline: factory().map_err(Error::Pipeline)?, found: Vec::new() });
    let work = |worker: &mut Worker, at: usize| {
        let bytes = std::fs::read(&files[at]).map_err(Error::file(&files[at]))?;
        let hash = Hash::of(&bytes);
        let cached = known.lock().ok().and_then(|cache| cache.get(&hash).cloned());
        let extraction = match cached {
            Some(extraction) => extraction,
            None => extract_one(&bytes, choice, &mut worker.pipeline)?,
        };
        worker.found.push((at, hash, extraction));
        progress.advance();
        Ok::<(), Error>(())
    };
    let workers = parallel::share_out(files.len(), start, work)?;
    let mut extractions = vec![Extraction::Failed; files.len()];
    for (at, hash, extraction) in workers.into_iter().flat_map(|worker| worker.found) {
        cache.insert(hash, extraction.clone());
        extractions[at] = extraction;
    }
    cache.save()?;
    progress.end();
    Ok(extractions)
}

fn extract_one(bytes: &[u8], choice: FaceChoice, pipeline: &mut Pipeline) -> Result<Extraction, Error> {
    let Ok(mut picture) = Picture::open(bytes, &ImageLimits::default()) else { return Ok(Extraction::Failed) };
    // Whichever is chosen, its landmarks are to be exact.
    let wanted = match choice {
        FaceChoice::Largest => Wanted::Largest,
        FaceChoice::NearestCentre => Wanted::All,
    };
    let faces = match pipeline.detect(&mut picture, wanted) {
        Ok(faces) => faces,
        Err(face::Error::Image(_)) => return Ok(Extraction::Failed),
        Err(error @ face::Error::Model(_)) => return Err(error.into()),
    };
    let Some(chosen) = choice.choose(picture.frame(), &faces) else { return Ok(Extraction::Failed) };
    let (_, embedder) = pipeline.stages();
    let embedding = embedder.embed(&face::align(&mut picture, &chosen)?, true)?;
    let mirrored = embedding.mirrored.unwrap_or_default();
    Ok(Extraction::Found { faces: faces.len() as u32, plain: embedding.plain, mirrored })
}

/// Image files of a folder by name, sorted.
pub(crate) fn images_of(folder: &Path) -> Result<Vec<String>, Error> {
    let is_image = |name: &String| {
        let ending = Path::new(name).extension().map(|e| e.to_string_lossy().to_lowercase());
        ending.is_some_and(|ending| ["jpg", "jpeg", "png", "webp"].contains(&ending.as_str()))
    };
    let entries = std::fs::read_dir(folder).map_err(Error::file(folder))?;
    let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
    let mut names: Vec<String> = names.collect::<Result<_, _>>().map_err(Error::file(folder))?;
    names.retain(is_image);
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use face::{LANDMARKS, Point, Rect};

    use super::*;

    fn face(x: f32, side: f32) -> Face {
        let bounds = Rect { x, y: 40.0, width: side, height: side };
        Face { bounds, landmarks: [Point::default(); LANDMARKS], confidence: 1.0 }
    }

    #[test]
    fn the_middle_one_or_the_largest_one_is_meant() {
        let frame = Frame { width: 100, height: 100 };
        let faces = [face(60.0, 40.0), face(40.0, 20.0), face(0.0, 10.0)];
        assert_eq!(FaceChoice::NearestCentre.choose(frame, &faces), Some(faces[1]));
        assert_eq!(FaceChoice::Largest.choose(frame, &faces), Some(faces[0]));
        assert_eq!(FaceChoice::Largest.choose(frame, &[]), None);
    }

    #[test]
    fn only_images_are_listed_in_order() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["b.JPG", "a.png", "c.webp", "pairs.csv", "noending"] {
            std::fs::write(folder.path().join(name), b"").expect("written");
        }
        assert_eq!(images_of(folder.path()).expect("readable"), ["a.png", "b.JPG", "c.webp"]);
    }
}
