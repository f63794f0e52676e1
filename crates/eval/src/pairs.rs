//! Labelled pairs judged as the service judges them: the probe's path through the pipeline, the shipped thresholds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use biometric::{Calibration, Decision, Similarity, Template};
use face::Policy;
use serde::Serialize;

use crate::markdown::{rate, table};
use crate::stats::Rate;
use crate::table_file;
use crate::{Error, PipelineFactory, Progress, parallel};

/// So many pairs are named at either end.
const NAMED_PAIRS: usize = 5;

/// What was found in a folder of labelled pairs.
#[derive(Clone, Debug, Serialize)]
pub struct PairsReport {
    /// The folder.
    pub folder: String,
    /// Images.
    pub images: usize,
    /// Images that the service would refuse as a probe, and why; each is a non-match in every pair.
    pub refused: BTreeMap<String, String>,
    /// By threshold.
    pub thresholds: Vec<ThresholdReport>,
    /// The listed mated pairs of least similarity.
    pub lowest_mated: Vec<JudgedPair>,
    /// The non-mated pairs of greatest similarity, listed or not.
    pub highest_non_mated: Vec<JudgedPair>,
}

/// Decisions at one threshold.
#[derive(Clone, Debug, Serialize)]
pub struct ThresholdReport {
    /// The threshold in percent.
    pub percent: f64,
    /// Listed mated pairs that do not match.
    pub false_non_matches: Rate,
    /// Listed non-mated pairs that match.
    pub false_matches: Rate,
    /// Matches among all pairs of images of two identities, listed or not.
    pub false_matches_of_all: Rate,
}

/// A pair and what the service says of it.
#[derive(Clone, Debug, Serialize)]
pub struct JudgedPair {
    /// One image.
    pub a: String,
    /// The other.
    pub b: String,
    /// Similarity in percent; 0 when an image was refused.
    pub percent: f64,
}

/// A row of `pairs.csv`.
struct Listed {
    a: String,
    b: String,
    mated: bool,
}

/// Judges the pairs of `<folder>/pairs.csv` (columns a, b, same) and all pairs of different identities of
/// `<folder>/manifest.csv` (columns path, identity), if there is one. The pipelines must have the shipped recipe.
///
/// # Errors
/// When a table or a file is missing, or a network fails.
pub fn pairs(
    folder: &Path,
    calibration: &Calibration,
    policy: &Policy,
    factory: &PipelineFactory<'_>,
    progress: &dyn Progress,
) -> Result<PairsReport, Error> {
    let listed = read_pairs(&folder.join("pairs.csv"))?;
    let identities = read_identities(&folder.join("manifest.csv"))?;
    let mut names: Vec<&str> = listed.iter().flat_map(|pair| [pair.a.as_str(), &pair.b]).collect();
    names.extend(identities.keys().map(String::as_str));
    names.sort_unstable();
    names.dedup();
    let probes = probe_all(folder, &names, policy, factory, progress)?;
    let judge = |a: &str, b: &str| JudgedPair {
        a: a.to_owned(),
        b: b.to_owned(),
        percent: similarity(&probes, calibration, a, b),
    };
    let of_kind = |mated| listed.iter().filter(move |pair| pair.mated == mated).map(|pair| judge(&pair.a, &pair.b));
    let (mut mated, non_mated): (Vec<_>, Vec<_>) = (of_kind(true).collect(), of_kind(false).collect());
    let people: Vec<(&String, &String)> = identities.iter().collect();
    let mut crossed = Vec::new();
    for (at, (a, identity)) in people.iter().enumerate() {
        crossed.extend(people[at + 1..].iter().filter(|(_, other)| other != identity).map(|(b, _)| judge(a, b)));
    }
    let threshold = |threshold: Similarity| ThresholdReport {
        percent: threshold.percent(),
        false_non_matches: counted(&mated, threshold, Decision::NonMatch),
        false_matches: counted(&non_mated, threshold, Decision::Match),
        false_matches_of_all: counted(&crossed, threshold, Decision::Match),
    };
    let thresholds = [Similarity::VERIFY, Similarity::IDENTIFY].map(threshold).to_vec();
    mated.sort_by(|a, b| a.percent.total_cmp(&b.percent));
    let mut different = if crossed.is_empty() { non_mated } else { crossed };
    different.sort_by(|a, b| b.percent.total_cmp(&a.percent));
    mated.truncate(NAMED_PAIRS);
    different.truncate(NAMED_PAIRS);
    let refused = probes.iter().filter_map(|(name, probe)| probe.as_ref().err().map(|why| (name.clone(), why.clone())));
    Ok(PairsReport {
        folder: folder.display().to_string(),
        images: names.len(),
        refused: refused.collect(),
        thresholds,
        lowest_mated: mated,
        highest_non_mated: different,
    })
}

