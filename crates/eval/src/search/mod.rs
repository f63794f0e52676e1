//! The 1:N search, measured: ours beside a full scan, beside approximate indexes and beside a database, in one run.
//!
//! - what is searched: `source` (where templates come from), `queries`, `rows` (a gallery as a file);
//! - the truth: `exact`; `agreement` compares answers with it;
//! - who searches: `ours`, `peers` (in a Python process), `systems` (all settings);
//! - `rounds`: the measurement, all by turns;
//! - what came of it: `report`, `targets`, `text`, `plots`.

mod agreement;
mod exact;
pub(crate) mod latency;
mod memory;
mod ours;
mod peers;
mod plots;
mod queries;
pub(crate) mod random;
mod report;
mod rounds;
mod rows;
mod seeds;
mod source;
mod systems;
mod targets;
mod text;
mod vector;

use std::path::{Path, PathBuf};

use ::search::Kernel;

use self::peers::Peers;
use self::queries::{BANDS, Queries, Whose};
use self::report::Quantile;
use self::rounds::Field;
use self::rows::Rows;
use self::source::{SEED, Source};
use crate::{Error, PipelineFactory, Progress};

pub use self::latency::Spread;
pub(crate) use self::memory::processor;
pub use self::peers::Peer;
pub use self::report::{
    Agreement, Bandwidth, Build, GalleryReport, Kind, Machine, SearchReport, SourceReport, SystemReport, Target,
    Verdict,
};
pub use self::seeds::Faces;
pub use self::text::markdown;

/// Values of a synthetic template, when there are no real ones to follow.
const WIDTH: usize = 128;

/// Rows of a gallery whose scores with each other are looked at: eight million comparisons, so that the score of one in a
/// million still rests on several.
const SAMPLE_ROWS: usize = 4_000;

/// Up to so many rows a gallery gets its full share of the probes that are compared with the full scan.
const AGREEMENT_ROWS_MAX: usize = 100_000;

/// Where the probes that are only compared, not timed, begin to be counted.
const AGREEMENT_FIRST: u64 = 1 << 32;

/// What is measured.
#[derive(Clone, Debug)]
pub struct Options {
    /// Sizes of the galleries.
    pub rows: Vec<usize>,
    /// Labelled images to spread templates from, if there are any.
    pub faces: Option<Faces>,
    /// Interpreter of a virtual environment made by `crates/eval/search/setup.sh`, if others are to be measured.
    pub python: Option<PathBuf>,
    /// The others.
    pub peers: Vec<Peer>,
    /// How much of everything.
    pub plan: Plan,
    /// A folder of this run alone, for galleries.
    pub folder: PathBuf,
}

/// How much of everything.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Probes of a gallery that are timed.
    pub queries: usize,
    /// Rounds that they are spread over.
    pub rounds: usize,
    /// How long each system may take for a gallery's probes, in seconds; a slow one answers fewer of them.
    pub system_seconds: f64,
    /// Probes that are compared with the full scan on galleries of up to 100,000 rows, for all kinds of data together.
    pub agreement_queries: usize,
    /// Comparisons of a probe with a row that the agreement on a larger gallery takes.
    pub agreement_comparisons: usize,
}

impl Plan {
    /// As the published report is made.
    pub const FULL: Self = Self {
        queries: 960,
        rounds: 6,
        system_seconds: 4.0,
        agreement_queries: 100_800,
        agreement_comparisons: 2_000_000_000,
    };

    /// For a look: two minutes.
    pub const QUICK: Self = Self {
        queries: 288,
        rounds: 3,
        system_seconds: 1.0,
        agreement_queries: 4_800,
        agreement_comparisons: 200_000_000,
    };
}

