//! Lines of samples to lines of pixels: chroma for each pixel, and RGB of luma and chroma (ITU-T T.871).

/// Binary places of the factors.
const PLACES: i32 = 14;

/// The factors of T.871, 7.
const RED_OF_RED: i32 = factor(1.402);
const GREEN_OF_BLUE: i32 = factor(0.344_136_3);
const GREEN_OF_RED: i32 = factor(0.714_136_3);
const BLUE_OF_BLUE: i32 = factor(1.772);

/// Where chroma is none.
const MIDDLE: i32 = 128;

const fn factor(value: f64) -> i32 {
    (value * (1 << PLACES) as f64 + 0.5) as i32
}

/// Pixels of a line of luma and lines of chroma that are as long.
#[inline(always)]
pub(super) fn rgb(luma: &[u8], blue: &[u8], red: &[u8], pixels: &mut [u8]) {
    let (pixels, _) = pixels.as_chunks_mut::<3>();
    for (((pixel, luma), blue), red) in pixels.iter_mut().zip(luma).zip(blue).zip(red) {
        let luma = (i32::from(*luma) << PLACES) + (1 << (PLACES - 1));
        let (blue, red) = (i32::from(*blue) - MIDDLE, i32::from(*red) - MIDDLE);
        let level = |value: i32| (value >> PLACES).clamp(0, 255) as u8;
        *pixel = [
            level(luma + RED_OF_RED * red),
            level(luma - GREEN_OF_BLUE * blue - GREEN_OF_RED * red),
            level(luma + BLUE_OF_BLUE * blue),
        ];
    }
}

/// Pixels of a line of luma alone.
#[inline(always)]
pub(super) fn grey(luma: &[u8], pixels: &mut [u8]) {
    let (pixels, _) = pixels.as_chunks_mut::<3>();
    pixels.iter_mut().zip(luma).for_each(|(pixel, luma)| *pixel = [*luma; 3]);
}

/// The line between two, a quarter of the way from the near one to the far one.
#[inline(always)]
pub(super) fn between(near: &[u8], far: &[u8], line: &mut [u8]) {
    for ((to, near), far) in line.iter_mut().zip(near).zip(far) {
        *to = quarter(*near, *far);
    }
}

/// Twice as many samples, each a quarter of the way from the one that it lies in to its neighbour.
#[inline(always)]
pub(super) fn doubled(samples: &[u8], line: &mut [u8]) {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else {
        return;
    };
    let (pairs, _) = line.as_chunks_mut::<2>();
    // Beyond the ends is what is there.
    for (to, [near, right]) in pairs.iter_mut().zip(samples.array_windows()) {
        to[1] = quarter(*near, *right);
    }
    for (to, [left, near]) in pairs.iter_mut().skip(1).zip(samples.array_windows()) {
        to[0] = quarter(*near, *left);
    }
    pairs[0][0] = *first;
    pairs[samples.len() - 1][1] = *last;
}

#[inline(always)]
fn quarter(near: u8, far: u8) -> u8 {
    ((3 * u16::from(near) + u16::from(far) + 2) >> 2) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_is_the_nearest_to_what_the_standard_defines() {
        let levels = || (0..=255_u8).step_by(5);
        for (luma, blue, red) in levels().flat_map(|y| levels().flat_map(move |b| levels().map(move |r| (y, b, r)))) {
            let mut pixel = [0; 3];
            rgb(&[luma], &[blue], &[red], &mut pixel);
            let (y, b, r) = (f64::from(luma), f64::from(blue) - 128.0, f64::from(red) - 128.0);
            let expected = [y + 1.402 * r, y - (0.114 * 1.772 * b + 0.299 * 1.402 * r) / 0.587, y + 1.772 * b];
            for (found, expected) in pixel.into_iter().zip(expected) {
                assert!((f64::from(found) - expected.clamp(0.0, 255.0)).abs() < 0.52, "{luma} {blue} {red}: {pixel:?}");
            }
        }
    }

    #[test]
    fn chroma_runs_from_sample_to_sample_and_stays_at_the_ends() {
        let mut line = [0; 6];
        doubled(&[0, 100, 200], &mut line);
        assert_eq!(line, [0, 25, 75, 125, 175, 200]);
        doubled(&[9], &mut line[..2]);
        assert_eq!(line[..2], [9, 9]);
        between(&[0, 100], &[100, 100], &mut line[..2]);
        assert_eq!(line[..2], [25, 100]);
    }
}
