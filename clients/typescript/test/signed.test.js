// Signing with the real program: every call in every combination, and what an attacker on the way may do.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import * as auther from "@auther/client";
import { between, photoPath, Server } from "./lib/server.js";
import { keyPair } from "./lib/openssl.js";

const { Client } = auther;
const FACES = {
  "hash-then-RSA 1": "A000369",
  "hash-then-RSA 2": "A000376",
  "hash-only 1": "A000377",
  "hash-only 2": "A000369",
};
let server, url, folder;

before(async () => {
  server = await Server.start();
  url = server.base;
  folder = await mkdtemp(path.join(tmpdir(), "auther-client-"));
});
after(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

const publicKeys = async () => (await server.command("signing", "server-keys")).map(({ publicKey }) => publicKey);

/** A key of a gallery of its own that must sign; gives back how. */
async function signingKey(algorithm, { version = 2, upload } = {}) {
  const organisation = await server.command("organisation", "create", "--name", "Signing");
  await server.command("organisation", "plan", String(organisation.id), "1");
  const { id, apiKey } = await server.command(
    "key",
    "create",
    "--name",
    "signing",
    "--organisation",
    String(organisation.id),
  );
  const words = ["signing", "set", String(id), "--algorithm", algorithm.toLowerCase(), "--required"];
  const { signingKey } = await server.command(...words, ...(version === 2 ? ["--length-prefixed"] : []));
  if (algorithm === "hash-only") return { id, apiKey, signing: { algorithm, signingKey, version } };
  let privateKey = upload?.privateKey;
  if (upload) {
    const file = path.join(folder, `${id}.pem`);
    await writeFile(file, upload.publicKey);
    await server.command("signing", "upload", String(id), file);
  } else {
    ({ privateKey } = await server.command("signing", "generate", String(id)));
  }
  return { id, apiKey, signing: { algorithm, privateKey, version, serverPublicKeys: await publicKeys() } };
}

for (const algorithm of ["hash-then-RSA", "hash-only"]) {
  for (const version of [1, 2]) {
    test(`${algorithm}, version ${version}: every call, refusals too`, async () => {
      const { apiKey, signing } = await signingKey(algorithm, { version });
      const client = new Client({ url, apiKey, signing, retry: false });
      const face = FACES[`${algorithm} ${version}`];
      const [a, b] = [photoPath(`${face}_a`), photoPath(`${face}_b`)];
      const stranger = photoPath(face === "A000377" ? "A000376_a" : "A000377_a");
      const me = "mark@example.org:1+2~3";
      const person = await client.enrol(me, a);
      assert.deepEqual(await client.get(me), person);
      assert.deepEqual(await client.identify(b), person);
      assert.deepEqual(await client.verify(me, b), person);
      assert.equal((await client.update(me, b)).created, person.created);
      assert.ok((await client.compare(a, b)).facesMatched >= 80);
      assert.equal((await client.check(a)).accepted, true);
      await assert.rejects(client.verify(me, stranger), auther.FaceNotMatched);
      await assert.rejects(client.identify(stranger), auther.NoPersonMatched);
      await assert.rejects(client.enrol("other", a), auther.FaceExists);
      await assert.rejects(client.identify({ base64: "" }), auther.InvalidRequest);
      await client.remove(me);
      await assert.rejects(client.get(me), auther.PersonNotFound);
    });

    test(`${algorithm}, version ${version}: an answer that was tampered with is not believed`, async (t) => {
      const { apiKey, signing } = await signingKey(algorithm, { version });
      const through = async (change) => {
        const proxy = await between(t, url, change);
        return new Client({ url: proxy, apiKey, signing: { ...signing, publicUrl: url }, retry: false });
      };
      const untouched = await through(() => {});
      await assert.rejects(untouched.get("a"), auther.PersonNotFound);
      let recorded;
      const changes = {
        body: [(answer) => (answer.body = Buffer.from(answer.body.toString().replace("person_", "face_")))],
        signature: [
          (answer) => delete answer.headers.signature,
          (answer) => (answer.headers.signature = answer.request.headers.signature),
        ],
        timestamp: [
          (answer) => (answer.headers.timestamp = String(Number(answer.headers.timestamp) + 1)),
          (answer) => delete answer.headers.timestamp,
        ],
        version: [(answer) => (answer.headers["signature-version"] = version === 1 ? "2" : "1")],
        status: version === 2 ? [(answer) => (answer.status = 410)] : [],
        // The answer to the first request for the second one.
        repeated:
          version === 2 ? [(answer) => (recorded ? Object.assign(answer, recorded) : (recorded = { ...answer }))] : [],
      };
      for (const [what, each] of Object.entries(changes)) {
        for (const change of each) {
          const client = await through(change);
          if (what === "repeated") await assert.rejects(client.get("a"), auther.PersonNotFound);
          await assert.rejects(client.get("a"), auther.UnauthenticResponse, `${what}: ${change}`);
        }
      }
    });
  }
}

test("a request that was tampered with, repeated, or not signed is refused by the server", async (t) => {
  const { apiKey, signing } = await signingKey("hash-only");
  await assert.rejects(new Client({ url, apiKey }).get("a"), {
    name: "SignatureRefused",
    status: 401,
    code: "S_001",
    type: "signature_missing",
  });

  const sender = (send) => new Client({ url, apiKey, signing, retry: false, fetch: send });
  const changed = sender((where, request) => fetch(where.replace(/a$/, "b"), request));
  await assert.rejects(changed.get("a"), {
    name: "UnauthenticResponse",
    claimed: { code: "S_002", type: "signature_wrong" },
  });

  const late = sender((where, request) =>
    fetch(where, { ...request, headers: { ...request.headers, Timestamp: String(Date.now() - 301_000) } }),
  );
  await assert.rejects(late.get("a"), { name: "SignatureRefused", code: "S_003", type: "timestamp_outside_window" });

  let first;
  const repeating = sender((where, request) => fetch(where, (first ??= request)));
  await assert.rejects(repeating.get("a"), auther.PersonNotFound);
  // The answer is to the nonce of the first request, which is what the server has seen.
  await assert.rejects(repeating.get("a"), {
    name: "UnauthenticResponse",
    claimed: { code: "S_003", type: "signature_replayed" },
  });
});

test("who is not known is answered without a signature", async () => {
  for (const algorithm of ["hash-then-RSA", "hash-only"]) {
    const { signing } = await signingKey(algorithm);
    await assert.rejects(new Client({ url, apiKey: "ak_unknown", signing }).get("a"), {
      name: "UnauthenticResponse",
      reason: "signature_missing",
      claimed: { code: "A_002", type: "key_unknown" },
    });
  }
});

test("a key of another is refused, in words that help", async () => {
  const { apiKey, signing } = await signingKey("hash-then-RSA");
  const foreign = new Client({ url, apiKey, signing: { ...signing, privateKey: keyPair().privateKey } });
  await assert.rejects(foreign.get("a"), { name: "SignatureRefused", code: "S_002", type: "signature_wrong" });
  const other = new Client({ url, apiKey, signing: { ...signing, serverPublicKeys: keyPair().publicKey } });
  await assert.rejects(other.get("a"), {
    name: "UnauthenticResponse",
    reason: "signature_wrong",
    claimed: { code: "NF_001", type: "person_not_found" },
  });
});

test("an uploaded public key, a private key that cannot be read out, and 4096 bits", async () => {
  const large = await signingKey("hash-then-RSA", { upload: keyPair(4096) });
  await assert.rejects(new Client({ url, ...large }).get("a"), auther.PersonNotFound);

  const algorithm = {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  const pair = await crypto.subtle.generateKey(algorithm, false, ["sign", "verify"]);
  const spki = Buffer.from(await crypto.subtle.exportKey("spki", pair.publicKey))
    .toString("base64")
    .replace(/.{64}/g, "$&\n");
  const publicKey = `-----BEGIN PUBLIC KEY-----\n${spki}\n-----END PUBLIC KEY-----\n`;
  const hidden = await signingKey("hash-then-RSA", { upload: { publicKey, privateKey: pair.privateKey } });
  await assert.rejects(new Client({ url, ...hidden }).get("a"), auther.PersonNotFound);
});

test("many calls at once are signed one by one", async () => {
  for (const algorithm of ["hash-then-RSA", "hash-only"]) {
    const key = await signingKey(algorithm, { version: 1 });
    const clients = [new Client({ url, ...key }), new Client({ url, ...key })];
    const answers = await Promise.allSettled(Array.from({ length: 24 }, (_, index) => clients[index % 2].get("a")));
    assert.deepEqual([...new Set(answers.map(({ reason }) => reason?.name))], ["PersonNotFound"]);
  }
});

test("the server changes its key", async () => {
  const { apiKey, signing } = await signingKey("hash-then-RSA");
  await server.command("signing", "rotate-server-key");
  const both = await publicKeys();
  assert.equal(both.length, 2);
  await assert.rejects(
    new Client({ url, apiKey, signing: { ...signing, serverPublicKeys: both } }).get("a"),
    auther.PersonNotFound,
  );
});
