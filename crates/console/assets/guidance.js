// What to tell somebody who stands before the camera, from the checks of their picture. Plain functions: tested with node.
(function (root) {
  "use strict";

  // In the order in which they help: without a face nothing else matters, and who comes closer may be sharp at once.
  var ORDER = [
    "no_face", "several_faces", "face_covered", "face_unclear", "face_size", "face_turned", "face_raised_or_lowered",
    "face_tilted", "face_too_dark", "face_too_bright", "face_unevenly_lit", "face_low_contrast", "face_not_sharp",
    "sunglasses", "mouth_open", "eyes_closed",
  ];

  // The hint for a failed check; those that depend on the value say which way.
  var HINTS = {
    no_face: function () { return "Look into the camera."; },
    several_faces: function () { return "Only one face, please."; },
    face_covered: function () { return "Uncover your face."; },
    face_unclear: function () { return "Show your whole face in good light."; },
    face_size: function (check) {
      return check.check === "inter_eye_distance_px" ? "Come closer." : "Move your face into the middle.";
    },
    face_turned: function (check) { return check.value > 0 ? "Turn a little to your left." : "Turn a little to your right."; },
    face_raised_or_lowered: function (check) { return check.value > 0 ? "Lower your chin a little." : "Raise your chin a little."; },
    face_tilted: function () { return "Hold your head upright."; },
    face_too_dark: function () { return "More light, please."; },
    face_too_bright: function () { return "Less light, please."; },
    face_unevenly_lit: function () { return "Turn towards the light."; },
    face_low_contrast: function () { return "Clean the lens, or find better light."; },
    face_not_sharp: function () { return "Hold still."; },
    sunglasses: function () { return "Take off your sunglasses."; },
    mouth_open: function () { return "Close your mouth."; },
    eyes_closed: function () { return "Open your eyes."; },
  };

  // What people call a check.
  var NAMES = {
    face_count: "One face", mouth_visibility: "Face uncovered", detector_confidence_percent: "Certain it is a face",
    face_presence: "Whole face", inter_eye_distance_px: "Size", face_inside_frame_percent: "Inside the picture",
    margin_percent: "Room around the face", yaw_degrees: "Not turned", pitch_degrees: "Not raised or lowered",
    roll_degrees: "Not tilted", sharpness_percent: "Sharp", luminance_mean_percent: "Brightness",
    luminance_contrast_percent: "Contrast", under_exposed_percent: "No black areas",
    over_exposed_percent: "No glare", illumination_uniformity_percent: "Even light", eye_contrast_percent: "Eyes visible",
    eye_openness_percent: "Eyes open", right_eye_openness_percent: "Right eye open", left_eye_openness_percent: "Left eye open",
    mouth_openness_percent: "Mouth closed", head_width_px: "Width of the head", head_height_px: "Height of the head",
    face_share_percent: "Share of the picture", unified_quality: "Quality",
  };

  function rank(check) {
    var place = ORDER.indexOf(check.type);
    return place < 0 ? ORDER.length : place;
  }

  /** The failed checks, the one that helps most first. */
  function failed(checks) {
    return checks.filter(function (check) { return !check.passed; }).sort(function (a, b) { return rank(a) - rank(b); });
  }

  /** One hint for a picture; "" when everything is fine. */
  function hint(checks) {
    var worst = failed(checks)[0];
    if (!worst) return "";
    var say = HINTS[worst.type];
    return say ? say(worst) : worst.advice || "Try again.";
  }

  /** What a check is called, or its own name. */
  function name(check) {
    return NAMES[check] || check.replace(/_/g, " ");
  }

  /** A value with its unit and what is accepted, in words. */
  function measured(check) {
    var unit = { percent: " %", degrees: "°", pixels: " px" }[check.unit] || "";
    var number = function (value) { return String(Math.round(value * 10) / 10) + unit; };
    if (check.value === undefined || check.value === null) return "";
    var limits = [];
    if (check.min !== undefined && check.min !== null) limits.push("at least " + number(check.min));
    if (check.max !== undefined && check.max !== null) limits.push("at most " + number(check.max));
    return number(check.value) + (limits.length ? " (" + limits.join(", ") + ")" : "");
  }

  /** Lets a hint through only when it came twice in a row: what flickers cannot be read. */
  function steady() {
    var shown = null, last = null;
    return function (text) {
      if (text === last || shown === null) shown = text;
      last = text;
      return shown;
    };
  }

  var guidance = { ORDER: ORDER, HINTS: HINTS, NAMES: NAMES, failed: failed, hint: hint, name: name, measured: measured, steady: steady };
  if (typeof module === "object" && module.exports) module.exports = guidance;
  else root.guidance = guidance;
})(typeof globalThis === "object" ? globalThis : this);
