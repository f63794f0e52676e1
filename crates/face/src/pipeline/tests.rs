//! The whole recipe with models that compute: a detector that sees bright squares, an embedder that averages blocks.

use std::io::Cursor;

use biometric::ModelId;
use image::{ImageFormat, RgbImage};

use super::*;
use crate::model::{Model, Tensor};
use crate::{ChannelOrder, DetectorSpec, EmbedderSpec};

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

fn pipeline(mirror_averaged: bool) -> Pipeline {
    let spec = EmbedderSpec {
        input: "data".into(),
        output: "fc1".into(),
        dimension: 4,
        channels: ChannelOrder::Rgb,
        pixel_mean: [0.0; 3],
        pixel_scale: 1.0,
    };
    let recipe = Recipe { model: ModelId::parse("fake").expect("valid"), mirror_averaged, population_mean: Vec::new() };
    Pipeline::new(
        Detector::with_model(Box::new(WhiteDotDetector), DetectorSpec::default()),
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

fn defects(inspection: &Inspection) -> Vec<Defect> {
    inspection.rejections.iter().map(|r| r.defect).collect()
}

#[test]
fn one_face_becomes_a_template() {
    let inspection = pipeline(false).reference(&picture(320, 320, &[(4, 4)]), &Policy::default()).expect("inspected");
    assert_eq!(defects(&inspection), []);
    let template = inspection.template.expect("a template");
    assert!(template.values()[0] > template.values()[1], "the left is brighter than the right");
}

#[test]
fn mirror_averaging_makes_left_and_right_alike() {
    let inspection = pipeline(true).reference(&picture(320, 320, &[(4, 4)]), &Policy::default()).expect("inspected");
    let template = inspection.template.expect("a template");
    assert!((template.values()[0] - template.values()[1]).abs() < 1e-3);
}

#[test]
fn no_face_is_a_rejection_of_both_uses() {
    let bytes = picture(320, 320, &[]);
    for inspection in
        [pipeline(false).reference(&bytes, &Policy::default()), pipeline(false).probe(&bytes, &Policy::default())]
    {
        let inspection = inspection.expect("inspected");
        assert_eq!(defects(&inspection), [Defect::NoFace]);
        assert!(inspection.template.is_none());
    }
}

#[test]
fn several_faces_are_refused_as_reference_and_the_largest_is_taken_as_probe() {
    let bytes = picture(640, 320, &[(3, 4), (12, 4)]);
    let reference = pipeline(false).reference(&bytes, &Policy::default()).expect("inspected");
    assert_eq!(defects(&reference), [Defect::SeveralFaces]);
    assert_eq!(reference.rejections[0].value, 2.0);
    let probe = pipeline(false).probe(&bytes, &Policy::default()).expect("inspected");
    assert_eq!(defects(&probe), []);
    assert!(probe.template.is_some());
}

#[test]
fn a_face_cut_by_the_frame_is_refused_and_still_has_a_template() {
    let inspection = pipeline(false).reference(&picture(320, 320, &[(0, 4)]), &Policy::default()).expect("inspected");
    assert_eq!(defects(&inspection), [Defect::FaceSize]);
    assert_eq!(inspection.rejections[0].measure, "face_inside_frame_percent");
    assert!(inspection.template.is_some());
}

#[test]
fn a_face_too_small_to_enrol_may_still_be_compared() {
    // The fake sees eyes 38 pixels apart.
    let strict = |min| SizeLimits { inter_eye_distance_px_min: min, inside_frame_percent_min: 80.0 };
    let policy = Policy { reference_size: strict(60.0), probe_size: strict(20.0), ..Policy::default() };
    let bytes = picture(320, 320, &[(4, 4)]);
    let reference = pipeline(false).reference(&bytes, &policy).expect("inspected");
    assert_eq!(defects(&reference), [Defect::FaceSize]);
    assert_eq!(reference.rejections[0].min, Some(60.0));
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
    let faces = pipeline(false).detect(&image).expect("detected");
    assert_eq!(faces.len(), 1);
    assert!((faces[0].bounds.width - 192.0).abs() < 0.01, "96 pixels at half the size: {:?}", faces[0].bounds);
}
