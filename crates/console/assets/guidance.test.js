"use strict";
const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const path = require("node:path");
const test = require("node:test");

const guidance = require("./guidance.js");

const openapi = JSON.parse(readFileSync(path.join(__dirname, "../../../openapi/auther-check-api.json"), "utf8"));
const requirements = openapi["x-image-requirements"];
const types = new Set(requirements.flatMap((row) => [row.below, row.above]).filter(Boolean).map((limit) => limit.type));

test("every way to fail a check has a hint and a place in the order, and no other", () => {
  assert.deepEqual([...types].sort(), [...guidance.ORDER].sort());
  assert.deepEqual(Object.keys(guidance.HINTS).sort(), [...guidance.ORDER].sort());
});

test("every measure has a name that people use, and no other", () => {
  assert.deepEqual(Object.keys(guidance.NAMES).sort(), requirements.map((row) => row.name).sort());
});

test("the first hint is the one that helps most", () => {
  const checks = [
    { check: "mouth_openness_percent", passed: false, type: "mouth_open", value: 40 },
    { check: "yaw_degrees", passed: false, type: "face_turned", value: 30 },
    { check: "sharpness_percent", passed: true, value: 200 },
  ];
  assert.equal(guidance.hint(checks), "Turn a little to your left.");
  assert.equal(guidance.hint([{ ...checks[1], value: -30 }]), "Turn a little to your right.");
  assert.equal(guidance.hint([checks[2]]), "");
  assert.equal(guidance.hint([{ check: "new", passed: false, type: "new", advice: "As the server says." }]), "As the server says.");
});

test("hints are short", () => {
  for (const type of guidance.ORDER) {
    for (const value of [-1, 1]) assert.ok(guidance.HINTS[type]({ check: "x", value }).length < 45, type);
  }
});

test("values are shown with unit and limits", () => {
  assert.equal(guidance.measured({ value: 30.04, min: -20, max: 20, unit: "degrees" }), "30° (at least -20°, at most 20°)");
  assert.equal(guidance.measured({ value: 12, unit: "points" }), "12");
  assert.equal(guidance.measured({ unit: "points" }), "");
});

test("a hint changes only when the new one came twice", () => {
  const steady = guidance.steady();
  assert.deepEqual(["a", "b", "a", "b", "b", "a", "a"].map(steady), ["a", "a", "a", "a", "b", "b", "a"]);
});