/// Measures everything; the factory is asked for face pipelines when embeddings are missing.
///
/// # Errors
/// When the images or the folder cannot be used, the Python side fails, or ours reports damage.
pub fn search(
    options: &Options,
    factory: &PipelineFactory<'_>,
    progress: &dyn Progress,
) -> Result<SearchReport, Error> {
    let mut sources = Vec::new();
    if let Some(faces) = &options.faces {
        sources.push(Source::Faces(faces.seeds(factory, progress)?));
    }
    let width = sources.first().map_or(WIDTH, Source::width);
    sources.push(Source::Synthetic { width });
    let mut run = Run {
        options,
        peers: options.python.as_deref().map(|python| Peers::start(python, &options.folder)).transpose()?,
        sources,
        progress,
        agreement: Vec::new(),
    };
    let versions = run.peers.as_mut().map(Peers::versions).transpose()?.unwrap_or_default();
    let galleries = run.galleries()?;
    let mut report = SearchReport {
        machine: Machine::this(),
        peers: versions,
        seed: SEED,
        sources: run.sources.iter().map(describe).collect(),
        bands: (0..BANDS.len()).map(queries::band_name).collect(),
        agreement: run.agreement,
        galleries,
        targets: Vec::new(),
    };
    report.targets = targets::targets(&report);
    Ok(report)
}

/// A run under way.
struct Run<'a> {
    options: &'a Options,
    peers: Option<Peers>,
    sources: Vec<Source>,
    progress: &'a dyn Progress,
    agreement: Vec<Agreement>,
}

impl Run<'_> {
    fn galleries(&mut self) -> Result<Vec<GalleryReport>, Error> {
        let mut galleries = Vec::new();
        for rows in self.options.rows.clone() {
            // What takes too long for all of them is measured on the first kind of data.
            let count = if rows > systems::ALL_ROWS_MAX { 1 } else { self.sources.len() };
            for source in 0..count {
                galleries.push(self.gallery(source, rows)?);
            }
        }
        Ok(galleries)
    }

    fn gallery(&mut self, number: usize, count: usize) -> Result<GalleryReport, Error> {
        let (plan, progress, folder) = (&self.options.plan, self.progress, &self.options.folder);
        let source = &self.sources[number];
        let rows = Rows::write(&folder.join("gallery.f32"), source, count, progress)?;
        let (ours, mut builds) = ours::Ours::build(&rows, folder, progress)?;
        let queries = Queries::draw(source, count, 0, plan.queries);
        let exact = exact::exact(&rows, &queries, progress)?;
        self.agreement.extend(agree(&ours, source, &rows, plan, self.sources.len(), progress)?);
        let asked = match &mut self.peers {
            Some(peers) => {
                peers.load(&rows, &queries.values)?;
                let asked = systems::peers(&self.options.peers, count, number == 0);
                for peer in &asked {
                    builds.push(peers.build(*peer, count, progress)?);
                }
                peers.release()?;
                asked
            }
            None => Vec::new(),
        };
        let originals = originals(&rows)?;
        // Nobody reads it any more: its pages make room for the snapshot's.
        std::fs::remove_file(&rows.path).map_err(Error::file(&rows.path))?;
        ours.warm_up()?;
        let mut field = Field { ours: &ours, originals: originals.as_deref(), peers: self.peers.as_mut(), rows: count };
        let systems = systems::systems(count, &asked);
        let (systems, bandwidth) = rounds::measure(&mut field, &systems, &queries, &exact, plan, progress)?;
        drop(originals);
        if let Some(peers) = &mut self.peers {
            peers.clear()?;
        }
        Ok(GalleryReport {
            data: source.name().into(),
            rows: count,
            width: rows.width,
            non_mated: sample(source, count),
            bandwidth,
            builds,
            systems,
            mate_is_nearest: mate_is_nearest(&queries, &exact),
        })
    }
}

/// All originals in memory, if a scan in memory is measured.
fn originals(rows: &Rows) -> Result<Option<Vec<f32>>, Error> {
    if rows.count > systems::ALL_ROWS_MAX {
        return Ok(None);
    }
    let mut values = Vec::with_capacity(rows.count * rows.width);
    rows.in_order(|_, block| {
        values.extend_from_slice(block);
        Ok(())
    })?;
    Ok(Some(values))
}

