//! How well two sides agree, and whether that is well enough.

use biometric::dot;
use face::Rect;
use serde::Serialize;

use super::{FaceFindings, Findings, ImageFindings};
use crate::markdown::table;

/// Boxes that share less are different boxes.
const IOU_MIN: f32 = 0.95;

/// Landmarks further apart are different, in pixels of an image whose longer side is 250 pixels.
const LANDMARK_PX_MAX: f32 = 1.5;

/// The longer side to which distances of landmarks are scaled down; smaller images count as they are.
const LANDMARK_SCALE_PX: f32 = 250.0;

/// Embeddings of a smaller cosine are different.
const COSINE_MIN: f32 = 0.995;

/// A face found by one side only says nothing when its confidence is this near to the limit of detection.
const CONFIDENCE_MARGIN: f32 = 0.005;

/// The limit of detection.
const CONFIDENCE_MIN: f32 = 0.6;

/// Two boxes that share less than this are two faces.
const SAME_FACE_IOU_MIN: f32 = 0.3;

/// The verdict and the numbers behind it.
#[derive(Clone, Debug, Serialize)]
pub struct Agreement {
    /// Whether nothing is beyond its limit and no face was found by one side only.
    pub agrees: bool,
    /// The other side.
    pub with: String,
    /// Images.
    pub images: usize,
    /// Faces that both sides found.
    pub faces: usize,
    /// Faces that one side alone found, away from the limit of confidence.
    pub unmatched: usize,
    /// Faces that one side alone found, at the limit of confidence.
    pub unmatched_at_limit: usize,
    /// Intersection over union of the boxes; at least 0.95.
    pub iou: Spread,
    /// Greatest distance among a face's five landmarks, at 250 pixels of image; at most 1.5.
    pub landmark_px: Spread,
    /// The same in pixels of detection; no limit.
    pub landmark_px_unscaled: Spread,
    /// Cosine of the embeddings of the same crop; at least 0.995.
    pub cosine: Spread,
}

/// A measure over all faces, seen from its bad end.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The worst value.
    pub worst: f32,
    /// The value that one in a hundred is worse than.
    pub worst_percentile: f32,
    /// The middle one.
    pub median: f32,
    /// How many are beyond the limit.
    pub beyond: usize,
}

impl Spread {
    /// From values in any order; `better` compares two of them, `beyond` tells those that are not good enough.
    fn of(mut values: Vec<f32>, low_is_bad: bool, beyond: impl Fn(f32) -> bool) -> Self {
        values.sort_by(f32::total_cmp);
        if !low_is_bad {
            values.reverse();
        }
        let at = |share: f64| values.get((values.len() as f64 * share) as usize).copied().unwrap_or(f32::NAN);
        // Not a number is beyond every limit and must not hide.
        let count = values.iter().filter(|value| value.is_nan() || beyond(**value)).count();
        Self { worst: at(0.0), worst_percentile: at(0.01), median: at(0.5), beyond: count }
    }
}

/// Compares two sides' findings about the same images.
///
/// # Errors
/// When they are about different images or crops.
pub fn compare(ours: &Findings, theirs: &Findings) -> Result<Agreement, String> {
    if ours.images.len() != theirs.images.len() {
        return Err(format!("{} images, not {}", theirs.images.len(), ours.images.len()));
    }
    let mut found = Found::default();
    for (our, their) in ours.images.iter().zip(&theirs.images) {
        found.faces(our, their);
        found.embeddings(our, their)?;
    }
    Ok(found.agreement(ours.images.len(), theirs.made_by.clone()))
}

#[derive(Default)]
struct Found {
    iou: Vec<f32>,
    landmark_px: Vec<f32>,
    landmark_px_unscaled: Vec<f32>,
    cosine: Vec<f32>,
    unmatched: usize,
    unmatched_at_limit: usize,
}

impl Found {
    fn faces(&mut self, ours: &ImageFindings, theirs: &ImageFindings) {
        let scale = (LANDMARK_SCALE_PX / ours.width.max(ours.height) as f32).min(1.0);
        let mut left: Vec<&FaceFindings> = theirs.faces.iter().collect();
        for our in &ours.faces {
            let best = (0..left.len()).max_by(|a, b| iou(our, left[*a]).total_cmp(&iou(our, left[*b])));
            match best.filter(|at| iou(our, left[*at]) >= SAME_FACE_IOU_MIN) {
                Some(at) => {
                    let their = left.swap_remove(at);
                    let apart = landmark_distance(our, their);
                    self.iou.push(iou(our, their));
                    self.landmark_px.push(apart * scale);
                    self.landmark_px_unscaled.push(apart);
                }
                None => self.alone(our),
            }
        }
        left.into_iter().for_each(|their| self.alone(their));
    }

    fn alone(&mut self, face: &FaceFindings) {
        match (face.confidence - CONFIDENCE_MIN).abs() <= CONFIDENCE_MARGIN {
            true => self.unmatched_at_limit += 1,
            false => self.unmatched += 1,
        }
    }

    fn embeddings(&mut self, ours: &ImageFindings, theirs: &ImageFindings) -> Result<(), String> {
        for our in &ours.crops {
            let their = theirs.crops.iter().find(|crop| crop.file == our.file);
            let their = their.filter(|crop| crop.embedding.len() == our.embedding.len());
            let their = their.ok_or_else(|| format!("no embedding of {} of the same length", our.file))?;
            self.cosine.push(cosine(&our.embedding, &their.embedding));
        }
        Ok(())
    }

