// Every call against the real program, without signing.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import * as auther from "@auther/client";
import { photo, photoPath, served, Server } from "./lib/server.js";

const { Client } = auther;
const ME = "mark@example.org:1+2~3";
let server, url, client;

before(async () => {
  server = await Server.start();
  url = server.base;
  client = await withKey({});
});
after(() => server.stop());

/** A client with a key of its own, made by these options of `auther key create`. */
async function withKey(options, retry = false) {
  const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { apiKey } = await server.command("key", "create", "--name", "client", ...words);
  return new Client({ url, apiKey, retry });
}

/** A client of a new organisation with a plan of these limits. */
async function withPlan(limits, retry) {
  const words = Object.entries(limits).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const organisation = await server.command("organisation", "create", "--name", "Shop");
  const plan = await server.command("plan", "create", "--name", `Plan of ${organisation.id}`, ...words);
  await server.command("organisation", "plan", String(organisation.id), String(plan.id));
  return withKey({ organisation: organisation.id }, retry);
}

test("a person comes, is recognised, changes and goes", async () => {
  await assert.rejects(client.get(ME), auther.PersonNotFound);
  await assert.rejects(client.identify(photoPath("A000369_a")), auther.NoPersonMatched);
  const enrolled = await client.enrol(ME, photoPath("A000369_a"));
  assert.equal(enrolled.personId, ME);
  assert.match(enrolled.created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal(enrolled.updated, enrolled.created);
  assert.deepEqual(await client.get(ME), enrolled);
  assert.deepEqual(await client.identify(photoPath("A000369_b")), enrolled);
  assert.deepEqual(await client.verify(ME, photoPath("A000369_b")), enrolled);
  await assert.rejects(client.verify(ME, photoPath("A000376_a")), (error) => {
    assert.ok(error instanceof auther.FaceNotMatched);
    assert.deepEqual([error.status, error.code, error.type], [404, "NF_001", "face_not_matched"]);
    assert.equal(error.message, "Face not found in collection");
    assert.match(error.requestId, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    return true;
  });
  await assert.rejects(client.verify("nobody", photoPath("A000369_b")), auther.PersonNotFound);
  await assert.rejects(client.identify(photoPath("A000376_a")), {
    name: "NoPersonMatched",
    status: 410,
    code: "RF_001",
  });
  await assert.rejects(client.enrol(ME, photoPath("A000376_a")), { name: "PersonExists", code: "CP_002" });
  await assert.rejects(client.enrol("other", photoPath("A000369_b")), {
    name: "FaceExists",
    code: "F_012",
    type: "face_enrolled",
  });
  const updated = await client.update(ME, photoPath("A000369_b"));
  assert.equal(updated.created, enrolled.created);
  assert.ok(updated.updated > enrolled.updated);
  await assert.rejects(client.update("nobody", photoPath("A000376_a")), auther.PersonNotFound);
  assert.equal(await client.remove(ME), undefined);
  await assert.rejects(client.remove(ME), auther.PersonNotFound);
});

test("two images are compared", async () => {
  const same = await client.compare(photoPath("A000377_a"), photoPath("A000377_b"));
  assert.ok(same.facesMatched >= 80 && same.facesMatched < 100, String(same.facesMatched));
  assert.deepEqual(await client.compare(photoPath("A000377_a"), photoPath("A000376_b")), { facesMatched: 0 });
  const far = await client.compare(photoPath("A000377_a"), photoPath("A000376_b"), { similarityThreshold: 0 });
  assert.ok(far.facesMatched > 0 && far.facesMatched < 80, String(far.facesMatched));
  const never = await client.compare(photoPath("A000377_a"), photoPath("A000377_b"), { similarityThreshold: 100 });
  assert.deepEqual(never, { facesMatched: 0 });
  await assert.rejects(client.compare(photoPath("A000377_a"), photoPath("A000377_b"), { similarityThreshold: 101 }), {
    name: "InvalidRequest",
    code: "R_003",
    type: "field_range",
    details: [{ code: "R_003", check: "similarityThreshold", value: 101, min: 0, max: 100 }],
  });
});

test("an image is measured in every form", async () => {
  const bytes = await photo("A000376_a");
  const base64 = bytes.toString("base64");
  const plain = new Uint8Array(bytes);
  const forms = [
    bytes,
    plain,
    plain.buffer,
    new Blob([bytes]),
    new File([bytes], "a.jpg"),
    { base64 },
    { base64: `data:image/jpeg;base64,${base64}` },
  ];
  const checked = await client.check(photoPath("A000376_a"));
  assert.equal(checked.accepted, true);
  assert.equal(checked.checks.find(({ check }) => check === "face_count").value, 1);
  assert.ok(checked.face.box.width > 0 && checked.image.width > 0);
  for (const form of forms) assert.deepEqual(await client.check(form), checked);
});

test("an image is refused with every check that failed", async () => {
  const refused = new URL("../../../docs/images/", import.meta.url);
  await assert.rejects(client.enrol("no", new URL("sunglasses.jpg", refused)), (error) => {
    assert.ok(error instanceof auther.ImageRefused && !(error instanceof auther.FaceExists));
    assert.equal(error.code, "F_005");
    assert.ok(error.details.some(({ code, check, value, min }) => code === "F_005" && check && value < min));
    return true;
  });
  await assert.rejects(client.enrol("no", new URL("several_faces.jpg", refused)), {
    code: "F_001",
    details: [{ code: "F_001", check: "face_count", value: 2, min: 1, max: 1 }],
  });
  await assert.rejects(client.identify(new URL("no_face.jpg", refused)), { name: "ImageRefused", code: "F_002" });
  const checked = await client.check(new URL("no_face.jpg", refused));
  assert.deepEqual([checked.accepted, checked.face], [false, null]);
});

test("what the request lacks", async () => {
  const reader = await withKey({ permissions: "read" });
  const refusals = [
    [() => client.identify({ base64: "" }), "InvalidRequest", "R_003", "field_empty"],
    [() => client.identify({ base64: "%" }), "InvalidRequest", "R_003", "field_not_base64"],
    [() => client.identify(Buffer.from("GIF89a")), "InvalidRequest", "R_003", "image_format"],
    [() => client.get("a b/ä"), "InvalidRequest", "R_003", "person_id_invalid"],
    [() => client.identify({ base64: "A".repeat(40 << 20) }), "InvalidRequest", "R_002", "body_too_large"],
    [() => new Client({ url, apiKey: "ak_unknown", retry: false }).get("a"), "Unauthorized", "A_002", "key_unknown"],
    [
      () => new Client({ url: `${url}/elsewhere`, apiKey: "ak", retry: false }).get("a"),
      "UnknownRoute",
      "R_001",
      "unknown_route",
    ],
    [() => reader.identify(photoPath("A000369_a")), "Forbidden", "A_003", "key_not_permitted"],
  ];
  for (const [call, name, code, type] of refusals) await assert.rejects(call(), { name, code, type });
});

test("too many requests are refused, and succeed when they are repeated", async () => {
  const hasty = await withPlan({ "requests-per-second": 0.1, "burst-requests": 1 }, false);
  await assert.rejects(hasty.get("a"), auther.PersonNotFound);
  await assert.rejects(
    hasty.get("a"),
    (error) => error instanceof auther.RateLimited && error.status === 429 && error.retryAfterMs >= 1000,
  );
  const patient = await withPlan({ "requests-per-second": 1, "burst-requests": 1 }, {});
  const begun = performance.now();
  for (let each = 0; each < 2; each += 1) await assert.rejects(patient.get("a"), auther.PersonNotFound);
  assert.ok(performance.now() - begun >= 900);
});

test("a plan that is used up says when it begins anew", async () => {
  const small = await withPlan({ "requests-month-max": 1 }, {});
  await assert.rejects(small.get("a"), auther.PersonNotFound);
  await assert.rejects(
    small.get("a"),
    (error) => error instanceof auther.QuotaExceeded && Date.parse(error.details[0].resets) > Date.now(),
  );
});

test("a server that is overloaded is asked again", async (t) => {
  // One request at a time: of several at once some are refused.
  const { url, apiKey } = await served(t, { requests_in_flight_max: 1 });
  const all = (count, retry) => {
    const client = new Client({ url, apiKey, retry });
    return Promise.allSettled(Array.from({ length: count }, () => client.check(photoPath("A000369_a"))));
  };
  const hasty = await all(8, false);
  assert.ok(hasty.some(({ reason }) => reason instanceof auther.ServiceUnavailable && reason.type === "overloaded"));
  const patient = await all(2, { attempts: 20 });
  assert.deepEqual(
    patient.map(({ status }) => status),
    Array(2).fill("fulfilled"),
  );
});

test("nobody listens", async () => {
  const gone = await Server.start();
  await gone.stop();
  const url = gone.base;
  await assert.rejects(new Client({ url, apiKey: "ak", retry: { baseDelayMs: 1 } }).get("a"), (error) => {
    assert.ok(error instanceof auther.ConnectionFailed && error.cause instanceof Error);
    assert.equal(error.message, `No answer of ${url}: the connection failed.`);
    return true;
  });
});
