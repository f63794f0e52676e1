// The whole collection, run by newman against the real program: unsigned, and signed in every way.
import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { accessSync, constants } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import newman from "newman";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
// AUTHER_BIN names another build than target/debug/auther.
process.env.AUTHER_BINARY = path.resolve(ROOT, process.env.AUTHER_BIN ?? "target/debug/auther");
accessSync(process.env.AUTHER_BINARY, constants.X_OK);
const { Server } = await import("../../tests/browser/lib/server.js");

const read = async (name) => JSON.parse(await readFile(new URL(`../${name}`, import.meta.url), "utf8"));
const collection = await read("auther-check-api.postman_collection.json");
const environment = await read("auther.postman_environment.json");
const requests = collection.item.flatMap(({ item }) => item);
const SIGNED = "The answer is signed by the server, and just now";
let server;

before(async () => {
  server = await Server.start();
});
after(() => server.stop());

/** Runs the collection with these variables; gives back what each request's answer was asserted to be. */
async function run(variables, changed = collection) {
  const envVar = Object.entries({ base_url: server.base, ...variables }).map(([key, value]) => ({ key, value }));
  const summary = await new Promise((resolve, reject) => {
    newman.run({ collection: changed, environment, envVar, timeoutRequest: 30_000 }, (error, done) =>
      error ? reject(error) : resolve(done),
    );
  });
  const { executions, failures } = summary.run;
  return {
    failures: failures.map(({ source, error }) => `${source?.name}: ${error.test ?? error.name}: ${error.message}`),
    executions: executions.map(({ item, request, response, assertions = [] }) => ({
      name: item.name,
      headers: request.headers.toObject(),
      status: response?.code,
      assertions: assertions.map(({ assertion }) => assertion),
    })),
  };
}

/** A key set up for signing, as variables of the environment. */
async function signingKey(algorithm, version) {
  const { id, apiKey } = await server.command("key", "create", "--name", "postman");
  const words = ["signing", "set", String(id), "--algorithm", algorithm, "--required"];
  const { signingKey } = await server.command(...words, ...(version === "2" ? ["--length-prefixed"] : []));
  const variables = { api_key: apiKey, signature_version: version };
  if (algorithm === "hash-only") return { ...variables, signing_key: signingKey };
  const { privateKey } = await server.command("signing", "generate", String(id));
  const publicKeys = await server.command("signing", "server-keys");
  return {
    ...variables,
    private_key: privateKey,
    server_public_key: publicKeys.map(({ publicKey }) => publicKey).join(""),
  };
}

test("unsigned: every request gets the answer that it says it gets", async () => {
  const { apiKey } = await server.command("key", "create", "--name", "postman");
  const { executions, failures } = await run({ api_key: apiKey });
  assert.deepEqual(failures, []);
  assert.deepEqual(
    executions.map(({ name }) => name),
    requests.map(({ name }) => name),
  );
  for (const { name, headers, assertions } of executions) {
    assert.ok(assertions.length >= 3 && !assertions.includes(SIGNED), name);
    assert.equal(headers.signature, undefined);
  }
});

for (const algorithm of ["hash-then-rsa", "hash-only"]) {
  for (const version of ["1", "2"]) {
    test(`${algorithm}, version ${version}: every request is signed and every answer verified`, async () => {
      const { executions, failures } = await run(await signingKey(algorithm, version));
      assert.deepEqual(failures, []);
      const verified = executions.filter(({ assertions }) => assertions.includes(SIGNED)).map(({ name }) => name);
      // Nothing can be verified of who is not known, and of what takes no key.
      const unsigned = ["No key", "An unknown key", "Is it alive?", "Is it ready?", "This document"];
      assert.deepEqual(
        verified,
        requests.map(({ name }) => name).filter((name) => !unsigned.includes(name)),
      );
    });
  }
}

// Enrol, update, look up and remove.
const short = { ...collection, item: collection.item.filter(({ name }) => name === "Persons" || name === "Removal") };

test("a signature that is not the server's fails the run", async () => {
  const rsa = await signingKey("hash-then-rsa", "1");
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const server_public_key = publicKey.export({ type: "spki", format: "pem" });
  const { failures } = await run({ ...rsa, server_public_key }, short);
  assert.equal(failures.length, 4);
  for (const failure of failures) assert.match(failure, /just now: the signature verifies/);
});

test("a private key may be PKCS#1 or have lost its line ends, and a server's key have a successor beside it", async () => {
  const rsa = await signingKey("hash-then-rsa", "2");
  await server.command("signing", "rotate-server-key");
  const publicKeys = await server.command("signing", "server-keys");
  assert.equal(publicKeys.length, 2);
  const server_public_key = publicKeys.map(({ publicKey }) => publicKey).join("");
  const older = createPrivateKey(rsa.private_key).export({ type: "pkcs1", format: "pem" });
  for (const private_key of [older, rsa.private_key.replaceAll("\n", " "), rsa.private_key.replaceAll("\n", "\\n")]) {
    const { executions, failures } = await run({ ...rsa, server_public_key, private_key }, short);
    assert.deepEqual(failures, []);
    for (const { name, assertions } of executions) assert.ok(assertions.includes(SIGNED), name);
  }
});

test("without a key it says what is missing", async () => {
  const { failures } = await run({}, short);
  assert.match(failures[0], /Choose the environment Auther and set api_key in it\./);
});