    fn agreement(self, images: usize, with: String) -> Agreement {
        let faces = self.iou.len();
        let iou = Spread::of(self.iou, true, |value| value < IOU_MIN);
        let landmark_px = Spread::of(self.landmark_px, false, |value| value > LANDMARK_PX_MAX);
        let landmark_px_unscaled = Spread::of(self.landmark_px_unscaled, false, |_| false);
        let cosine = Spread::of(self.cosine, true, |value| value < COSINE_MIN);
        let beyond = iou.beyond + landmark_px.beyond + cosine.beyond;
        Agreement {
            agrees: faces > 0 && beyond == 0 && self.unmatched == 0,
            with,
            images,
            faces,
            unmatched: self.unmatched,
            unmatched_at_limit: self.unmatched_at_limit,
            iou,
            landmark_px,
            landmark_px_unscaled,
            cosine,
        }
    }
}

fn iou(a: &FaceFindings, b: &FaceFindings) -> f32 {
    let rect = |face: &FaceFindings| {
        let [x, y, width, height] = face.bounds;
        Rect { x, y, width, height }
    };
    rect(a).iou(&rect(b))
}

fn landmark_distance(a: &FaceFindings, b: &FaceFindings) -> f32 {
    let apart = |(p, q): (&[f32; 2], &[f32; 2])| (p[0] - q[0]).hypot(p[1] - q[1]);
    a.landmarks.iter().zip(&b.landmarks).map(apart).fold(0.0, f32::max)
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    dot(a, b) / (dot(a, a).sqrt() * dot(b, b).sqrt())
}

impl Agreement {
    /// The report as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let row = |name: &str, limit: &str, spread: &Spread| {
            let Spread { worst, worst_percentile, median, beyond } = spread;
            let number = |value: &f32| format!("{value:.5}");
            vec![name.into(), limit.into(), number(worst), number(worst_percentile), number(median), beyond.to_string()]
        };
        let rows = [
            row("box, intersection over union", &format!(">= {IOU_MIN}"), &self.iou),
            row("landmarks, px at 250 px", &format!("<= {LANDMARK_PX_MAX}"), &self.landmark_px),
            row("landmarks, px of detection", "-", &self.landmark_px_unscaled),
            row("embedding, cosine", &format!(">= {COSINE_MIN}"), &self.cosine),
        ];
        let header = ["measure", "limit", "worst", "worst 1 %", "median", "beyond the limit"];
        format!(
            "# Agreement with {}: {}\n\n{} images, {} faces found by both; {} by one side only, {} more at the limit of \
             confidence.\n\n{}",
            self.with,
            if self.agrees { "yes" } else { "NO" },
            self.images,
            self.faces,
            self.unmatched,
            self.unmatched_at_limit,
            table(&header, &rows),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::CropFindings;
    use super::*;

    fn face(x: f32, confidence: f32) -> FaceFindings {
        FaceFindings { bounds: [x, 10.0, 100.0, 100.0], landmarks: [[x, 50.0]; 5], confidence }
    }

    fn findings(faces: Vec<FaceFindings>, embedding: Vec<f32>) -> Findings {
        let crops = vec![CropFindings { file: "0-0.png".into(), embedding }];
        let image = ImageFindings { source: "a".into(), file: "0.png".into(), width: 500, height: 400, faces, crops };
        Findings { made_by: "x".into(), images: vec![image] }
    }

    #[test]
    fn equal_findings_agree() {
        let same = findings(vec![face(10.0, 0.9), face(300.0, 0.8)], vec![1.0, 2.0]);
        let agreement = compare(&same, &same).expect("comparable");
        assert!(agreement.agrees, "{agreement:?}");
        assert_eq!((agreement.faces, agreement.iou.worst, agreement.landmark_px.worst), (2, 1.0, 0.0));
    }

    #[test]
    fn each_limit_is_seen() {
        let ours = findings(vec![face(10.0, 0.9)], vec![1.0, 0.0]);
        // Four pixels of 500 are two of 250.
        let moved = compare(&ours, &findings(vec![face(14.0, 0.9)], vec![1.0, 0.0])).expect("comparable");
        assert_eq!((moved.agrees, moved.landmark_px.beyond, moved.iou.beyond), (false, 1, 1));
        assert!((moved.landmark_px.worst - 2.0).abs() < 1e-6);
        let turned = compare(&ours, &findings(vec![face(10.0, 0.9)], vec![1.0, 0.2])).expect("comparable");
        assert_eq!((turned.agrees, turned.cosine.beyond), (false, 1));
        let broken = compare(&ours, &findings(vec![face(10.0, 0.9)], vec![f32::NAN, 0.2])).expect("comparable");
        assert_eq!((broken.agrees, broken.cosine.beyond), (false, 1));
    }

    #[test]
    fn a_face_of_one_side_only_counts_unless_it_is_at_the_limit() {
        let ours = findings(vec![face(10.0, 0.9)], vec![1.0]);
        let more = |confidence| findings(vec![face(10.0, 0.9), face(300.0, confidence)], vec![1.0]);
        let sure = compare(&ours, &more(0.8)).expect("comparable");
        assert_eq!((sure.agrees, sure.unmatched), (false, 1));
        let unsure = compare(&ours, &more(0.602)).expect("comparable");
        assert_eq!((unsure.agrees, unsure.unmatched_at_limit), (true, 1));
        let fewer = compare(&more(0.8), &ours).expect("comparable");
        assert_eq!((fewer.agrees, fewer.unmatched), (false, 1));
    }

    #[test]
    fn findings_about_other_images_are_refused() {
        let ours = findings(vec![], vec![1.0]);
        assert!(compare(&ours, &Findings { made_by: "x".into(), images: vec![] }).is_err());
        assert!(compare(&ours, &findings(vec![], vec![1.0, 2.0])).is_err());
    }
}
