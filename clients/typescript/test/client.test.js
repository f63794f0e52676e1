// What is decided without the server: what is sent, when it is sent again, what an exception says.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { inspect } from "node:util";

import * as auther from "@auther/client";
import * as portable from "../dist/index.js";
import { fake } from "./lib/server.js";

const { Client } = auther;
const KEY = "ak_0123456789_secret";
const PERSON = { personId: "a", created: "2026-01-01T00:00:00.000Z", updated: "2026-01-01T00:00:00.000Z" };
const IMAGE = { base64: "w7wtaW1hZ2U=" };
const QUICK = { baseDelayMs: 1 };

const success = ({ method }) => (method === "DELETE" ? new Response("") : Response.json(PERSON));
const refusal = (status, code, type, headers, details) =>
  Response.json({ code, type, message: `Message of ${code}`, ...(details && { details }) }, { status, headers });

/** A client whose requests get these answers, one after the other; the last again and again. */
function answered(answers, options) {
  const seen = [];
  const fetch = async (url, request) => {
    seen.push({ url, ...request });
    return answers[Math.min(seen.length, answers.length) - 1](request);
  };
  return { seen, client: new Client({ url: "http://127.0.0.1:1", apiKey: KEY, fetch, retry: QUICK, ...options }) };
}

const CALLS = {
  enrol: (client, options) => client.enrol("a", IMAGE, options),
  update: (client, options) => client.update("a", IMAGE, options),
  remove: (client, options) => client.remove("a", options),
  get: (client, options) => client.get("a", options),
  identify: (client, options) => client.identify(IMAGE, options),
  verify: (client, options) => client.verify("a", IMAGE, options),
  compare: (client, options) => client.compare(IMAGE, IMAGE, options),
  check: (client, options) => client.check(IMAGE, options),
};
// A second enrolment finds the person enrolled, a second removal finds nobody.
const ONCE = ["enrol", "remove"];

test("each call is what the API documents", async () => {
  const { openapi, paths } = JSON.parse(
    await readFile(new URL("../../../openapi/auther-check-api.json", import.meta.url), "utf8"),
  );
  assert.equal(openapi, "3.1.0");
  const documented = Object.entries(paths).flatMap(([path, calls]) =>
    Object.keys(calls)
      .filter(() => path.startsWith("/person"))
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
  const { seen, client } = answered([success]);
  for (const call of Object.values(CALLS)) await call(client);
  const sent = seen.map(({ method, url }) => `${method} ${new URL(url).pathname.replace(/\/a$/, "/{person_id}")}`);
  assert.deepEqual(sent.sort(), documented.sort());
  for (const { method, headers, body, redirect } of seen) {
    assert.equal(headers["Api-Key"], KEY);
    assert.equal(redirect, "manual");
    assert.equal(headers["Content-Type"], body ? "application/json" : undefined);
    assert.equal(body === null, method === "GET" || method === "DELETE");
    assert.equal(headers.Signature, undefined);
  }
});

test("every form of an image becomes base64", async () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251);
  const file = new URL("../../../tests/photos/A000369_a.jpg", import.meta.url);
  const { seen, client } = answered([success]);
  const within = new Uint8Array([9, ...bytes, 9]).subarray(1, bytes.length + 1);
  for (const image of [
    bytes,
    within,
    bytes.buffer,
    new Blob([bytes]),
    new File([bytes], "a.jpg"),
    Buffer.from(bytes),
  ]) {
    await client.identify(image);
    const { faceImage } = JSON.parse(Buffer.from(seen.pop().body).toString());
    assert.equal(faceImage, Buffer.from(bytes).toString("base64"));
  }
  for (const image of [file, file.pathname, await readFile(file)]) {
    await client.identify(image);
    const { faceImage } = JSON.parse(Buffer.from(seen.pop().body).toString());
    assert.equal(faceImage, (await readFile(file)).toString("base64"));
  }
  for (const image of [null, undefined, 7, {}, { base64: 7 }, []]) {
    await assert.rejects(client.identify(image), TypeError);
  }
  await assert.rejects(client.identify("/nowhere/a.jpg"), { code: "ENOENT" });
  const browser = new portable.Client({ url: "http://127.0.0.1:1", apiKey: KEY, fetch: assert.fail });
  await assert.rejects(browser.identify("/etc/hostname"), TypeError);
});

