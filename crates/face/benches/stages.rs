//! Time of the stages that are neither decoding (`jpeg`) nor a network: `cargo bench -p face --bench stages`.

use divan::Bencher;
use face::{Face, Image, LANDMARKS, Picture, Point, Rect, bench};

fn main() {
    divan::main();
}

/// A picture of a megapixel; what is on it is no matter.
fn picture() -> Image {
    let (width, height) = (1152, 864);
    Image::from_rgb(width, height, (0..width * height * 3).map(|at| (at * 31 % 251) as u8).collect())
        .expect("sizes agree")
}

/// Resizing, filling the network's input, reading its grids, suppression.
#[divan::bench]
fn detect_without_network(bencher: Bencher<'_, '_>) {
    let (image, mut detector) = (picture(), bench::detector());
    bencher.bench_local(|| detector.look(&mut Picture::of(&image), 640));
}

/// Cutting out a face whose eyes are so many pixels apart; the crop's are 35.
#[divan::bench(args = [20.0, 35.0, 100.0, 300.0])]
fn align(bencher: Bencher<'_, '_>, eyes_px: f32) {
    let image = picture();
    let at = |x: f32, y: f32| Point { x: 576.0 + x * eyes_px, y: 432.0 + y * eyes_px };
    let landmarks: [Point; LANDMARKS] = [at(-0.5, -0.5), at(0.5, -0.5), at(0.0, 0.1), at(-0.4, 0.7), at(0.4, 0.7)];
    let face = Face { bounds: Rect::default(), landmarks, confidence: 0.9 };
    bencher.bench_local(|| face::align(&mut Picture::of(&image), &face));
}

/// Filling the embedding network's input, taking its output.
#[divan::bench]
fn embed_without_network(bencher: Bencher<'_, '_>) {
    let (crop, mut embedder) = (bench::crop(), bench::embedder());
    bencher.bench_local(|| embedder.embed(&crop, false));
}
