// Signing without a server of ours: every signature against OpenSSL's, every answer that must not be believed.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Client, UnauthenticResponse } from "@auther/client";
import { hmac, keyPair, plain, prefixed, rsa } from "./lib/openssl.js";

const URL = "https://auther.example.org";
const MINUTE = 60_000;
const own = keyPair();
const servers = keyPair();
const SHARED = "sk_" + "x".repeat(43);

const RSA = {
  options: { algorithm: "hash-then-RSA", privateKey: own.privateKey, serverPublicKeys: servers.publicKey },
  request: (line) => rsa(own.privateKey, line),
  response: (line) => rsa(servers.privateKey, line),
};
const HMAC = {
  options: { algorithm: "hash-only", signingKey: SHARED },
  request: (line) => hmac(SHARED, line),
  response: (line) => hmac(SHARED, line),
};
const VERSIONS = {
  1: {
    request: ({ uri, body, timestamp }) => plain(URL, uri, body, timestamp),
    response: ({ uri }, { body, timestamp }) => plain(URL, uri, body, timestamp),
  },
  2: {
    request: ({ method, uri, body, timestamp, nonce }) =>
      prefixed("auther-request-v2", method, URL, uri, body, timestamp, nonce),
    response: ({ method, uri, nonce }, { status, body, timestamp }) =>
      prefixed("auther-response-v2", String(status), method, URL, uri, body, timestamp, nonce),
  },
};
const COMBINATIONS = [RSA, HMAC].flatMap((algorithm) => [1, 2].map((version) => [algorithm, version]));
const named = ({ options }, version) => `${options.algorithm}, version ${version}`;

const PERSON = '{"personId":"grün","created":"2026-01-01T00:00:00.000Z","updated":"2026-01-01T00:00:00.000Z"}';

/** What a server would answer: signed by OpenSSL, then changed by `change`. */
function server(algorithm, version, change = () => {}, { status = 200, body = PERSON, at = Date.now() } = {}) {
  const seen = [];
  const fetch = async (url, { method, headers, body: sent }) => {
    const request = {
      method,
      uri: url.slice(URL.length),
      body: sent ?? "",
      timestamp: headers.Timestamp,
      nonce: headers.Nonce,
      headers,
    };
    seen.push(request);
    const answer = { status, body, timestamp: String(at) };
    const signature = algorithm.response(VERSIONS[version].response(request, answer));
    const signed = {
      status,
      body,
      headers: { Signature: signature, Timestamp: answer.timestamp, "Request-Id": "r1" },
      request,
    };
    if (version === 2) signed.headers["Signature-Version"] = "2";
    change(signed);
    return new Response(signed.body, { status: signed.status, headers: signed.headers });
  };
  const signing = { ...algorithm.options, version };
  const client = (options) => new Client({ url: `${URL}/`, apiKey: "ak", fetch, retry: false, signing, ...options });
  return { seen, client };
}

