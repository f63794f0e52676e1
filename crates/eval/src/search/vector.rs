//! Arithmetic on vectors of the generators.

/// Adds `times` as much of `other`.
pub(super) fn add(into: &mut [f32], times: f64, other: &[f32]) {
    for (value, other) in into.iter_mut().zip(other) {
        *value += times as f32 * other;
    }
}

/// The inner product, in double precision.
pub(super) fn product(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// Scales to length 1.
pub(super) fn normalise(values: &mut [f32]) {
    let length = product(values, values).sqrt();
    values.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
}
