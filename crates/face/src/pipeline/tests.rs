//! The whole recipe with models that compute: a detector that sees bright squares, an embedder that averages blocks.

use std::io::Cursor;

use biometric::ModelId;
use image::{ImageFormat, RgbImage};

use super::*;
use crate::model::{Model, Tensor};
use crate::{ChannelOrder, Defect, DetectorSpec, EmbedderSpec, Image, MESH_POINTS, Measure, PixelSpec};

/// Answers like YuNet: a face of 96 x 96 pixels around every cell of the coarsest grid whose centre is pure white.
struct WhiteDotDetector;

impl Model for WhiteDotDetector {
    fn run(&mut self, input: &Tensor) -> Result<Vec<Tensor>, ModelError> {
        let (height, width) = (input.shape[2], input.shape[3]);
        let mut outputs = vec![Tensor::default(); 12];
        for (level, stride) in [8, 16, 32].into_iter().enumerate() {
            let (columns, cells) = (width / stride, (width / stride) * (height / stride));
            for (kind, width) in [1, 1, 4, 10].into_iter().enumerate() {
                outputs[3 * kind + level].data = vec![0.0; cells * width];
            }
            for cell in (0..cells).filter(|_| stride == 32) {
                let (x, y) = ((cell % columns) * stride + 16, (cell / columns) * stride + 16);
                if input.data[y * width + x] < 255.0 {
                    continue;
                }
                outputs[2].data[cell] = 1.0;
                outputs[5].data[cell] = 1.0;
                outputs[8].data[4 * cell..][..4].copy_from_slice(&[0.5, 0.5, 3.0_f32.ln(), 3.0_f32.ln()]);
                let points = [-0.1, 0.0, 1.1, 0.0, 0.5, 0.6, 0.0, 1.2, 1.0, 1.2];
                outputs[11].data[10 * cell..][..10].copy_from_slice(&points);
            }
        }
        Ok(outputs)
    }
}

/// The mean of the red plane's four quarters.
struct QuarterEmbedder;

impl Model for QuarterEmbedder {
    fn run(&mut self, input: &Tensor) -> Result<Vec<Tensor>, ModelError> {
        let mut data = vec![1.0_f32; 4];
        for (i, value) in input.data[..112 * 112].iter().enumerate() {
            data[2 * (i / 112 / 56) + (i % 112) / 56] += value;
        }
        Ok(vec![Tensor { shape: vec![1, 4], data }])
    }
}

/// Sees the same upright face wherever it looks: a frontal head with this distance of the lips, in pixels of 192.
struct StillFace {
    lips_apart: f32,
}

impl Model for StillFace {
    fn run(&mut self, _: &Tensor) -> Result<Vec<Tensor>, ModelError> {
        let mut points = vec![[96.0_f32, 96.0, 0.0]; MESH_POINTS];
        for (point, straight) in checks::pose::RIGID.into_iter().zip(checks::pose::STRAIGHT) {
            points[point] = [0, 1, 2].map(|axis| 25.0 * straight[axis] as f32 + if axis < 2 { 96.0 } else { 0.0 });
        }
        // Forehead, chin and both sides; the corners of the mouth and the lips between them.
        for (point, x, y) in [(10, 96.0, 40.0), (152, 96.0, 170.0), (234, 40.0, 96.0), (454, 152.0, 96.0)] {
            points[point] = [x, y, 0.0];
        }
        (points[61], points[291]) = ([76.0, 130.0, 0.0], [116.0, 130.0, 0.0]);
        for (above, below) in [(13, 14), (82, 87), (312, 317)] {
            (points[above][1], points[below][1]) = (130.0, 130.0 + self.lips_apart);
        }
        Ok(vec![data(points.concat()), data(vec![20.0])])
    }
}

/// Sees an eye that is open by a quarter of its width.
struct OpenEye;

impl Model for OpenEye {
    fn run(&mut self, _: &Tensor) -> Result<Vec<Tensor>, ModelError> {
        let mut points = vec![[32.0_f32, 32.0, 0.0]; 71];
        for (i, point) in points[..9].iter_mut().enumerate() {
            *point = [16.0 + 4.0 * i as f32, 32.0 + if (1..8).contains(&i) { 4.0 } else { 0.0 }, 0.0];
        }
        for (i, point) in points[9..16].iter_mut().enumerate() {
            *point = [20.0 + 4.0 * i as f32, 28.0, 0.0];
        }
        Ok(vec![data(points.concat()), data(vec![32.0; 15])])
    }
}

fn data(data: Vec<f32>) -> Tensor {
    Tensor { shape: vec![1, data.len()], data }
}

fn pipeline(mirror_averaged: bool) -> Pipeline {
    pipeline_seeing(mirror_averaged, StillFace { lips_apart: 0.0 })
}

