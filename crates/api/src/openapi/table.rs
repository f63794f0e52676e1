//! The tables of the documentation that the standard has no place for, as `x-` lists in reading order.

use biometric::Similarity;
use face::{CheckLimits, ImageLimits, Measure};
use serde_json::{Value, json};

use super::call::Call;
use super::component::PERSON_ID_CHARS_MAX;
use super::{case, outcome};
use crate::error::{Number, defect_case};
use crate::{Case, Code, Settings};

/// Every code, its cases, and the calls that can end with it.
pub(super) fn error_codes() -> Value {
    Code::ALL.iter().map(|code| error_code(*code)).collect()
}

fn error_code(code: Code) -> Value {
    let cases: Vec<Case> = Case::ALL.iter().copied().filter(|case| case.code() == code).collect();
    let row = |case: &Case| {
        json!({
            "type": case.word(),
            "status": case.status().as_u16(),
            "meaning": case::meaning(*case),
            "advice": case::advice(*case),
        })
    };
    let ends = |call: &&Call| outcome::failures(**call).iter().any(|case| case.code() == code);
    json!({
        "code": code.text(),
        "status": code.status().as_u16(),
        "message": code.message(),
        "meaning": code.meaning(),
        "retry": cases.iter().any(|case| case::is_temporary(*case)),
        "types": cases.iter().map(row).collect::<Vec<_>>(),
        "operations": Call::ALL.iter().filter(ends).map(|call| call.id()).collect::<Vec<_>>(),
    })
}

/// Every measure of an image and the limits of an enrolment.
pub(super) fn image_requirements() -> Value {
    Measure::ALL.iter().map(|measure| image_requirement(*measure)).collect()
}

fn image_requirement(measure: Measure) -> Value {
    let range = CheckLimits::default().range(measure);
    let standard = measure.standard_name();
    // What a value that misses this limit is refused with.
    let refused = |limit: Option<f64>, too_low: bool| {
        limit.map(|_| {
            let defect = measure.defect(too_low);
            let case = defect_case(defect);
            json!({"code": case.code().text(), "type": case.word(), "advice": defect.advice()})
        })
    };
    json!({
        "name": measure.name(),
        "unit": measure.unit(),
        "meaning": measure.meaning(),
        "standardName": (!standard.is_empty()).then_some(standard),
        "min": range.min.and_then(Number::new),
        "max": range.max.and_then(Number::new),
        "below": refused(range.min, true),
        "above": refused(range.max, false),
    })
}

/// What a request may be, whoever sends it.
pub(super) fn limits() -> Value {
    let (image, settings) = (ImageLimits::default(), Settings::default());
    let body = |images| settings.body_bytes_max(images) as u64;
    let (side, characters) = (image.side_px_min.into(), PERSON_ID_CHARS_MAX.into());
    let rows = [
        ("image_bytes", "bytes", to(image.bytes_max as u64), Case::ImageBytes, "Size of an image, not yet base64."),
        ("image_pixels", "pixels", to(image.pixels_max), Case::ImagePixels, "Width times height of an image."),
        ("image_side_px", "pixels", (Some(side), None), Case::ImageSide, "Shorter side of an image."),
        ("body_bytes_one_image", "bytes", to(body(1)), Case::BodyTooLarge, "Size of a body that carries one image."),
        ("body_bytes_two_images", "bytes", to(body(2)), Case::BodyTooLarge, "Size of a body that carries two images."),
        ("person_id", "characters", (Some(1), Some(characters)), Case::PersonIdInvalid, PERSON_ID),
        ("similarityThreshold", "percent", (Some(0), Some(100)), Case::FieldRange, "The threshold of a comparison."),
        ("request_ms", "milliseconds", to(settings.request_ms_max), Case::TimedOut, "Time of a request."),
    ];
    let row = |(name, unit, (min, max), case, meaning): (&str, &str, Limits, Case, &str)| {
        json!({
            "name": name,
            "unit": unit,
            "min": min,
            "max": max,
            "meaning": meaning,
            "code": case.code().text(),
            "type": case.word(),
        })
    };
    rows.map(row).into_iter().collect()
}

const PERSON_ID: &str = "Length of a person id, of the characters `A-Z a-z 0-9 . _ ~ @ : + -`.";

/// The least and the greatest value.
type Limits = (Option<u64>, Option<u64>);

const fn to(max: u64) -> Limits {
    (None, Some(max))
}

/// Similarities, and of how many comparisons of different people one is taken for a match by mistake.
const FALSE_MATCH_ONE_IN: [(u32, u32); 6] =
    [(50, 10), (60, 100), (70, 1_000), (80, 10_000), (90, 100_000), (98, 1_000_000)];

/// What a similarity means, and where the thresholds lie.
pub(super) fn similarity() -> Value {
    let row = |(percent, one_in): (u32, u32)| {
        let note = match f64::from(percent) {
            p if p == Similarity::VERIFY.percent() => Some("Verify, and compare unless it is told otherwise."),
            p if p == Similarity::IDENTIFY.percent() => Some("Identify, and whether a face is enrolled already."),
            _ => None,
        };
        json!({"percent": percent, "falseMatchRate": 1.0 / f64::from(one_in), "oneIn": one_in, "note": note})
    };
    let same = json!({"percent": 100, "falseMatchRate": null, "oneIn": null, "note": "The same image."});
    let rows: Vec<Value> = FALSE_MATCH_ONE_IN.map(row).into_iter().chain([same]).collect();
    let percent = |similarity: Similarity| Number::new(similarity.percent());
    json!({
        "meaning": "A similarity is defined by how often it is wrong, measured for the recognition model in use: at 80 %, \
            one comparison of two different people in 10,000 reaches it. The more persons are enrolled, the more \
            comparisons an identification makes: that is why it asks for 98 %.",
        "verify": percent(Similarity::VERIFY),
        "identify": percent(Similarity::IDENTIFY),
        "duplicate": percent(Similarity::IDENTIFY),
        "compareDefault": percent(Similarity::VERIFY),
        "rows": rows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_false_match_rates_are_those_that_define_a_similarity() {
        for (percent, one_in) in FALSE_MATCH_ONE_IN {
            let decades = f64::from(one_in).log10();
            // 10 points a decade up to 90 %, then one decade to 98 %.
            let defined = if decades <= 5.0 { 40.0 + 10.0 * decades } else { 90.0 + 8.0 * (decades - 5.0) };
            assert!((defined - f64::from(percent)).abs() < 1e-9, "{percent}");
        }
    }
}