test("a comparison has a threshold where one is given", async () => {
  const { seen, client } = answered([() => Response.json({ facesMatched: 0 })]);
  assert.deepEqual(await client.compare({ base64: "AA==" }, { base64: "AQ==" }), { facesMatched: 0 });
  await client.compare({ base64: "AA==" }, { base64: "AQ==" }, { similarityThreshold: 98 });
  const images = { sourceImage: "AA==", targetImage: "AQ==" };
  assert.deepEqual(
    seen.map(({ body }) => JSON.parse(Buffer.from(body))),
    [images, { ...images, similarityThreshold: 98 }],
  );
});

test("every code is an exception of its own", async () => {
  const table = {
    F_001: "ImageRefused", F_002: "ImageRefused", F_003: "ImageRefused", F_004: "ImageRefused", F_005: "ImageRefused",
    F_006: "ImageRefused", F_007: "ImageRefused", F_008: "ImageRefused", F_009: "ImageRefused", F_010: "ImageRefused",
    F_011: "ImageRefused", F_012: "FaceExists", CP_002: "PersonExists", CP_005: "QuotaExceeded", R_001: "UnknownRoute",
    R_002: "InvalidRequest", R_003: "InvalidRequest", NF_001: "PersonNotFound", RF_001: "NoPersonMatched",
    A_001: "Unauthorized", A_002: "Unauthorized", A_003: "Forbidden", S_001: "SignatureRefused", S_002: "SignatureRefused",
    S_003: "SignatureRefused", L_001: "RateLimited", U_001: "ServiceUnavailable", I_001: "InternalError", X_999: "ApiError",
  }; // prettier-ignore
  const details = [{ code: "F_011", check: "inter_eye_distance_px", value: 12.5, min: 32 }];
  for (const [code, name] of Object.entries(table)) {
    const answer = () => refusal(400, code, "some_case", { "Request-Id": "r1", "Retry-After": "7" }, details);
    await assert.rejects(answered([answer], { retry: false }).client.get("a"), (error) => {
      assert.ok(
        error instanceof auther[name] && error instanceof auther.ApiError && error instanceof auther.AutherError,
      );
      assert.ok(error instanceof Error);
      assert.deepEqual(
        { ...error },
        { name, status: 400, code, type: "some_case", details, requestId: "r1", retryAfterMs: 7000 },
      );
      assert.equal(error.message, `Message of ${code}`);
      return true;
    });
  }
  const other = answered([() => refusal(404, "NF_001", "face_not_matched")]).client;
  await assert.rejects(
    other.verify("a", IMAGE),
    (error) => error instanceof auther.FaceNotMatched && error.details.length === 0,
  );
  assert.ok(auther.FaceExists.prototype instanceof auther.ImageRefused);
});

test("an answer that is not the API's is said to be none", async () => {
  const strange = [
    [502, () => new Response("<html>", { status: 502, headers: { "Request-Id": "r2" } })],
    [404, () => Response.json({ error: "not found" }, { status: 404 })],
    [302, () => new Response(null, { status: 302, headers: { Location: "http://127.0.0.1:2/" } })],
    [200, () => new Response("<html>")],
    [200, () => Response.json([1])],
    [200, () => new Response("")],
    [204, () => new Response(null, { status: 204 })],
  ];
  for (const [status, answer] of strange) {
    await assert.rejects(
      answered([answer]).client.get("a"),
      (error) => error instanceof auther.UnexpectedResponse && error.status === status,
    );
  }
});

test("a key is not carried along by a redirection", async (t) => {
  const reached = [];
  const elsewhere = await fake(t, (request, response) => {
    reached.push(request.url);
    response.end("{}");
  });
  const url = await fake(t, (_, response) => response.writeHead(307, { Location: `${elsewhere}/trap` }).end());
  await assert.rejects(new Client({ url, apiKey: KEY }).get("a"), { name: "UnexpectedResponse", status: 307 });
  assert.deepEqual(reached, []);
});

