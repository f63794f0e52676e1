//! What measures come to on studio portraits, and the mean shape of their heads: the facts that the unified quality and the
//! pose rest on.

use std::path::Path;

use face::{ImageLimits, Measure, Picture, Pipeline, Policy, RIGID, STRAIGHT, Wanted, mean_shape};
use serde::Serialize;

use crate::markdown::table;
use crate::{Error, PipelineFactory, Progress, parallel, table_file};

/// The label of portraits with a neutral expression.
const NEUTRAL: &str = "neutral";

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct PortraitsReport {
    /// The folder.
    pub folder: String,
    /// Portraits with a face.
    pub portraits: usize,
    /// By measure.
    pub measures: Vec<MeasureReport>,
    /// The rigid points of the mean head, to its left, down and backwards; the scale does not matter.
    pub shape: Vec<ShapePoint>,
    /// The greatest distance of a point from where the program has it, in the unit of the shape.
    pub shape_apart_max: f64,
}

/// The values of one measure.
#[derive(Clone, Debug, Serialize)]
pub struct MeasureReport {
    /// Its name.
    pub measure: &'static str,
    /// The least.
    pub min: f64,
    /// The middle one.
    pub median: f64,
    /// The greatest.
    pub max: f64,
}

/// A point of the mean head.
#[derive(Clone, Debug, Serialize)]
pub struct ShapePoint {
    /// Its number in the mesh.
    pub point: usize,
    /// Where it is.
    pub at: [f64; 3],
    /// Where the program has it, scaled alike.
    pub built_in: [f64; 3],
}

type Shape = [[f64; 3]; RIGID.len()];
type Row = (Vec<f64>, Shape);

/// Measures the images labelled `neutral` in `<folder>/manifest.csv` (columns path, label).
///
/// # Errors
/// When a table or a file is missing, a network fails, or there is no portrait.
pub fn portraits(
    folder: &Path,
    policy: &Policy,
    factory: &PipelineFactory<'_>,
    progress: &dyn Progress,
) -> Result<PortraitsReport, Error> {
    let names = neutral(&folder.join("manifest.csv"))?;
    progress.begin("portraits", names.len() as u64);
    let start = || Ok((factory().map_err(Error::Pipeline)?, Vec::new()));
    let work = |(pipeline, found): &mut (Pipeline, Vec<Row>), at: usize| {
        found.extend(measure(&folder.join(&names[at]), pipeline, policy)?);
        progress.advance();
        Ok::<(), Error>(())
    };
    let found: Vec<Row> =
        parallel::share_out(names.len(), start, work)?.into_iter().flat_map(|(_, found)| found).collect();
    progress.end();
    if found.is_empty() {
        return Err(Error::TooLittle(format!("no portrait labelled {NEUTRAL} with a face in {}", folder.display())));
    }
    Ok(report(folder, &found))
}

/// The files with that label.
fn neutral(manifest: &Path) -> Result<Vec<String>, Error> {
    let rows = table_file::read(manifest)?;
    let Some((header, rows)) = rows.split_first() else { return Ok(Vec::new()) };
    let column = |name: &str| {
        let at = header.fields.iter().position(|field| field == name);
        at.ok_or_else(|| Error::data(manifest, format!("there is no column {name}")))
    };
    let (path, label) = (column("path")?, column("label")?);
    let mut names = Vec::new();
    for row in rows {
        if row.field(manifest, label)? == NEUTRAL {
            names.push(row.field(manifest, path)?.to_owned());
        }
    }
    Ok(names)
}

fn measure(path: &Path, pipeline: &mut Pipeline, policy: &Policy) -> Result<Option<Row>, Error> {
    let bytes = std::fs::read(path).map_err(Error::file(path))?;
    let picture = Picture::open(&bytes, &ImageLimits::default());
    let mut picture = picture.map_err(|error| Error::data(path, error.to_string()))?;
    let faces = pipeline.detect(&mut picture, Wanted::Counted)?;
    let Some(face) = faces.first() else { return Ok(None) };
    let points = pipeline.look(&mut picture, face)?.in_space();
    let shape = RIGID.map(|point| [points[point].x, points[point].y, points[point].z].map(f64::from));
    let checks = pipeline.examine_faces(&mut picture, &faces, &policy.reference)?.checks;
    Ok(Some((checks.iter().map(|check| check.value).collect(), shape)))
}

fn report(folder: &Path, found: &[Row]) -> PortraitsReport {
    let of = |at: usize| {
        let mut values: Vec<f64> = found.iter().map(|(values, _)| values[at]).collect();
        values.sort_by(f64::total_cmp);
        let [min, median, max] = [0, values.len() / 2, values.len() - 1].map(|place| values[place]);
        MeasureReport { measure: Measure::ALL[at].name(), min, median, max }
    };
    let mean = mean_shape(&found.iter().map(|(_, shape)| *shape).collect::<Vec<_>>());
    let built_in = scaled(&STRAIGHT, size(&mean) / size(&STRAIGHT));
    let point = |at: usize| ShapePoint { point: RIGID[at], at: mean[at], built_in: built_in[at] };
    let apart = |at: usize| (0..3).map(|axis| (mean[at][axis] - built_in[at][axis]).powi(2)).sum::<f64>().sqrt();
    PortraitsReport {
        folder: folder.display().to_string(),
        portraits: found.len(),
        measures: (0..Measure::ALL.len()).map(of).collect(),
        shape: (0..RIGID.len()).map(point).collect(),
        shape_apart_max: (0..RIGID.len()).map(apart).fold(0.0, f64::max),
    }
}

fn middle(shape: &Shape) -> [f64; 3] {
    [0, 1, 2].map(|axis| shape.iter().map(|point| point[axis]).sum::<f64>() / RIGID.len() as f64)
}

fn size(shape: &Shape) -> f64 {
    let middle = middle(shape);
    shape.iter().flat_map(|point| (0..3).map(move |axis| (point[axis] - middle[axis]).powi(2))).sum::<f64>().sqrt()
}

fn scaled(shape: &Shape, factor: f64) -> Shape {
    let middle = middle(shape);
    shape.map(|point| [0, 1, 2].map(|axis| factor * (point[axis] - middle[axis])))
}

impl PortraitsReport {
    /// The report as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let number = |value: &f64| format!("{value:.2}");
        let measures: Vec<_> = self
            .measures
            .iter()
            .map(|m| vec![m.measure.to_owned(), number(&m.min), number(&m.median), number(&m.max)])
            .collect();
        let place = |at: &[f64; 3]| at.map(|value| format!("{value:.4}")).join(", ");
        let shape: Vec<_> =
            self.shape.iter().map(|p| vec![p.point.to_string(), place(&p.at), place(&p.built_in)]).collect();
        format!(
            "# Studio portraits\n\n{} neutral portraits of {}.\n\n## Measures\n\n{}## Mean shape of the head\n\n\
             No point is further than {:.4} from where the program has it.\n\n{}",
            self.portraits,
            self.folder,
            table(&["measure", "least", "median", "greatest"], &measures),
            self.shape_apart_max,
            table(&["mesh point", "left, down, back", "built in"], &shape),
        )
    }
}
