//! Every labelled image through the pipeline's checks.

use std::collections::BTreeMap;
use std::path::Path;

use face::{Check, Defect, Measure, Pipeline, Policy};

use super::dataset::{Dataset, Labelled};
use crate::{Error, PipelineFactory, Progress, parallel};

/// An image and what the checks say of it.
#[derive(Debug)]
pub(crate) struct Sample<'a> {
    pub(crate) image: &'a Labelled,
    pub(crate) checks: Vec<Check>,
}

impl Sample<'_> {
    /// Whether one of these defects is reported.
    pub(crate) fn reports(&self, defects: &[Defect]) -> bool {
        self.checks.iter().filter_map(Check::defect).any(|defect| defects.contains(&defect))
    }

    /// Whether anything is reported.
    pub(crate) fn rejected(&self) -> bool {
        self.checks.iter().any(|check| !check.passed())
    }

    /// Whether anything is reported beside the size, which says nothing of the other checks.
    pub(crate) fn rejected_size_aside(&self) -> bool {
        self.checks.iter().filter_map(Check::defect).any(|defect| defect != Defect::FaceSize)
    }

    /// What was measured; nothing when there was no face, or it could not be.
    pub(crate) fn value(&self, measure: Measure) -> Option<f64> {
        let check = self.checks.iter().find(|check| check.measure == measure)?;
        check.value.is_finite().then_some(check.value)
    }

    /// The checks that look for one of these defects.
    pub(crate) fn looking_for(&self, defects: &[Defect]) -> Vec<&Check> {
        let looks =
            |check: &&Check| [true, false].map(|low| check.measure.defect(low)).iter().any(|d| defects.contains(d));
        let limited = |check: &&Check| check.range != face::Range::ANY;
        self.checks.iter().filter(limited).filter(looks).collect()
    }
}

/// What came of the images, in their order, and why some were not looked at.
pub(crate) struct Samples<'a> {
    pub(crate) samples: Vec<Sample<'a>>,
    /// By image: the service would not decode it.
    pub(crate) refused: BTreeMap<String, String>,
}

pub(crate) fn examine<'a>(
    data: &'a Dataset,
    policy: &Policy,
    factory: &PipelineFactory<'_>,
    progress: &dyn Progress,
) -> Result<Samples<'a>, Error> {
    progress.begin("examine", data.images.len() as u64);
    let start = || Ok((factory().map_err(Error::Pipeline)?, Vec::new()));
    let work = |(pipeline, found): &mut (Pipeline, Vec<_>), at: usize| {
        found.push((at, examine_one(pipeline, &data.images[at].file(&data.root), policy)?));
        progress.advance();
        Ok::<(), Error>(())
    };
    let workers = parallel::share_out(data.images.len(), start, work)?;
    progress.end();
    let mut found: Vec<_> = workers.into_iter().flat_map(|(_, found)| found).collect();
    found.sort_by_key(|(at, _)| *at);
    let mut all = Samples { samples: Vec::new(), refused: BTreeMap::new() };
    for (at, checks) in found {
        let image = &data.images[at];
        match checks {
            Ok(checks) => all.samples.push(Sample { image, checks }),
            Err(why) => {
                all.refused.insert(image.name(), why);
            }
        }
    }
    Ok(all)
}

fn examine_one(pipeline: &mut Pipeline, file: &Path, policy: &Policy) -> Result<Result<Vec<Check>, String>, Error> {
    let bytes = std::fs::read(file).map_err(Error::file(file))?;
    match pipeline.examine(&bytes, policy) {
        Ok(examination) => Ok(Ok(examination.checks)),
        Err(face::Error::Image(error)) => Ok(Err(error.to_string())),
        Err(face::Error::Model(error)) => Err(error.into()),
    }
}