fn counted(pairs: &[JudgedPair], threshold: Similarity, wanted: Decision) -> Rate {
    let decided = |pair: &&JudgedPair| {
        Similarity::from_percent(pair.percent).unwrap_or(Similarity::NONE).decide(threshold) == wanted
    };
    Rate::new(pairs.iter().filter(decided).count() as u64, pairs.len() as u64)
}

/// By image: the template, or why the image was refused.
type Probes = BTreeMap<String, Result<Template, String>>;

fn similarity(probes: &Probes, calibration: &Calibration, a: &str, b: &str) -> f64 {
    let template = |name: &str| probes.get(name).and_then(|probe| probe.as_ref().ok());
    let score = template(a).zip(template(b)).and_then(|(a, b)| a.compare(b).ok());
    score.map_or(Similarity::NONE, |score| calibration.similarity(score)).percent()
}

fn probe_all(
    folder: &Path,
    names: &[&str],
    policy: &Policy,
    factory: &PipelineFactory<'_>,
    progress: &dyn Progress,
) -> Result<Probes, Error> {
    progress.begin("extract", names.len() as u64);
    let start = || Ok((factory().map_err(Error::Pipeline)?, Vec::new()));
    let work = |(pipeline, found): &mut (face::Pipeline, Vec<_>), at: usize| {
        let path: PathBuf = folder.join(names[at]);
        let bytes = std::fs::read(&path).map_err(Error::file(&path))?;
        found.push((names[at].to_owned(), probe(pipeline, &bytes, policy)?));
        progress.advance();
        Ok::<(), Error>(())
    };
    let workers = parallel::share_out(names.len(), start, work)?;
    progress.end();
    Ok(workers.into_iter().flat_map(|(_, found)| found).collect())
}

fn probe(pipeline: &mut face::Pipeline, bytes: &[u8], policy: &Policy) -> Result<Result<Template, String>, Error> {
    let inspection = match pipeline.probe(bytes, policy) {
        Ok(inspection) => inspection,
        Err(face::Error::Image(error)) => return Ok(Err(error.to_string())),
        Err(face::Error::Model(error)) => return Err(error.into()),
    };
    if inspection.rejections.is_empty() {
        return Ok(inspection.template.ok_or_else(|| "no template".to_owned()));
    }
    let defects: Vec<String> =
        inspection.rejections.iter().map(|r| format!("{} = {:.1}", r.measure, r.value)).collect();
    Ok(Err(defects.join(", ")))
}

fn read_pairs(path: &Path) -> Result<Vec<Listed>, Error> {
    let rows = table_file::read(path)?;
    let is_pair = |row: &&table_file::Row| row.fields.first().is_some_and(|field| field != "a");
    let pair = |row: &table_file::Row| {
        let mated = match row.field(path, 2)? {
            "1" => true,
            "0" => false,
            other => return Err(Error::data(path, format!("line {}: same is {other:?}, not 0 or 1", row.line))),
        };
        Ok(Listed { a: row.field(path, 0)?.to_owned(), b: row.field(path, 1)?.to_owned(), mated })
    };
    rows.iter().filter(is_pair).map(pair).collect()
}

