//! A QR code as the path of an SVG picture.

use qrcodegen::{DataTooLong, QrCode, QrCodeEcc};

/// What stays white around the code, in modules, as the standard asks.
const QUIET_ZONE: i32 = 4;

/// A picture that says a text.
pub(crate) struct Picture {
    /// Width and height of the field, in modules.
    pub(crate) size: i32,
    /// The dark modules as the `d` of a path.
    pub(crate) path: String,
}

/// The picture of a text; an error when it is too long for any code.
pub(crate) fn picture(text: &str) -> Result<Picture, DataTooLong> {
    QrCode::encode_text(text, QrCodeEcc::Medium).map(|code| Picture::of(&code))
}

impl Picture {
    fn of(code: &QrCode) -> Self {
        let mut path = String::new();
        for y in 0..code.size() {
            let mut x = 0;
            while x < code.size() {
                // A run of dark modules is one rectangle: a fraction of the bytes, and no seams.
                let run = (x..code.size()).take_while(|&x| code.get_module(x, y)).count();
                let run = i32::try_from(run).unwrap_or_default();
                if run > 0 {
                    let (left, top) = (x + QUIET_ZONE, y + QUIET_ZONE);
                    path += &format!("M{left} {top}h{run}v1h-{run}z");
                }
                x += run + 1;
            }
        }
        Self { size: code.size() + 2 * QUIET_ZONE, path }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_covers_exactly_the_dark_modules() {
        let code =
            QrCode::encode_text("otpauth://totp/Auther:a@b.example?secret=ABC", QrCodeEcc::Medium).expect("short");
        let picture = Picture::of(&code);
        let mut dark = std::collections::HashSet::new();
        for run in picture.path.split('z').filter(|run| !run.is_empty()) {
            let numbers: Vec<i32> = run
                .split(|c: char| !c.is_ascii_digit())
                .filter(|n| !n.is_empty())
                .map(|n| n.parse().expect("n"))
                .collect();
            let &[x, y, width, 1, _] = numbers.as_slice() else { panic!("{run}") };
            dark.extend((x..x + width).map(|x| (x - QUIET_ZONE, y - QUIET_ZONE)));
        }
        for y in 0..code.size() {
            for x in 0..code.size() {
                assert_eq!(dark.contains(&(x, y)), code.get_module(x, y), "{x} {y}");
            }
        }
    }

    #[test]
    fn what_is_too_long_is_an_error() {
        assert!(picture(&"x".repeat(5_000)).is_err());
    }
}
