//! A picture that is drawn on: pixels as they are stored, 0 to 255, with fractions.

use face::{Image, Point, Rect};
use jpeg_encoder::{ColorType, Encoder};

use crate::shape::Mask;

/// Red, green and blue.
pub(crate) type Colour = [f32; 3];

/// A Gaussian is cut off after so many standard deviations.
const REACH: f32 = 3.0;

#[derive(Clone)]
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) pixels: Vec<Colour>,
}

impl Picture {
    pub(crate) fn of(image: &Image) -> Self {
        let pixels = image.rgb().as_chunks::<3>().0.iter().map(|rgb| rgb.map(f32::from)).collect();
        Self { width: image.width() as usize, height: image.height() as usize, pixels }
    }

    /// Each pixel made by its place.
    pub(crate) fn from_fn(width: usize, height: usize, colour: impl Fn(Point) -> Colour) -> Self {
        let place = |at: usize| Point { x: (at % width) as f32, y: (at / width) as f32 };
        Self { width, height, pixels: (0..width * height).map(|at| colour(place(at))).collect() }
    }

    /// Each pixel made by its place and its colour.
    pub(crate) fn map(&self, colour: impl Fn(Point, Colour) -> Colour) -> Self {
        Self::from_fn(self.width, self.height, |at| colour(at, self.pixels[at.y as usize * self.width + at.x as usize]))
    }

    /// The colour between pixels; beyond the frame the picture goes on as it is at its edge.
    pub(crate) fn at(&self, at: Point) -> Colour {
        let (x, y) = (at.x.clamp(0.0, (self.width - 1) as f32), at.y.clamp(0.0, (self.height - 1) as f32));
        let (left, top) = (x as usize, y as usize);
        let (right, below) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let [a, b, c, d] = [(left, top), (right, top), (left, below), (right, below)];
        let [a, b, c, d] = [a, b, c, d].map(|(x, y)| self.pixels[y * self.width + x]);
        mix(mix(a, b, x - left as f32), mix(c, d, x - left as f32), y - top as f32)
    }

    /// Puts a colour wherever the mask covers.
    pub(crate) fn paint(&self, mask: &Mask, colour: impl Fn(Point, Colour) -> Colour) -> Self {
        self.map(|at, old| mix(old, colour(at, old), mask.at(at)))
    }

    /// What the frame shows, this many pixels wide.
    pub(crate) fn part(&self, frame: Rect, width: usize) -> Self {
        let scale = frame.width / width as f32;
        let height = (frame.height / scale).round() as usize;
        // A reduced pixel is the mean of so many by so many places.
        let places = (2.0 * scale).ceil().max(1.0) as usize;
        let step = scale / places as f32;
        Self::from_fn(width, height, |at| {
            let place = |i: usize| Point {
                x: frame.x - 0.5 + scale * at.x + step * ((i % places) as f32 + 0.5),
                y: frame.y - 0.5 + scale * at.y + step * ((i / places) as f32 + 0.5),
            };
            let colours: Vec<Colour> = (0..places * places).map(|i| self.at(place(i))).collect();
            [0, 1, 2].map(|i| colours.iter().map(|colour| colour[i]).sum::<f32>() / colours.len() as f32)
        })
    }

    /// Gaussian smoothing.
    pub(crate) fn blurred(&self, sigma: f32) -> Self {
        let along = |picture: &Self, x: f32, y: f32| {
            picture.map(|at, _| {
                let weight = |i: i32| (-0.5 * (i as f32 / sigma).powi(2)).exp();
                let reach = (REACH * sigma).ceil() as i32;
                let (mut sum, mut weights) = ([0.0; 3], 0.0);
                for i in -reach..=reach {
                    let colour = picture.at(Point { x: at.x + x * i as f32, y: at.y + y * i as f32 });
                    sum = [0, 1, 2].map(|channel| sum[channel] + weight(i) * colour[channel]);
                    weights += weight(i);
                }
                sum.map(|value| value / weights)
            })
        };
        along(&along(self, 1.0, 0.0), 0.0, 1.0)
    }

    /// Each pixel's light multiplied: what more or less light does.
    pub(crate) fn lit(&self, gain: impl Fn(Point) -> f32) -> Self {
        self.map(|at, colour| colour.map(|value| stored(gain(at) * light(value))))
    }

    /// The picture and another of its height to its right.
    pub(crate) fn beside(&self, right: &Self) -> Self {
        Self::from_fn(self.width + right.width, self.height, |at| match at.x < self.width as f32 {
            true => self.at(at),
            false => right.at(Point { x: at.x - self.width as f32, y: at.y }),
        })
    }

    pub(crate) fn mirrored(&self) -> Self {
        Self::from_fn(self.width, self.height, |at| self.at(Point { x: (self.width - 1) as f32 - at.x, y: at.y }))
    }

    pub(crate) fn jpeg(&self, quality: u8) -> Result<Vec<u8>, jpeg_encoder::EncodingError> {
        let rgb: Vec<u8> = self.pixels.iter().flatten().map(|value| value.round() as u8).collect();
        let mut bytes = Vec::new();
        let (width, height) = (self.width as u16, self.height as u16);
        Encoder::new(&mut bytes, quality).encode(&rgb, width, height, ColorType::Rgb)?;
        Ok(bytes)
    }
}

pub(crate) fn mix(a: Colour, b: Colour, share: f32) -> Colour {
    [0, 1, 2].map(|i| a[i] + share * (b[i] - a[i]))
}

/// From 0 to 1, without a corner at either end.
pub(crate) fn smooth_step(t: f32) -> f32 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// sRGB's transfer function (IEC 61966-2-1), to light of 0 to 1 and back.
fn light(value: f32) -> f32 {
    let value = value / 255.0;
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn stored(light: f32) -> f32 {
    let value = if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
    255.0 * value.clamp(0.0, 1.0)
}