/// Identity by image; nothing when there is no manifest.
fn read_identities(path: &Path) -> Result<BTreeMap<String, String>, Error> {
    if !path.is_file() {
        return Ok(BTreeMap::new());
    }
    let rows = table_file::read(path)?;
    let Some((header, rows)) = rows.split_first() else { return Ok(BTreeMap::new()) };
    let column = |name: &str| {
        let at = header.fields.iter().position(|field| field == name);
        at.ok_or_else(|| Error::data(path, format!("there is no column {name}")))
    };
    let (file, identity) = (column("path")?, column("identity")?);
    let pair = |row: &table_file::Row| Ok((row.field(path, file)?.to_owned(), row.field(path, identity)?.to_owned()));
    let mut identities: BTreeMap<String, String> = rows.iter().map(pair).collect::<Result<_, Error>>()?;
    identities.retain(|_, identity| !identity.is_empty());
    Ok(identities)
}

impl PairsReport {
    /// The report as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let row = |threshold: &ThresholdReport| {
            vec![
                format!("{} %", threshold.percent),
                rate(&threshold.false_non_matches),
                rate(&threshold.false_matches),
                rate(&threshold.false_matches_of_all),
            ]
        };
        let header = ["threshold", "false non-matches", "false matches", "false matches of all pairs of identities"];
        let rows: Vec<Vec<String>> = self.thresholds.iter().map(row).collect();
        let mut text = format!("## {}\n\n{} images", self.folder, self.images);
        match self.refused.len() {
            0 => text.push_str(", none refused.\n\n"),
            refused => text.push_str(&format!(", {refused} refused (each a non-match).\n\n")),
        }
        let named = |pairs: &[JudgedPair]| {
            let row = |pair: &JudgedPair| vec![format!("{:.2} %", pair.percent), pair.a.clone(), pair.b.clone()];
            table(&["similarity", "a", "b"], &pairs.iter().map(row).collect::<Vec<_>>())
        };
        text + &table(&header, &rows)
            + "Least similar of one person:\n\n"
            + &named(&self.lowest_mated)
            + "Most similar of two people:\n\n"
            + &named(&self.highest_non_mated)
    }
}

#[cfg(test)]
mod tests {
    use biometric::{Knot, ModelId};

    use super::*;

    #[test]
    fn a_refused_image_is_a_non_match_and_the_threshold_itself_matches() {
        let model = ModelId::parse("m").expect("valid");
        let template = |values: &[f32]| Template::from_embedding(model.clone(), values.to_vec()).expect("a direction");
        let probes: Probes = BTreeMap::from([
            ("a".to_owned(), Ok(template(&[1.0, 0.0]))),
            ("b".to_owned(), Ok(template(&[1.0, 0.0]))),
            ("c".to_owned(), Err("too dark".to_owned())),
        ]);
        let knots = [(-1.0, 0.0), (0.0, 50.0), (1.0, 100.0)].map(|(score, percent)| Knot { score, percent });
        let calibration = Calibration::new(knots.to_vec()).expect("rises");
        assert_eq!(similarity(&probes, &calibration, "a", "b"), 100.0);
        assert_eq!(similarity(&probes, &calibration, "a", "c"), 0.0);
        let pair = |percent| JudgedPair { a: "a".into(), b: "b".into(), percent };
        let pairs = [pair(80.0), pair(79.99), pair(0.0)];
        assert_eq!(counted(&pairs, Similarity::VERIFY, Decision::Match).count, 1);
        assert_eq!(counted(&pairs, Similarity::VERIFY, Decision::NonMatch).count, 2);
    }

    #[test]
    fn reads_pairs_and_identities_by_the_names_of_the_columns() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            path
        };
        let pairs = read_pairs(&file("p.csv", "a,b,same,tier\nx.jpg,y.jpg,1,hi\nx.jpg,z.jpg,0,hi\n")).expect("good");
        assert_eq!(pairs.iter().map(|pair| pair.mated).collect::<Vec<_>>(), [true, false]);
        assert!(read_pairs(&file("q.csv", "x.jpg,y.jpg,yes\n")).is_err_and(|e| e.to_string().contains("line 1")));
        let manifest = "path,label,identity\nx.jpg,\"a, b\",P\ny.jpg,c,\n";
        let identities = read_identities(&file("m.csv", manifest)).expect("good");
        assert_eq!(identities, BTreeMap::from([("x.jpg".to_owned(), "P".to_owned())]));
        assert!(read_identities(&folder.path().join("none.csv")).expect("none").is_empty());
    }
}