for (const [name, call] of Object.entries(CALLS)) {
  const once = ONCE.includes(name);

  test(`${name}: what the server refused for the moment is sent again`, async () => {
    const busy = [() => refusal(429, "L_001", "rate_exceeded"), () => refusal(503, "U_001", "overloaded"), success];
    const { seen, client } = answered(busy);
    await call(client);
    assert.equal(seen.length, 3);
  });

  test(`${name}: what may have been carried out is ${once ? "not " : ""}sent again`, async () => {
    const unknown = {
      "the connection broke": () => Promise.reject(new TypeError("fetch failed")),
      "the server ran out of time": () => refusal(503, "U_001", "timed_out"),
      "a proxy is busy": () => new Response("busy", { status: 503 }),
    };
    for (const [what, answer] of Object.entries(unknown)) {
      const { seen, client } = answered([answer, success]);
      if (once) await assert.rejects(call(client), auther.AutherError, what);
      else await call(client);
      assert.equal(seen.length, once ? 1 : 2, what);
    }
  });
}

test("other refusals are not repeated, and attempts are bounded", async () => {
  const failures = [
    [400, "CP_005"],
    [401, "A_002"],
    [404, "NF_001"],
    [410, "RF_001"],
    [500, "I_001"],
  ];
  for (const [status, code] of failures) {
    const { seen, client } = answered([() => refusal(status, code, "some_case", { "Retry-After": "1" })]);
    await assert.rejects(client.get("a"), { code });
    assert.equal(seen.length, 1);
  }
  for (const [retry, attempts] of [
    [QUICK, 4],
    [{ ...QUICK, attempts: 2 }, 2],
    [false, 1],
  ]) {
    const { seen, client } = answered([() => refusal(503, "U_001", "overloaded")], { retry });
    await assert.rejects(client.get("a"), auther.ServiceUnavailable);
    assert.equal(seen.length, attempts);
  }
});

test("pauses grow, are random, and are as long as the server asks", async (t) => {
  const { setTimeout: real } = globalThis;
  const timeoutMs = 77_777;
  let draw, planned;
  t.mock.method(Math, "random", () => draw);
  t.mock.method(globalThis, "setTimeout", (done, ms) => {
    if (ms === timeoutMs) return real(done, ms);
    planned.push(Math.round(ms));
    return real(done, 0);
  });
  const pauses = async (drawn, retry, headers) => {
    [draw, planned] = [drawn, []];
    const { client } = answered([() => refusal(503, "U_001", "overloaded", headers)], { retry, timeoutMs });
    await assert.rejects(client.get("a"), auther.ServiceUnavailable);
    return planned;
  };
  assert.deepEqual(await pauses(1, { baseDelayMs: 80, maxDelayMs: 200 }), [80, 160, 200]);
  assert.deepEqual(await pauses(0, { baseDelayMs: 5000 }), [0, 0, 0]);
  assert.deepEqual(await pauses(0.5, { attempts: 3 }), [125, 250]);
  assert.deepEqual(await pauses(0.5, { attempts: 2 }, { "Retry-After": "3" }), [3125]);
  // Longer than what we are ready to wait for: the caller decides.
  assert.deepEqual(await pauses(0, { maxDelayMs: 500 }, { "Retry-After": "1" }), []);
});

test("a date is understood as Retry-After", async () => {
  const inTwoSeconds = new Date(Date.now() + 2000).toUTCString();
  const { client } = answered([() => refusal(429, "L_001", "rate_exceeded", { "Retry-After": inTwoSeconds })], {
    retry: false,
  });
  await assert.rejects(client.get("a"), (error) => error.retryAfterMs > 0 && error.retryAfterMs <= 2000);
});