for (const [algorithm, version] of COMBINATIONS) {
  test(`${named(algorithm, version)}: a request is signed as OpenSSL signs it`, async () => {
    const { seen, client } = server(algorithm, version);
    await client().enrol("a+b@c:d", { base64: "w7w=" });
    await client().get("a~b");
    assert.deepEqual(
      seen.map(({ method, uri }) => `${method} ${uri}`),
      ["POST /person/face/a%2Bb%40c%3Ad", "GET /person/face/a~b"],
    );
    assert.deepEqual(
      seen.map(({ body }) => Buffer.from(body).toString()),
      ['{"faceImage":"w7w="}', ""],
    );
    for (const request of seen) {
      assert.equal(request.headers.Signature, algorithm.request(VERSIONS[version].request(request)));
      assert.match(request.timestamp, /^\d{13}$/);
      assert.equal(request.headers["Signature-Version"], version === 2 ? "2" : undefined);
      if (version === 2) assert.match(request.nonce, /^[A-Za-z0-9_-]{22}$/);
      else assert.equal(request.nonce, undefined);
    }
  });

  test(`${named(algorithm, version)}: what is not shown to be the server's is not believed`, async () => {
    const believed = await server(algorithm, version).client().get("a");
    assert.equal(believed.personId, "grün");
    const changes = {
      signature_missing: (answer) => delete answer.headers.Signature,
      version_wrong: (answer) => (answer.headers["Signature-Version"] = version === 2 ? "1" : "2"),
      timestamp_invalid: (answer) => delete answer.headers.Timestamp,
    };
    const wrong = {
      "another body": (answer) => (answer.body = answer.body.replace("grün", "grau")),
      "another timestamp": (answer) => (answer.headers.Timestamp = String(Number(answer.headers.Timestamp) + 1)),
      "another signature": (answer) =>
        (answer.headers.Signature =
          (answer.headers.Signature[0] === "A" ? "B" : "A") + answer.headers.Signature.slice(1)),
      "the request's own": (answer) => (answer.headers.Signature = answer.request.headers.Signature),
      "an echo of the request": (answer) => {
        Object.assign(answer.headers, {
          Signature: answer.request.headers.Signature,
          Timestamp: answer.request.timestamp,
        });
        answer.body = answer.request.body;
      },
      "no base64": (answer) => (answer.headers.Signature = "%%%"),
      nothing: (answer) => (answer.headers.Signature = ""),
      "a signature of an answer to another request": (answer) => {
        const { request } = answer;
        const line = VERSIONS[version].response(
          { ...request, uri: "/person/face/b" },
          { ...answer, timestamp: answer.headers.Timestamp },
        );
        answer.headers.Signature = algorithm.response(line);
      },
    };
    for (const [reason, change] of [
      ...Object.entries(changes),
      ...Object.values(wrong).map((each) => ["signature_wrong", each]),
    ]) {
      await assert.rejects(server(algorithm, version, change).client().get("a"), (error) => {
        assert.ok(error instanceof UnauthenticResponse, String(error));
        assert.equal(error.reason, reason, change.toString());
        assert.equal(error.requestId, "r1");
        return true;
      });
    }
  });

  test(`${named(algorithm, version)}: an answer is believed for five minutes before and after now`, async () => {
    for (const [minutes, reason] of [
      [4.9, undefined],
      [-4.9, undefined],
      [5.1, "timestamp_outside_window"],
      [-5.1, "timestamp_outside_window"],
    ]) {
      const call = server(algorithm, version, undefined, { at: Date.now() + Math.round(minutes * MINUTE) })
        .client()
        .get("a");
      if (reason) await assert.rejects(call, { reason });
      else assert.equal((await call).personId, "grün");
    }
  });
}

for (const algorithm of [RSA, HMAC]) {
  test(`${named(algorithm, 2)}: status, method and nonce are covered`, async () => {
    const gone = { status: 410, body: '{"code":"RF_001","type":"no_person_matched","message":"No person matched"}' };
    const identify = (change) => server(algorithm, 2, change, gone).client().identify({ base64: "AA==" });
    await assert.rejects(identify(), { name: "NoPersonMatched" });
    await assert.rejects(
      identify((answer) => (answer.status = 404)),
      { reason: "signature_wrong", claimed: { code: "RF_001", type: "no_person_matched" } },
    );
    const resigned = (part) => (answer) => {
      const line = VERSIONS[2].response(
        { ...answer.request, ...part },
        { ...answer, timestamp: answer.headers.Timestamp },
      );
      answer.headers.Signature = algorithm.response(line);
    };
    await assert.rejects(identify(resigned({ method: "PUT" })), { reason: "signature_wrong" });
    await assert.rejects(identify(resigned({ nonce: "A".repeat(22) })), { reason: "signature_wrong" });
    await assert.rejects(identify(resigned({})), { name: "NoPersonMatched" });
  });
}

test("version 2 is what is signed unless version 1 is asked for", async () => {
  const { seen, client } = server(HMAC, 2);
  await client({ signing: HMAC.options }).get("a");
  assert.equal(seen[0].headers["Signature-Version"], "2");
});

test("no two signatures are of the same moment, be it of several clients", async () => {
  const { seen, client } = server(HMAC, 1);
  const clients = [client(), client()];
  await Promise.all(Array.from({ length: 40 }, (_, index) => clients[index % 2].get("a")));
  assert.equal(new Set(seen.map(({ timestamp }) => timestamp)).size, 40);
  assert.equal(new Set(seen.map(({ headers }) => headers.Signature)).size, 40);
});

test("each attempt is signed anew", async () => {
  let calls = 0;
  const { seen, client } = server(RSA, 2, (answer) => {
    if ((calls += 1) > 1) return;
    answer.status = 503;
    delete answer.headers.Signature;
  });
  await client({ retry: { baseDelayMs: 1 } }).get("a");
  assert.equal(seen.length, 2);
  assert.notEqual(seen[0].nonce, seen[1].nonce);
  assert.notEqual(seen[0].headers.Signature, seen[1].headers.Signature);
});

