"use strict";
// Run with: node --test crates/console/assets/
const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const path = require("node:path");
const test = require("node:test");

const guidance = require("./guidance.js");

const openapi = JSON.parse(readFileSync(path.join(__dirname, "../../../openapi/auther-check-api.json"), "utf8"));
const requirements = openapi["x-image-requirements"];
const types = new Set(requirements.flatMap((row) => [row.below, row.above]).filter(Boolean).map((limit) => limit.type));
const examples = openapi.paths["/person/check-face"].post.responses["200"].content["application/json"].examples;

/** A check that failed on one side of a limit, as the API answers it. */
function failure(row, side) {
  const limit = side === "below" ? row.min : row.max;
  const value = side === "below" ? limit - 1 : limit + 1;
  return { check: row.name, unit: row.unit, passed: false, value, min: row.min ?? undefined, max: row.max ?? undefined, ...row[side] };
}

const failures = requirements.flatMap((row) => ["below", "above"].filter((side) => row[side]).map((side) => failure(row, side)));

test("every measure is known with the ways in which it fails, and no other", () => {
  const known = Object.entries(guidance.MEASURES).map(([name, { below, above }]) => ({ name, below, above }));
  const described = requirements.map((row) => ({ name: row.name, below: row.below?.type, above: row.above?.type }));
  const sorted = (rows) => rows.sort((a, b) => a.name.localeCompare(b.name));
  assert.deepEqual(sorted(known), sorted(described));
});

test("every way to fail has a hint and a place in the order, and no other", () => {
  assert.deepEqual([...guidance.ORDER].sort(), [...types].sort());
  assert.deepEqual(Object.keys(guidance.HINTS).sort(), [...types].sort());
});

test("every measure with a limit is in one group, and what is only reported in none", () => {
  const grouped = guidance.GROUPS.flatMap((group) => group.measures).sort();
  const limited = requirements.filter((row) => row.min !== null || row.max !== null).map((row) => row.name);
  assert.deepEqual(grouped, limited.sort());
});

test("each failure has short advice that is the same with and without its type", () => {
  assert.ok(failures.length > 20);
  for (const check of failures) {
    const advice = guidance.advice(check);
    assert.ok(advice.length > 5 && advice.length < 45, `${check.check}: ${advice}`);
    const { type, advice: _, code, passed, unit, ...detail } = check;
    assert.equal(guidance.type(detail), type, check.check);
    assert.equal(guidance.advice(detail), advice, check.check);
  }
});

test("the worst failure gives the hint", () => {
  const of = (...types) => ({ accepted: false, checks: types.map((type) => failures.find((check) => check.type === type)) });
  assert.equal(guidance.hint(of("mouth_open", "face_size")), "Come closer");
  assert.equal(guidance.hint(of("face_not_sharp", "face_too_dark")), "More light from the front");
  assert.equal(guidance.hint(of("sunglasses", "eyes_closed")), "Take off your sunglasses");
  assert.equal(guidance.hint({ accepted: false, checks: [{ check: "new", passed: false, type: "new", advice: "As it says" }] }), "As it says");
});

test("examples of the description give what one would say", () => {
  const hint = (name) => guidance.hint(examples[name].value);
  assert.deepEqual([hint("accepted"), hint("no_face"), hint("refused")], ["", "Look into the camera", "Close your mouth"]);
  assert.deepEqual(guidance.meters(examples.no_face.value.checks), [
    { name: "One face", isMeasured: true, isOk: false, says: "Faces: 0, accepted exactly 1" },
  ]);
  const meters = guidance.meters(examples.refused.value.checks);
  assert.equal(meters.length, guidance.GROUPS.length);
  assert.deepEqual(meters.filter((meter) => !meter.isOk).map((meter) => meter.says), ["Mouth open: 50.7 %, accepted at most 28 %"]);
});

test("directions are the person's", () => {
  const advice = (check, value) => guidance.advice({ check, value, min: -20, max: 20 });
  assert.match(advice("yaw_degrees", 30), /to the left$/);
  assert.match(advice("yaw_degrees", -30), /to the right$/);
  assert.match(advice("pitch_degrees", 30), /^Lower/);
  assert.match(advice("pitch_degrees", -30), /^Raise/);
  assert.equal(advice("yaw_degrees", undefined), "Look straight at the camera");
});

test("a face that leaves the frame is too near or beside the middle", () => {
  const check = { check: "margin_percent", value: -5, min: 0 };
  const checked = (width) => ({ image: { width: 640, height: 480 }, face: { box: { x: 0, y: 0, width, height: 200 } } });
  assert.equal(guidance.advice(check, checked(600)), "Move back a little");
  assert.equal(guidance.advice(check, checked(150)), "Move into the middle");
  assert.equal(guidance.advice(check), "Move into the middle");
});

test("who is only asked for need not open their eyes", () => {
  const checked = { accepted: false, checks: failures.filter((check) => check.type === "eyes_closed") };
  assert.equal(guidance.hint(checked, true), "");
  assert.ok(guidance.isReady(checked, true) && !guidance.isReady(checked, false));
  const small = { accepted: false, checks: failures.filter((check) => check.check === "inter_eye_distance_px") };
  assert.equal(guidance.hint(small, true), "Come closer");
  assert.ok(guidance.isReady(examples.accepted.value, false));
});

test("values and limits read well", () => {
  const of = (check, value, min, max) => `${guidance.value({ check, value })} / ${guidance.accepted({ check, min, max })}`;
  assert.equal(of("yaw_degrees", -30.04, -20, 20), "−30° / −20° to 20°");
  assert.equal(of("sharpness_percent", 129.6, 130), "130 % / at least 130 %");
  assert.equal(of("eye_openness_percent", undefined, 10.2), "not measurable / at least 10.2 %");
  assert.equal(of("face_count", 2, 1, 1), "2 / exactly 1");
  assert.equal(of("unified_quality", 71.8), "71.8 / ");
});

test("a text is shown once it came twice in a row", () => {
  const steady = guidance.steady();
  assert.deepEqual(["a", "b", "a", "b", "b", "a", "a"].map(steady), ["a", "a", "a", "a", "b", "b", "a"]);
});