test("a call is given up when its signal says so, at every moment", async (t) => {
  const reason = new Error("enough");
  const before = answered([success]);
  await assert.rejects(before.client.get("a", { signal: AbortSignal.abort(reason) }), reason);
  assert.equal(before.seen.length, 0);

  const silent = await fake(t, () => {});
  const during = new AbortController();
  setTimeout(() => during.abort(reason), 30);
  await assert.rejects(new Client({ url: silent, apiKey: KEY }).get("a", { signal: during.signal }), reason);

  const pausing = new AbortController();
  const { seen, client } = answered([() => refusal(503, "U_001", "overloaded", { "Retry-After": "15" })]);
  const begun = performance.now();
  setTimeout(() => pausing.abort(reason), 30);
  await assert.rejects(client.get("a", { signal: pausing.signal }), reason);
  assert.ok(performance.now() - begun < 10_000);
  assert.equal(seen.length, 1);
});

test("an attempt that takes too long is given up, also amid the answer", async (t) => {
  const half = await fake(t, (_, response) => response.writeHead(200, { "Content-Length": 100 }).write("{"));
  for (const url of [await fake(t, () => {}), half]) {
    const client = new Client({ url, apiKey: KEY, timeoutMs: 50, retry: false });
    await assert.rejects(client.get("a"), {
      name: "ConnectionFailed",
      message: `No answer of ${url}: there was no answer within 50 ms.`,
    });
  }
});

test("no exception shows a key or an image", async (t) => {
  const nowhere = new Client({ url: "http://127.0.0.1:1", apiKey: KEY, retry: false });
  const broken = new Client({ url: await fake(t, (request) => request.socket.destroy()), apiKey: KEY, retry: false });
  const shared = "sk_" + "s".repeat(43);
  const signing = { algorithm: "hash-only", signingKey: shared };
  const unsigned = answered([success], { signing }).client;
  const shown = [
    inspect(nowhere, { depth: 9, showHidden: true }),
    JSON.stringify(nowhere),
    inspect(unsigned, { depth: 9, showHidden: true }),
  ];
  for (const client of [nowhere, broken, unsigned]) {
    for (const call of Object.values(CALLS)) {
      await call(client).then(assert.fail, (error) =>
        shown.push(inspect(error, { depth: 9, showHidden: true }), error.stack),
      );
    }
  }
  for (const wrong of [`${KEY}\n`, `${KEY}ä`, `${KEY} `, undefined, ""]) {
    assert.throws(
      () => new Client({ url: "http://127.0.0.1:1", apiKey: wrong }),
      (error) => shown.push(inspect(error)) && error instanceof TypeError,
    );
  }
  assert.equal(shown.length, 3 + 2 * 24 + 5);
  for (const text of shown) for (const secret of [KEY, shared, IMAGE.base64]) assert.ok(!text.includes(secret), text);
});

test("arguments that cannot be meant are refused before anything is sent", async () => {
  const { seen, client } = answered([success]);
  for (const id of ["", ".", "..", undefined, 7]) {
    await assert.rejects(client.remove(id), (error) => error instanceof TypeError || error instanceof RangeError);
  }
  assert.equal(seen.length, 0);
  const make = (options) => () => new Client({ url: "http://127.0.0.1:1", apiKey: KEY, ...options });
  for (const url of ["", "127.0.0.1:8080", "ftp://a", "http://user:word@a", "http://a/?b", "http://a/#b", undefined]) {
    assert.throws(make({ url }), (error) => error instanceof TypeError && !error.message.includes("word"));
  }
  for (const retry of [
    { attempts: 0 },
    { attempts: 1.5 },
    { baseDelayMs: -1 },
    { maxDelayMs: Infinity },
    { maxDelayMs: NaN },
  ]) {
    assert.throws(make({ retry }), RangeError);
  }
  for (const timeoutMs of [0, -1, NaN]) assert.throws(make({ timeoutMs }), RangeError);
});

test("the address may have a path and slashes at the end", async () => {
  for (const url of [
    "https://a.example.org/auther",
    "https://a.example.org/auther//",
    new URL("https://a.example.org/auther/"),
  ]) {
    const { seen, client } = answered([success], { url });
    await client.get("a");
    assert.equal(seen[0].url, "https://a.example.org/auther/person/face/a");
  }
});
