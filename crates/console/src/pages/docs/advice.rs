//! What a client does about each code. Adding a code to the API without a line here fails a test.

/// The advice, as an instruction to whoever writes the client.
pub(super) fn about(code: &str) -> &'static str {
    ADVICE.iter().find(|(known, _)| *known == code).map_or("", |(_, advice)| advice)
}

const ADVICE: &[(&str, &str)] = &[
    ("R_002", "Mend the request: declare Content-Type: application/json, send the whole body, keep to the size."),
    ("R_003", "Look at details: each entry names the field and what it has to be. Do not repeat the request as it is."),
    ("CP_002", "Update the person instead, or choose another id."),
    ("CP_005", "Wait until the time in details, or have the plan changed; for persons, remove some."),
    ("F_001", "Ask for a picture with one person in it."),
    ("F_002", "Ask for another picture: the whole face, uncovered, in good light."),
    ("F_003", "Ask the person to open their eyes."),
    ("F_004", "Ask the person to close their mouth."),
    ("F_005", "Ask the person to take off their sunglasses."),
    ("F_006", "Ask for even light from the front."),
    ("F_007", "Ask the person to hold still, and let the camera focus."),
    ("F_008", "Ask the person to hold their head upright."),
    ("F_009", "Hold the camera at eye level."),
    ("F_010", "Ask the person to look straight ahead."),
    ("F_011", "Ask the person to come closer, or to move into the middle."),
    ("F_012", "Identify the face to learn under which id it is enrolled."),
    ("NF_001", "Tell by type: enrol first (person_not_found), or refuse (face_not_matched)."),
    ("RF_001", "Treat the person as unknown."),
    ("A_001", "Send the key in the header Api-Key."),
    ("A_002", "Check the key for missing characters, or make a new one."),
    ("A_003", "Tell by type: renew the key, give it the permission, or call from an allowed network."),
    ("L_001", "Wait as long as Retry-After says, then go on slower."),
    ("R_001", "Mend the path or the method; Allow lists the methods."),
    ("S_001", "Sign the request: this key requires it."),
    ("S_002", "Compare the signed line with the one in the documentation, byte for byte."),
    ("S_003", "Set the clock right, and never send one signature twice."),
    ("U_001", "Wait as long as Retry-After says, then try again; double the wait each time."),
    ("I_001", "Report it with the Request-Id; trying again once is harmless."),
];

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_code_of_the_api_has_advice() {
        let openapi: Value =
            serde_json::from_str(include_str!("../../../../../openapi/auther-check-api.json")).expect("JSON");
        let codes: Vec<_> = openapi["x-error-codes"].as_array().expect("codes").iter().collect();
        assert!(codes.len() > 20);
        for row in codes {
            let code = row["code"].as_str().expect("a code");
            assert!(!about(code).is_empty(), "{code} has no advice");
        }
    }
}
