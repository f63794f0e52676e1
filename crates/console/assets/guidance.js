// What to tell a person before the camera, made of the checks of their picture. Functions of their arguments alone: they
// are tested with node (guidance.test.js), against the description of the API.
(function (root) {
  "use strict";

  // Every measure: what people call it, and which way of failing it stands for when it is too low or too high.
  const MEASURES = {
    face_count: { name: "Faces", below: "no_face", above: "several_faces" },
    mouth_visibility: { name: "Mouth and nose uncovered", below: "face_covered" },
    detector_confidence_percent: { name: "Clearly a face", below: "face_unclear" },
    face_presence: { name: "Whole face seen", below: "face_unclear" },
    inter_eye_distance_px: { name: "Distance between the eyes", below: "face_size" },
    head_width_px: { name: "Width of the head" },
    head_height_px: { name: "Height of the head" },
    face_share_percent: { name: "Share of the picture’s height" },
    face_inside_frame_percent: { name: "Face inside the picture", below: "face_size" },
    margin_percent: { name: "Room around the face", below: "face_size" },
    yaw_degrees: { name: "Turned to the side", below: "face_turned", above: "face_turned" },
    pitch_degrees: { name: "Raised or lowered", below: "face_raised_or_lowered", above: "face_raised_or_lowered" },
    roll_degrees: { name: "Tilted to a shoulder", below: "face_tilted", above: "face_tilted" },
    sharpness_percent: { name: "Sharpness", below: "face_not_sharp" },
    luminance_mean_percent: { name: "Brightness", below: "face_too_dark", above: "face_too_bright" },
    luminance_contrast_percent: { name: "Contrast", below: "face_low_contrast" },
    under_exposed_percent: { name: "Black areas", above: "face_too_dark" },
    over_exposed_percent: { name: "White areas", above: "face_too_bright" },
    illumination_uniformity_percent: { name: "Evenness of the light", below: "face_unevenly_lit" },
    eye_contrast_percent: { name: "Eyes seen through glasses", below: "sunglasses" },
    eye_openness_percent: { name: "Eyes open", below: "eyes_closed" },
    right_eye_openness_percent: { name: "Right eye open", below: "eyes_closed" },
    left_eye_openness_percent: { name: "Left eye open", below: "eyes_closed" },
    mouth_openness_percent: { name: "Mouth open", above: "mouth_open" },
    unified_quality: { name: "Quality" },
  };

  // Measures that are one thing to the person, in the order of a glance. What is only reported is in none.
  const GROUPS = [
    { name: "One face", measures: ["face_count"] },
    { name: "Face uncovered", measures: ["mouth_visibility", "detector_confidence_percent", "face_presence"] },
    { name: "Distance and place", measures: ["inter_eye_distance_px", "face_inside_frame_percent", "margin_percent"] },
    { name: "Head straight", measures: ["yaw_degrees", "pitch_degrees", "roll_degrees"] },
    { name: "Light", measures: ["luminance_mean_percent", "luminance_contrast_percent", "under_exposed_percent", "over_exposed_percent", "illumination_uniformity_percent"] },
    { name: "Sharpness", measures: ["sharpness_percent"] },
    { name: "Eyes", measures: ["eye_contrast_percent", "eye_openness_percent", "right_eye_openness_percent", "left_eye_openness_percent"] },
    { name: "Mouth closed", measures: ["mouth_openness_percent"] },
  ];

  // The worst first: without a face nothing else matters, and who comes closer into better light may be sharp at once.
  const ORDER = [
    "no_face", "several_faces", "face_covered", "face_size", "face_too_dark", "face_too_bright", "face_unevenly_lit",
    "face_low_contrast", "face_turned", "face_raised_or_lowered", "face_tilted", "sunglasses", "mouth_open", "eyes_closed",
    "face_not_sharp", "face_unclear",
  ];

  // What the person should do. Where it depends on the way in which the check failed, the hint is a function of the check
  // and of the whole answer. Right and left are the person's, so a preview in the mirror changes nothing.
  const HINTS = {
    no_face: "Look into the camera",
    several_faces: "Only one face, please",
    face_covered: "Uncover your mouth and nose",
    face_unclear: "Show your whole face",
    face_size: (check, checked) =>
      check.check === "inter_eye_distance_px" ? "Come closer" : fillsThePicture(checked) ? "Move back a little" : "Move into the middle",
    face_turned: (check) => sided(check, "Turn your head a little to the left", "Turn your head a little to the right", "Look straight at the camera"),
    face_raised_or_lowered: (check) => sided(check, "Lower your chin a little", "Raise your chin a little", "Look straight at the camera"),
    face_tilted: "Hold your head upright",
    face_too_dark: "More light from the front",
    face_too_bright: "Less light: step out of the glare",
    face_low_contrast: "Clean the lens, or find better light",
    face_unevenly_lit: "Turn towards the light",
    face_not_sharp: "Hold still",
    sunglasses: "Take off your sunglasses",
    mouth_open: "Close your mouth",
    eyes_closed: "Open your eyes",
  };

  // What recognition needs of a picture that only asks who somebody is; the rest decides by itself.
  const PROBE = ["no_face", "face_size"];

  function sided(check, above, below, unknown) {
    if (typeof check.value !== "number") return unknown;
    return check.value > 0 ? above : below;
  }

  /** Whether a face that leaves the frame is too near, rather than beside the middle. */
  function fillsThePicture(checked) {
    if (!checked || !checked.face || !checked.image) return false;
    const { box } = checked.face;
    return box.width > 0.7 * checked.image.width || box.height > 0.85 * checked.image.height;
  }

  /** The way in which a check failed; an entry of `details` does not say, its limits do. */
  function type(check) {
    if (check.type) return check.type;
    const measure = MEASURES[check.check];
    if (!measure) return undefined;
    const isAbove = typeof check.value === "number" && typeof check.max === "number" && check.value > check.max;
    return (isAbove ? measure.above : measure.below) || measure.below || measure.above;
  }

  function rank(check) {
    const place = ORDER.indexOf(type(check));
    return place < 0 ? ORDER.length : place;
  }

  /** The checks that failed, the worst first. */
  function failed(checks) {
    return checks.filter((check) => !check.passed).sort((a, b) => rank(a) - rank(b));
  }

  /** What to do about one failed check; "" for what is no check of a face. */
  function advice(check, checked) {
    const hint = HINTS[type(check)];
    if (hint === undefined) return check.advice || "";
    return typeof hint === "function" ? hint(check, checked) : hint;
  }

  /** One hint for a picture, "" when there is nothing to say. `isProbe`: the picture enrols nobody. */
  function hint(checked, isProbe) {
    const worst = failed(checked.checks).filter((check) => !isProbe || PROBE.includes(type(check)));
    return worst.length ? advice(worst[0], checked) || "Try again" : "";
  }

  /** Whether the picture will do. */
  function isReady(checked, isProbe) {
    return isProbe ? hint(checked, true) === "" : checked.accepted;
  }

  function number(value, unit) {
    const units = { percent: " %", degrees: "°", pixels: " px" };
    const rounded = Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 10) / 10;
    return String(rounded).replace("-", "−") + (units[unit] || "");
  }

  /** The unit of a measure is the end of its name where the answer does not say it. */
  function unit(check) {
    if (check.unit) return check.unit;
    const end = { percent: "percent", px: "pixels", degrees: "degrees" };
    return end[check.check.split("_").pop()];
  }

  /** The value in words: `50.7 %`. */
  function value(check) {
    return typeof check.value === "number" ? number(check.value, unit(check)) : "not measurable";
  }

  /** What is accepted in words: `at most 28 %`; "" where anything is. */
  function accepted(check) {
    const { min, max } = check;
    const isLimit = (limit) => typeof limit === "number";
    if (isLimit(min) && isLimit(max)) return min === max ? "exactly " + number(min) : number(min, unit(check)) + " to " + number(max, unit(check));
    if (isLimit(min)) return "at least " + number(min, unit(check));
    return isLimit(max) ? "at most " + number(max, unit(check)) : "";
  }

  /** What people call a measure. */
  function name(check) {
    const measure = MEASURES[check];
    return measure ? measure.name : check;
  }

  /** For each group whether it is as it should be, and if it is not, in numbers. Groups that were not measured are left out. */
  function meters(checks) {
    const meter = (group) => {
      const own = checks.filter((check) => group.measures.includes(check.check));
      const worst = failed(own)[0];
      const says = worst ? name(worst.check) + ": " + value(worst) + ", accepted " + accepted(worst) : "";
      return { name: group.name, isMeasured: own.length > 0, isOk: !worst, says };
    };
    return GROUPS.map(meter).filter((meter) => meter.isMeasured);
  }

  /** Lets a text through once it came twice in a row: what flickers cannot be read. The first one comes at once. */
  function steady() {
    let shown = null;
    let last = null;
    return (text) => {
      if (shown === null || text === last) shown = text;
      last = text;
      return shown;
    };
  }

  const guidance = { MEASURES, GROUPS, ORDER, HINTS, type, failed, advice, hint, isReady, value, accepted, name, meters, steady };
  if (typeof module === "object" && module.exports) module.exports = guidance;
  else root.guidance = guidance;
})(globalThis);