fn agree(
    ours: &ours::Ours,
    source: &Source,
    rows: &Rows,
    plan: &Plan,
    sources: usize,
    progress: &dyn Progress,
) -> Result<Vec<Agreement>, Error> {
    let count = match rows.count <= AGREEMENT_ROWS_MAX {
        true => plan.agreement_queries / sources,
        false => plan.agreement_comparisons / rows.count,
    };
    if count == 0 {
        return Ok(Vec::new());
    }
    let queries = Queries::draw(source, rows.count, AGREEMENT_FIRST, count);
    let exact = exact::exact(rows, &queries, progress)?;
    agreement::agreement(ours, (source.name(), rows.count), &queries, &exact, progress)
}

/// The share of each band's probes whose person is the nearest of all.
fn mate_is_nearest(queries: &Queries, exact: &[exact::Exact]) -> Vec<Option<f64>> {
    let mut bands = [[0_u32; 2]; BANDS.len()];
    for (whose, exact) in queries.whose.iter().zip(exact) {
        if let Whose::Mated { row, band } = whose {
            bands[*band][0] += u32::from(exact.rows.contains(row));
            bands[*band][1] += 1;
        }
    }
    bands.iter().map(|[right, all]| (*all > 0).then(|| f64::from(*right) / f64::from(*all))).collect()
}

fn describe(source: &Source) -> SourceReport {
    let seeds = match source {
        Source::Faces(seeds) => Some(seeds::quantiles_of_seeds(seeds)),
        Source::Synthetic { .. } => None,
    };
    SourceReport { name: source.name().into(), description: source.description(), seeds }
}

/// Scores of rows of a gallery, evenly spread, with each other.
fn sample(source: &Source, rows: usize) -> Vec<Quantile> {
    let (step, width) = (rows.div_ceil(SAMPLE_ROWS).max(1), source.width());
    let mut values = vec![0.0; rows.div_ceil(step) * width];
    values.chunks_exact_mut(width).enumerate().for_each(|(at, row)| source.row((at * step) as u64, row));
    seeds::quantiles(&values, width, |_, _| true)
}

impl Machine {
    fn this() -> Self {
        Self {
            processor: memory::processor(),
            cores: crate::parallel::threads(),
            kernels: Kernel::available().iter().map(|kernel| kernel.name().to_owned()).collect(),
            best: Kernel::best().name().to_owned(),
        }
    }
}

impl SearchReport {
    /// Writes `report.md`, `summary.json` and the plots into a folder, which is made if need be.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).map_err(Error::file(&path))
        };
        let json = serde_json::to_string_pretty(self).map_err(|error| Error::data(folder, error.to_string()))?;
        write("summary.json", &(json + "\n"))?;
        let pictures = plots::draw(self);
        let mut text = markdown(self);
        pictures.iter().for_each(|(name, _)| text.push_str(&format!("![{name}]({name})\n\n")));
        write("report.md", &text)?;
        pictures.iter().try_for_each(|(name, svg)| write(name, svg))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Quiet;

    #[test]
    fn a_small_run_without_others_agrees_everywhere_and_writes_its_report() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = Options {
            rows: vec![1_000],
            faces: None,
            python: None,
            peers: vec![],
            plan: Plan {
                queries: 48,
                rounds: 2,
                system_seconds: 0.05,
                agreement_queries: 100,
                agreement_comparisons: 1_000_000,
            },
            folder: folder.path().to_owned(),
        };
        let factory = || Err("no pipeline is needed".into());
        let report = search(&options, &factory, &Quiet).expect("measured");
        assert_eq!(report.agreement.len(), 2 * Kernel::available().len());
        assert!(report.agreement.iter().all(|one| (one.queries, one.agreed) == (100, 100)), "{:?}", report.agreement);
        let [gallery] = report.galleries.as_slice() else { panic!("one gallery: {:?}", report.galleries) };
        for system in &gallery.systems {
            assert!(system.agreed.is_some_and(|[agreed, all]| agreed == all && all > 0), "{system:?}");
            assert!(system.recall == Some(1.0) && system.call.p50_ms > 0.0 && system.times_ours.is_some());
        }
        let out = folder.path().join("report");
        report.write(&out).expect("written");
        let text = std::fs::read_to_string(out.join("report.md")).expect("there");
        assert!(text.contains("## synthetic, 1000 rows of 128 values") && out.join("latency.svg").exists());
    }
}
