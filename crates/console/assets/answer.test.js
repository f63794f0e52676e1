"use strict";
// Run with: node --test crates/console/assets/
const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const { readFileSync } = require("node:fs");
const path = require("node:path");
const test = require("node:test");

const answer = require("./answer.js");
const guidance = require("./guidance.js");

const openapi = JSON.parse(readFileSync(path.join(__dirname, "../../../openapi/auther-check-api.json"), "utf8"));
// What is tried, and the call of the description that it is.
const CALLS = { check: "checkFace", enrol: "createPerson", replace: "updatePerson", verify: "verifyPerson", identify: "identifyPerson", compare: "comparePersons", get: "getPerson", remove: "removePerson" };
const calls = Object.fromEntries(Object.values(openapi.paths).flatMap((methods) => Object.values(methods)).map((call) => [call.operationId, call]));
// A page of ours sends no such request: it has a session in place of a key, and writes its JSON itself.
const NEVER = /^(key_|signature_|signing_|timestamp_|too_many_signatures|body_|content_type|http_malformed|field_|unknown_route|wrong_method)/;

const read = (action, status, value) => answer.read(action, status, typeof value === "string" ? value : JSON.stringify(value), guidance);

test("every example of success has a verdict", () => {
  assert.deepEqual(Object.keys(answer.SUCCESS).sort(), Object.keys(CALLS).sort());
  for (const [action, call] of Object.entries(CALLS)) {
    const { content } = calls[call].responses["200"];
    const examples = content ? Object.values(content["application/json"].examples) : [{ value: "" }];
    for (const { value } of examples) {
      const { verdict, mood, failures } = read(action, 200, value);
      assert.ok(verdict.length > 5 && !verdict.includes("undefined"), verdict);
      assert.equal(mood, value.accepted === false || value.facesMatched === 0 ? "bad" : "good");
      assert.equal(failures.length > 0, value.accepted === false);
    }
  }
});

test("every example of refusal has a verdict and says what to do", () => {
  for (const [action, call] of Object.entries(CALLS)) {
    for (const [status, response] of Object.entries(calls[call].responses)) {
      if (status === "200") continue;
      for (const [type, { value }] of Object.entries(response.content["application/json"].examples)) {
        if (NEVER.test(type)) continue;
        const { verdict, explains, failures, mood } = read(action, Number(status), value);
        assert.ok(verdict.length > 5 && explains.length > 5, `${call} ${type}: ${verdict} / ${explains}`);
        assert.equal(mood, ["429", "500", "503"].includes(status) ? "broken" : "bad", type);
        for (const failure of failures.filter((failure) => failure.check in guidance.MEASURES)) {
          assert.ok(guidance.advice(failure), `${type}: ${failure.check}`);
        }
      }
    }
  }
});

test("a page of the back-office in place of an answer is explained, too", () => {
  for (const status of [403, 404, 409, 413, 429, 500, 503]) {
    const { verdict, explains, mood } = read("check", status, "<!doctype html>");
    assert.ok(verdict && explains && mood === "broken", String(status));
  }
  assert.equal(read("get", 200, "<!doctype html>").mood, "broken");
});

test("what comes next is something that can be tried", () => {
  const next = [answer.next("check", "good", {}), answer.next("enrol", "good", {}), answer.next("get", "good", {}), answer.next("enrol", "bad", { type: "person_taken" }), answer.next("enrol", "bad", { type: "face_enrolled" }), answer.next("identify", "bad", { type: "no_person_matched" })];
  for (const steps of next) {
    assert.ok(steps.length);
    for (const { action, label } of steps) assert.ok(action in CALLS && label);
  }
  assert.deepEqual(answer.next("check", "bad", { accepted: false }), []);
});

test("the call is that of the description, with the visitor's id and files", () => {
  const sample = (call) => calls[call]["x-codeSamples"].find((sample) => sample.label === "curl").source;
  const made = answer.curl(sample("createPerson"), "a%2Bb", ["my face's.png"]);
  assert.ok(made.includes("base64 < './my face'\\''s.png'") && made.includes("/person/face/a%2Bb\""), made);
  const pair = answer.curl(sample("comparePersons"), "", ["one.jpg", "$two.jpg"]);
  assert.ok(pair.includes("< one.jpg") && pair.includes("< './$two.jpg'"), pair);
  assert.ok(answer.curl(sample("getPerson"), "jane", []).endsWith("/person/face/jane\""));
  // A shell reads it.
  for (const text of [made, pair]) execFileSync("sh", ["-n", "-c", text]);
});
