// An answer of the API in plain words, and the call as a program makes it. Functions of their arguments alone: they are
// tested with node (answer.test.js), against the description of the API.
(function (root) {
  "use strict";

  // What success means, by what was tried.
  const SUCCESS = {
    check: (json) => (json.accepted ? "This image would be accepted" : "This image would be refused"),
    enrol: (json) => json.personId + " is enrolled",
    replace: (json) => "The image of " + json.personId + " is replaced",
    verify: (json) => "Yes, this is " + json.personId,
    identify: (json) => "This is " + json.personId,
    compare: (json) => (json.facesMatched > 0 ? "The same person: " + json.facesMatched + " % similar" : "Not the same person"),
    get: (json) => json.personId + " is enrolled",
    remove: () => "The person is removed and forgotten",
  };

  // What a refusal means, by its type: verdict, and what to do about it.
  const REFUSALS = {
    person_not_found: ["Nobody is enrolled under this id", "Capitals count. Enrol the person first, or look the id up among the persons."],
    face_not_matched: ["No, this is somebody else", "The person is enrolled, and the face in the picture is not similar enough to theirs."],
    no_person_matched: ["Nobody who is enrolled looks like this", "No enrolled person is similar enough. Enrol this person, or try a better picture."],
    person_taken: ["This id is taken", "Somebody is enrolled under it. Choose another id, or replace that person’s picture."],
    face_enrolled: ["This face is enrolled already", "It is enrolled under another id, which is not told here. “Identify” finds it."],
    person_id_invalid: ["This is not a person id", "It has 1 to 128 characters of A–Z a–z 0–9 . _ ~ @ : + -"],
    image_format: ["This is no JPEG, PNG or WebP", "Save the picture as one of these."],
    image_undecodable: ["This picture is damaged", "It is cut off or broken. Save it anew, or take another."],
    image_bytes: ["This file is too large", "Save it with a stronger compression, or smaller."],
    image_pixels: ["This picture has too many pixels", "Make it smaller; a face needs no more than a few hundred pixels."],
    image_side: ["This picture is too small", "Take one with more pixels; enlarging it does not help."],
    field_empty: ["This file is empty", "Choose another."],
    requests_exhausted: ["The plan’s requests of this month are used up", "Counting starts again at the time below. The operator can give you a larger plan."],
    persons_exhausted: ["As many persons are enrolled as the plan allows", "Remove somebody, or ask the operator for a larger plan."],
    rate_exceeded: ["Too fast", "Your plan allows so many requests a second. Wait a moment and send it again."],
    too_many_in_flight: ["Too much at once", "Other requests of your organisation are being worked on. Send it again in a moment."],
    organisation_suspended: ["Your organisation is suspended", "Ask the operator of this installation."],
    overloaded: ["The service is busy", "Send it again in a moment."],
    timed_out: ["It took too long", "Send it again; a smaller picture arrives sooner."],
    unavailable: ["The service is not available right now", "Send it again in a moment."],
    internal: ["Something went wrong on our side", "Nothing you did caused this. Tell the operator the request id below."],
  };

  // What the back-office itself says, which answers with a page: by its status.
  const OWN = {
    403: ["This page has lost its session", "You have signed in anew or out since it was opened. Load it again."],
    404: ["There is no such person id", "It has 1 to 128 characters of A–Z a–z 0–9 . _ ~ @ : + -"],
    409: ["Your organisation is suspended", "Ask the operator of this installation."],
    413: ["That was too much", "Choose a smaller picture."],
    429: ["Too fast", "Wait a moment and send it again."],
    503: ["The service is busy", "Send it again in a moment."],
  };
  const UNKNOWN = ["Something went wrong on our side", "Try again. If it happens once more, tell the operator the request id below."];

  function parsed(text) {
    try {
      return JSON.parse(text);
    } catch (_) {
      return null;
    }
  }

  /**
   * What an answer means: `{verdict, explains, mood, json}`; `mood` is `good`, `bad` (a clear no), or `broken` (try again).
   * `failures` are checks of a picture that failed, with words from `guidance`.
   */
  function read(action, status, text, guidance) {
    const json = parsed(text);
    if (status === 200 && (json || action === "remove")) {
      const failures = json && json.checks ? guidance.failed(json.checks) : [];
      const isNo = json && (json.accepted === false || json.facesMatched === 0);
      return { verdict: SUCCESS[action](json), explains: explained(action, json, failures), mood: isNo ? "bad" : "good", json, failures };
    }
    if (!json || !json.code) {
      const [verdict, explains] = OWN[status] || UNKNOWN;
      return { verdict, explains, mood: "broken", json, failures: [] };
    }
    const failures = json.code.startsWith("F_") ? json.details || [] : [];
    const [verdict, explains] = REFUSALS[json.type] || refusedPicture(json, failures, guidance);
    return { verdict, explains, mood: status === 429 || status >= 500 ? "broken" : "bad", json, failures };
  }

  function explained(action, json, failures) {
    if (failures.length) return failures.length === 1 ? "One check failed." : failures.length + " checks failed.";
    if (action === "compare" && json.facesMatched === 0) return "The faces are less similar than 80 %.";
    if (action === "check") return "Every check is passed. Nothing was kept.";
    if (action === "enrol" || action === "replace") return "A template of the face is kept, not the picture.";
    return "";
  }

  function refusedPicture(json, failures, guidance) {
    if (!json.code.startsWith("F_")) return [json.message, ""];
    const count = failures.length > 1 ? failures.length + " checks failed. The first one is “" : "“";
    const advice = failures.length === 1 ? guidance.advice(failures[0]) : "";
    return ["This image is refused", count + json.message + "” (" + json.code + ")" + (advice ? ": " + advice.toLowerCase() + "." : ".")];
  }

  /** What one may want to do next: `[{label, action}]`. */
  function next(action, mood, json) {
    const type = json && json.type;
    if (action === "check" && mood === "good") return [{ label: "Enrol with this image", action: "enrol" }];
    if ((action === "enrol" || action === "replace") && mood === "good") return [{ label: "Now verify", action: "verify" }, { label: "Now identify", action: "identify" }];
    if (action === "get" && mood === "good") return [{ label: "Verify now", action: "verify" }];
    if (type === "person_taken") return [{ label: "Replace the image", action: "replace" }];
    if (type === "face_enrolled") return [{ label: "Identify now", action: "identify" }];
    if (type === "person_not_found" || type === "no_person_matched") return [{ label: "Enrol this person", action: "enrol" }];
    return [];
  }

  /** A word of a shell. */
  function quoted(word) {
    return /^[\w.@:+~-]+$/.test(word) && !word.startsWith("-") && !word.startsWith("~") ? word : "'./" + word.replace(/'/g, "'\\''") + "'";
  }

  /** The sample of the API's description, with the visitor's own id and files. */
  function curl(sample, person, files) {
    const names = files.length > 1 ? ["source.jpg", "target.jpg"] : ["face.jpg"];
    // Functions, because in a plain replacement a dollar sign would mean something.
    const named = files.reduce((text, file, i) => text.replace("< " + names[i], () => "< " + quoted(file)), sample);
    return named.replace("/jane.doe", () => "/" + person).trimEnd();
  }

  const answer = { SUCCESS, REFUSALS, read, next, curl };
  if (typeof module === "object" && module.exports) module.exports = answer;
  else root.answer = answer;
})(globalThis);
