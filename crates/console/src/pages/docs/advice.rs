//! What a client does about each code. A code of the API without a line here fails a test, and so does a line too many.

/// The advice, as an instruction to whoever writes the client; with code in back-ticks and links.
pub(super) fn about(code: &str) -> &'static str {
    ADVICE.iter().find(|(known, _)| *known == code).map_or("", |(_, advice)| advice)
}

const ADVICE: &[(&str, &str)] = &[
    (
        "R_002",
        "Mend the request: declare `Content-Type: application/json`, send the whole body, and keep to the \
         [sizes](/docs/limits#sizes). The same request fails again.",
    ),
    (
        "R_003",
        "Look at `details`: each entry names the field, or the limit, and what it has to be. The same request fails \
         again.",
    ),
    (
        "CP_002",
        "Choose another id, or [update](/docs/reference#updatePerson) the person who has this one. After a time-out it \
         may mean that your first attempt succeeded: [get](/docs/reference#getPerson) tells.",
    ),
    (
        "CP_005",
        "`requests_exhausted`: wait until the time in `details`, or have the operator change the plan. \
         `persons_exhausted`: remove somebody, or have the plan changed.",
    ),
    ("F_002", "Ask for another picture: the whole face, uncovered, in good light."),
    ("F_001", "Ask for a picture with one person in it. Somebody small in the background is no matter."),
    (
        "F_011",
        "Ask the person to come closer, or to move into the middle. Enlarging a small picture does not help; a camera \
         with more pixels does.",
    ),
    ("F_010", "Ask the person to look straight at the camera."),
    ("F_009", "Hold the camera at the level of the eyes, and ask the person to look straight at it."),
    ("F_008", "Ask the person to hold their head upright. A picture that lies on its side needs its EXIF orientation."),
    (
        "F_007",
        "Ask the person to hold still, and let the camera focus. Send the picture as it was taken, not enlarged.",
    ),
    ("F_006", "Ask for even light from the front: a window before the person, not behind them."),
    ("F_005", "Ask the person to take off their sunglasses. Ordinary glasses are no problem."),
    ("F_004", "Ask the person to close their mouth."),
    ("F_003", "Ask the person to open their eyes, and take another picture: perhaps they blinked."),
    (
        "F_012",
        "[Identify](/docs/reference#identifyPerson) the face to learn under which id it is enrolled, and use that one, \
         or remove it first.",
    ),
    (
        "NF_001",
        "Tell by `type`: `person_not_found` means to enrol first; `face_not_matched` means to refuse. Show both in the \
         same words to whoever is not to learn which ids exist.",
    ),
    ("RF_001", "Treat the person as unknown: enrol them, or turn them away. A better picture may help."),
    ("A_001", "Send the key in the header `Api-Key`."),
    ("A_002", "Look for missing characters or white space in the key; if it is lost, make a new one."),
    (
        "A_003",
        "Tell by `type`: make a new key, give it the permission, call from an allowed network, or ask the operator. \
         The same request fails again.",
    ),
    (
        "S_001",
        "[Sign](/docs/signing) the request: its key takes no other. Whether it has to be signed is set at the key, in the \
         back-office.",
    ),
    (
        "S_002",
        "Compare your line, byte by byte, with that of the signature debugger at the key in the back-office: most often the \
         base URL differs, or the body was written anew after it was signed.",
    ),
    (
        "S_003",
        "`timestamp_outside_window`: set the clock; `details` says how far it is off. `signature_replayed`: sign each \
         attempt anew, with a later timestamp.",
    ),
    ("L_001", "Wait for as many seconds as `Retry-After` says, then go on more slowly."),
    (
        "R_001",
        "Mend the path or the method. A person id with a character that is not allowed has to be mended, not encoded.",
    ),
    (
        "U_001",
        "Wait for as many seconds as `Retry-After` says and try again; wait twice as long each time. It does not count \
         against the plan.",
    ),
    ("I_001", "Report it with the `Request-Id`. Trying again once is harmless, and does not count against the plan."),
];

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// In the same order, so that nobody has to look for a line.
    #[test]
    fn every_code_of_the_api_has_advice_and_no_other() {
        let openapi: Value =
            serde_json::from_str(include_str!("../../../../../openapi/auther-check-api.json")).expect("JSON");
        let rows = openapi["x-error-codes"].as_array().expect("codes");
        let codes: Vec<_> = rows.iter().map(|row| row["code"].as_str().expect("a code")).collect();
        assert_eq!(ADVICE.iter().map(|(code, _)| *code).collect::<Vec<_>>(), codes);
        for code in codes {
            assert!(about(code).ends_with(['.']), "{code}");
        }
        assert_eq!(about("X_000"), "");
    }
}