test("the public base may differ from the address that is called", async () => {
  const { client, seen } = server(HMAC, 1);
  await client({ signing: { ...HMAC.options, version: 1, publicUrl: `${URL}/` } }).get("a");
  const elsewhere = client({ signing: { ...HMAC.options, version: 1, publicUrl: "https://other.example.org" } });
  await assert.rejects(elsewhere.get("a"), { reason: "signature_wrong" });
  assert.equal(
    seen[1].headers.Signature,
    hmac(SHARED, plain("https://other.example.org", seen[1].uri, seen[1].timestamp)),
  );
});

test("while the server changes its key, either of two is believed", async () => {
  const next = keyPair();
  for (const serverPublicKeys of [[next.publicKey, servers.publicKey], next.publicKey + servers.publicKey]) {
    const { client } = server(RSA, 2);
    await client({ signing: { ...RSA.options, serverPublicKeys } }).get("a");
  }
  const { client } = server(RSA, 2);
  await assert.rejects(client({ signing: { ...RSA.options, serverPublicKeys: next.publicKey } }).get("a"), {
    reason: "signature_wrong",
  });
});

test("keys of the platform, and keys of more than 2048 bits", async () => {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const der = (pem) => Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  const hidden = await crypto.subtle.importKey("pkcs8", der(own.privateKey), algorithm, false, ["sign"]);
  const theirs = await crypto.subtle.importKey("spki", der(servers.publicKey), algorithm, false, ["verify"]);
  const { client, seen } = server(RSA, 2);
  await client({ signing: { ...RSA.options, privateKey: hidden, serverPublicKeys: theirs } }).get("a");
  assert.equal(seen[0].headers.Signature, rsa(own.privateKey, VERSIONS[2].request(seen[0])));

  const shared = await crypto.subtle.importKey("raw", Buffer.from(SHARED), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
    "verify",
  ]);
  const second = server(HMAC, 2);
  await second.client({ signing: { algorithm: "hash-only", signingKey: shared } }).get("a");

  const large = keyPair(3072);
  const third = server(RSA, 2);
  const escaped = large.privateKey.replaceAll("\n", "\\n");
  await third.client({ signing: { ...RSA.options, privateKey: escaped } }).get("a");
  assert.equal(third.seen[0].headers.Signature, rsa(large.privateKey, VERSIONS[2].request(third.seen[0])));

  const wrong = await crypto.subtle.importKey("pkcs8", der(own.privateKey), { ...algorithm, hash: "SHA-1" }, false, [
    "sign",
  ]);
  await assert.rejects(client({ signing: { ...RSA.options, privateKey: wrong } }).get("a"), TypeError);
});

test("keys that cannot be used are refused without being quoted, and nothing is sent", async () => {
  const { client, seen } = server(RSA, 2);
  const secret = "TUlJRXZRSUJBREFOQmdrcWhraUc5dzBCQVFFRkFBU0NCS2N3";
  const wrong = [
    { ...RSA.options, privateKey: `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----` },
    { ...RSA.options, privateKey: `-----BEGIN RSA PRIVATE KEY-----\n${secret}\n-----END RSA PRIVATE KEY-----` },
    { ...RSA.options, privateKey: secret },
    { ...RSA.options, serverPublicKeys: secret },
    { ...RSA.options, serverPublicKeys: [] },
    { ...RSA.options, serverPublicKeys: own.privateKey },
    { algorithm: "hash-only", signingKey: "" },
    { algorithm: "hash-only" },
    { algorithm: "hash-then-RSA", serverPublicKeys: servers.publicKey },
    { algorithm: "hash-then-RSA", privateKey: own.privateKey },
  ];
  for (const signing of wrong) {
    await assert.rejects(client({ signing }).get("a"), (error) => {
      assert.ok(error instanceof TypeError, String(error));
      assert.ok(!`${error.stack} ${error.cause}`.includes(secret.slice(0, 12)));
      return true;
    });
  }
  assert.throws(() => client({ signing: { algorithm: "none" } }), TypeError);
  assert.throws(() => client({ signing: { ...HMAC.options, version: 3 } }), TypeError);
  assert.equal(seen.length, 0);
});
