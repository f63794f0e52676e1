//! Numbers of 16 bits: one of sign, five of exponent, ten of fraction.

/// The value, which `f64` holds exactly.
pub(super) fn from_bits(bits: u16) -> f64 {
    let (exponent, fraction) = (bits >> 10 & 0x1f, bits & 0x3ff);
    let size = match exponent {
        0 => f64::from(fraction) * power_of_two(-24),
        0x1f if fraction == 0 => f64::INFINITY,
        0x1f => f64::NAN,
        _ => f64::from(fraction | 0x400) * power_of_two(i64::from(exponent) - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// Exactly, for exponents of ordinary numbers.
fn power_of_two(exponent: i64) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::from_bits;

    #[test]
    fn the_edges_of_the_format() {
        for (bits, value) in [
            (0x0000, 0.0),
            (0x0001, 1.0 / 16_777_216.0), // 2^-24
            (0x03ff, 1023.0 / 16_777_216.0),
            (0x0400, 1.0 / 16_384.0), // 2^-14
            (0x3555, 0.333_251_953_125),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x7c00, f64::INFINITY),
            (0xfc00, f64::NEG_INFINITY),
        ] {
            assert_eq!(from_bits(bits), value, "{bits:04x}");
        }
        assert!(from_bits(0x7e00).is_nan() && from_bits(0x8000).is_sign_negative());
    }
}