fn pipeline_seeing(mirror_averaged: bool, face: StillFace) -> Pipeline {
    let spec = EmbedderSpec {
        input: "data".into(),
        output: "fc1".into(),
        dimension: 4,
        pixels: PixelSpec { channels: ChannelOrder::Rgb, mean: [0.0; 3], scale: 1.0 },
    };
    let recipe = Recipe { model: ModelId::parse("fake").expect("valid"), mirror_averaged, population_mean: Vec::new() };
    Pipeline::new(
        Detector::with_model(Box::new(WhiteDotDetector), DetectorSpec::default()),
        Landmarker::with_models(Box::new(face), Box::new(OpenEye)),
        Embedder::with_model(Box::new(QuarterEmbedder), spec),
        recipe,
    )
}

/// A grey picture with a white dot at the centre of each named cell of the 32-pixel grid, darker to the right.
fn picture(width: u32, height: u32, cells: &[(u32, u32)]) -> Vec<u8> {
    let mut image = RgbImage::from_fn(width, height, |x, _| image::Rgb([180 - (x * 170 / width) as u8; 3]));
    for (column, row) in cells {
        image.put_pixel(column * 32 + 16, row * 32 + 16, image::Rgb([255; 3]));
    }
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).expect("encodes");
    bytes.into_inner()
}

/// What is wrong with number, place and shape of the faces; what the light is on a grey picture with a dot is no matter.
fn defects(inspection: &Inspection) -> Vec<Defect> {
    let of_interest = |defect: &Defect| {
        use Defect::{EyesClosed, FaceSize, MouthOpen, NoFace, Pitch, Roll, SeveralFaces, Yaw};
        [NoFace, SeveralFaces, FaceSize, Yaw, Pitch, Roll, MouthOpen].contains(defect) || *defect == EyesClosed
    };
    inspection.rejections.iter().map(|r| r.defect).filter(of_interest).collect()
}

/// Faces of the fake detector are small.
fn policy() -> Policy {
    let mut policy = Policy::default();
    policy.reference.size.inter_eye_distance_px_min = 30.0;
    // No iris is drawn on the picture.
    policy.reference.eye_openness_percent_min = 0.0;
    policy.reference.each_eye_openness_percent_min = 0.0;
    policy
}

#[test]
fn one_face_becomes_a_template() {
    let inspection = pipeline(false).reference(&picture(320, 320, &[(4, 4)]), &policy()).expect("inspected");
    assert_eq!(defects(&inspection), []);
    let template = inspection.template.expect("a template");
    assert!(template.values()[0] > template.values()[1], "the left is brighter than the right");
}

#[test]
fn mirror_averaging_makes_left_and_right_alike() {
    let inspection = pipeline(true).reference(&picture(320, 320, &[(4, 4)]), &policy()).expect("inspected");
    let template = inspection.template.expect("a template");
    assert!((template.values()[0] - template.values()[1]).abs() < 1e-3);
}

#[test]
fn no_face_is_a_rejection_of_both_uses() {
    let bytes = picture(320, 320, &[]);
    for inspection in [pipeline(false).reference(&bytes, &policy()), pipeline(false).probe(&bytes, &policy())] {
        let inspection = inspection.expect("inspected");
        assert_eq!(defects(&inspection), [Defect::NoFace]);
        assert!(inspection.template.is_none());
    }
}

#[test]
fn several_faces_are_refused_as_reference_and_the_largest_is_taken_as_probe() {
    let bytes = picture(640, 320, &[(3, 4), (12, 4)]);
    let reference = pipeline(false).reference(&bytes, &policy()).expect("inspected");
    assert_eq!(defects(&reference), [Defect::SeveralFaces]);
    assert_eq!(reference.rejections[0].value, 2.0);
    assert!(reference.template.is_none(), "whose would it be?");
    let probe = pipeline(false).probe(&bytes, &policy()).expect("inspected");
    assert_eq!(defects(&probe), []);
    assert!(probe.template.is_some());
}

#[test]
fn a_face_cut_by_the_frame_is_refused_and_still_has_a_template() {
    let inspection = pipeline(false).reference(&picture(320, 320, &[(0, 4)]), &policy()).expect("inspected");
    assert!(defects(&inspection).iter().all(|defect| *defect == Defect::FaceSize));
    let cut = |measure| inspection.rejections.iter().any(|rejection| rejection.measure == measure);
    assert!(cut("face_inside_frame_percent") && cut("margin_percent"));
    assert!(inspection.template.is_some());
}

