//! Pixels to the numbers that a network reads.

use crate::model::Tensor;

/// The order in which a network wants the colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelOrder {
    /// Red first.
    Rgb,
    /// Blue first.
    Bgr,
}

/// How a network's input is made of pixel values of 0 to 255: `(value - mean) * scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PixelSpec {
    /// Order of the colour planes.
    pub channels: ChannelOrder,
    /// Subtracted, by plane in the order of `channels`.
    pub mean: [f32; 3],
    /// Multiplies after that.
    pub scale: f32,
}

impl PixelSpec {
    /// Red first, 0 to 1.
    #[cfg(test)]
    pub(crate) const UNIT_RGB: Self = Self { channels: ChannelOrder::Rgb, mean: [0.0; 3], scale: 1.0 / 255.0 };

    /// Lays a square picture out as `[1, 3, side, side]`, its columns from right to left if it is mirrored.
    pub(crate) fn fill(&self, input: &mut Tensor, rgb: &[u8], side: usize, mirrored: bool) {
        let plane = side * side;
        input.shape = vec![1, 3, side, side];
        input.data.resize(3 * plane, 0.0);
        let pixels = rgb.as_chunks::<3>().0;
        for (channel, values) in input.data.chunks_exact_mut(plane).enumerate() {
            let colour = match self.channels {
                ChannelOrder::Rgb => channel,
                ChannelOrder::Bgr => 2 - channel,
            };
            for (to, from) in values.chunks_exact_mut(side).zip(pixels.chunks_exact(side)) {
                let scaled = |p: &[u8; 3]| (f32::from(p[colour]) - self.mean[channel]) * self.scale;
                match mirrored {
                    true => to.iter_mut().zip(from.iter().rev()).for_each(|(t, p)| *t = scaled(p)),
                    false => to.iter_mut().zip(from).for_each(|(t, p)| *t = scaled(p)),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_follow_the_order_and_columns_turn_round() {
        let spec = PixelSpec { channels: ChannelOrder::Bgr, mean: [1.0, 2.0, 3.0], scale: 2.0 };
        let picture = [[10, 20, 30], [40, 50, 60], [70, 80, 90], [100, 110, 120]].concat();
        let mut input = Tensor::default();
        spec.fill(&mut input, &picture, 2, false);
        assert_eq!(input.shape, [1, 3, 2, 2]);
        assert_eq!(input.data[..4], [58.0, 118.0, 178.0, 238.0], "blue less 1, doubled");
        assert_eq!(input.data[8..], [14.0, 74.0, 134.0, 194.0], "red less 3, doubled");
        spec.fill(&mut input, &picture, 2, true);
        assert_eq!(input.data[..4], [118.0, 58.0, 238.0, 178.0]);
    }
}