#[test]
fn a_face_too_small_to_enrol_may_still_be_compared() {
    let mut policy = policy();
    policy.reference.size.inter_eye_distance_px_min = 90.0;
    let bytes = picture(320, 320, &[(4, 4)]);
    let reference = pipeline(false).reference(&bytes, &policy).expect("inspected");
    assert_eq!(defects(&reference), [Defect::FaceSize]);
    assert_eq!(
        reference.rejections.iter().find_map(|r| (r.defect == Defect::FaceSize).then_some(r.min)),
        Some(Some(90.0))
    );
    assert_eq!(defects(&pipeline(false).probe(&bytes, &policy).expect("inspected")), []);
}

#[test]
fn faces_of_a_large_image_are_found_at_reduced_size_and_told_in_its_own_pixels() {
    // 1280 wide is halved to 640: a dot of 2 x 2 pixels stays white when halved.
    let mut image = RgbImage::from_pixel(1280, 640, image::Rgb([100; 3]));
    for (x, y) in (284..294).flat_map(|x| (284..294).map(move |y| (x, y))) {
        image.put_pixel(x, y, image::Rgb([255; 3]));
    }
    let image = Image::from_rgb(1280, 640, image.into_raw()).expect("sizes agree");
    let faces = pipeline(false).detect(&mut Picture::of(&image), Wanted::All).expect("detected");
    assert_eq!(faces.len(), 1);
    assert!((faces[0].bounds.width - 192.0).abs() < 0.01, "96 pixels at half the size: {:?}", faces[0].bounds);
}

#[test]
fn an_open_mouth_is_told_from_a_closed_one() {
    let bytes = picture(320, 320, &[(4, 4)]);
    let gap = |lips_apart| {
        let examination =
            pipeline_seeing(false, StillFace { lips_apart }).examine(&bytes, &policy()).expect("examined");
        let check = examination.checks.iter().find(|check| check.measure == Measure::MouthOpenness);
        *check.expect("measured")
    };
    // The mouth is 40 wide.
    assert!((gap(8.0).value - 20.0).abs() < 1e-3 && gap(8.0).passed());
    assert!((gap(16.0).value - 40.0).abs() < 1e-3);
    assert_eq!(gap(16.0).defect(), Some(Defect::MouthOpen));
}

#[test]
fn everything_is_measured_once_and_what_is_wrong_is_rejected() {
    let bytes = picture(320, 320, &[(4, 4)]);
    let examination = pipeline(false).examine(&bytes, &policy()).expect("examined");
    let measured: Vec<Measure> = examination.checks.iter().map(|check| check.measure).collect();
    assert_eq!(measured, Measure::ALL);
    let failed = examination.checks.iter().filter(|check| !check.passed()).count();
    assert_eq!(examination.rejections().len(), failed);
    let face = examination.face.as_ref().expect("a face");
    assert_eq!(face.mesh.len(), MESH_POINTS);
    assert!(face.pose.yaw_degrees.abs() < 0.1 && face.pose.roll_degrees.abs() < 0.1);
    let inspection = pipeline(false).reference(&bytes, &policy()).expect("inspected");
    let defects = |rejections: &[Rejection]| rejections.iter().map(|r| r.defect).collect::<Vec<_>>();
    assert_eq!(defects(&inspection.rejections), defects(&examination.rejections()));
}

#[test]
fn an_image_without_a_face_has_one_check() {
    let examination = pipeline(false).examine(&picture(320, 320, &[]), &policy()).expect("examined");
    assert_eq!(examination.checks.len(), 1);
    assert!(examination.face.is_none() && !examination.checks[0].passed());
}

#[test]
fn a_survey_measures_every_face_as_if_it_were_alone() {
    let bytes = picture(640, 320, &[(3, 4), (12, 4)]);
    let survey_of = |bytes: &[u8], faces_max| {
        let mut picture = Picture::open(bytes, &policy().image).expect("an image");
        pipeline(false).survey(&mut picture, &policy().reference, faces_max).expect("measured")
    };
    let survey = survey_of(&bytes, 10);
    assert_eq!((survey.width, survey.height, survey.faces.len()), (640, 320, 2));
    for face in &survey.faces {
        assert_eq!(face.checks.iter().map(|check| check.measure).collect::<Vec<_>>(), Measure::ALL);
        assert_eq!(face.check(Measure::FaceCount).map(|check| check.value), Some(1.0));
        let bounds = face.face.bounds;
        let [right, left] = face.pupils;
        // The fake sees each eye at the corners' middle.
        assert!(bounds.x < right.x && right.x < left.x && left.x < bounds.x + bounds.width, "{right:?} {left:?}");
    }
    assert_eq!(survey_of(&bytes, 1).faces.len(), 1);
    assert!(survey_of(&picture(320, 320, &[]), 9).faces.is_empty());
}
