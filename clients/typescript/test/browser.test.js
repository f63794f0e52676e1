// The built modules in Chromium, on a page of the server's own origin.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { chromium } from "playwright-core";

import { photo, Server } from "./lib/server.js";

const DIST = fileURLToPath(new URL("../dist", import.meta.url));
const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
let server, browser;

before(async () => {
  server = await Server.start();
  const args = ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"];
  // As root, which test machines are, Chromium's own sandbox cannot start.
  browser = await chromium.launch({ executablePath: EXECUTABLE, chromiumSandbox: process.getuid() !== 0, args });
});
after(async () => {
  await browser.close();
  await server.stop();
});

/** A page on which the modules are at /client/; `loaded` collects what was fetched of them. */
async function arrive(t) {
  const { apiKey, id } = await server.command("key", "create", "--name", "browser");
  const context = await browser.newContext({ baseURL: server.base, bypassCSP: true });
  t.after(() => context.close());
  const page = await context.newPage();
  const loaded = [];
  await page.route("/client/**", async (route) => {
    const name = new URL(route.request().url()).pathname.slice("/client/".length);
    loaded.push(name);
    await route.fulfill({ contentType: "text/javascript", body: await readFile(path.join(DIST, name)) });
  });
  await page.goto("/docs");
  const photos = {};
  for (const name of ["A000369_a", "A000369_b", "A000376_a"]) photos[name] = (await photo(name)).toString("base64");
  return { page, loaded, apiKey, id, photos };
}

test("enrols, verifies and compares from a Blob", async (t) => {
  const { page, loaded, apiKey, photos } = await arrive(t);
  const seen = await page.evaluate(
    async ({ apiKey, photos }) => {
      const { Client, FaceNotMatched } = await import("/client/index.js");
      const blob = async (name) => (await fetch(`data:image/jpeg;base64,${photos[name]}`)).blob();
      const client = new Client({ url: location.origin, apiKey });
      const person = await client.enrol("browser", await blob("A000369_a"));
      const verified = await client.verify("browser", await blob("A000369_b"));
      const refused = await client
        .verify("browser", await blob("A000376_a"))
        .catch((error) => [error instanceof FaceNotMatched, error.requestId.length]);
      const { facesMatched } = await client.compare(
        await blob("A000369_a"),
        await (await blob("A000369_b")).arrayBuffer(),
      );
      const path = await client.check("/etc/hostname").catch((error) => error.name);
      await client.remove("browser");
      return { person, verified, refused, facesMatched, path };
    },
    { apiKey, photos },
  );
  assert.deepEqual(seen.verified, seen.person);
  assert.deepEqual(seen.refused, [true, 36]);
  assert.ok(seen.facesMatched >= 80);
  assert.equal(seen.path, "TypeError");
  assert.ok(loaded.includes("index.js") && !loaded.includes("node.js"), String(loaded));
});

test("signs with a key that never leaves the browser, and verifies the answers", async (t) => {
  const { page, apiKey, id, photos } = await arrive(t);
  await server.command("signing", "set", String(id), "--algorithm", "hash-then-rsa", "--required", "--length-prefixed");
  const publicKey = await page.evaluate(async () => {
    const algorithm = {
      name: "RSASSA-PKCS1-v1_5",
      hash: "SHA-256",
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
    };
    globalThis.pair = await crypto.subtle.generateKey(algorithm, false, ["sign", "verify"]);
    const spki = new Uint8Array(await crypto.subtle.exportKey("spki", globalThis.pair.publicKey));
    const lines = btoa(String.fromCharCode(...spki)).replace(/.{64}/g, "$&\n");
    return `-----BEGIN PUBLIC KEY-----\n${lines}\n-----END PUBLIC KEY-----\n`;
  });
  const file = path.join(server.data, "browser.pem");
  await writeFile(file, publicKey);
  await server.command("signing", "upload", String(id), file);
  const serverPublicKeys = (await server.command("signing", "server-keys")).map(({ publicKey }) => publicKey);
  const seen = await page.evaluate(
    async ({ apiKey, photos, serverPublicKeys }) => {
      const { Client, UnauthenticResponse } = await import("/client/index.js");
      const blob = async (name) => (await fetch(`data:image/jpeg;base64,${photos[name]}`)).blob();
      const signing = { algorithm: "hash-then-RSA", privateKey: globalThis.pair.privateKey, serverPublicKeys };
      const client = new Client({ url: location.origin, apiKey, signing });
      const person = await client.enrol("signed", await blob("A000369_a"));
      const verified = await client.verify("signed", await blob("A000369_b"));
      const refused = await client.verify("signed", await blob("A000376_a")).catch((error) => error.name);
      const forged = new Client({
        url: location.origin,
        apiKey,
        signing,
        fetch: async (url, request) => {
          const { status, headers } = await fetch(url, request);
          return new Response('{"facesMatched":99}', { status, headers });
        },
      });
      const believed = await forged
        .compare(await blob("A000369_a"), await blob("A000376_a"))
        .catch((error) => error instanceof UnauthenticResponse && error.reason);
      return { person, verified, refused, believed, extractable: globalThis.pair.privateKey.extractable };
    },
    { apiKey, photos, serverPublicKeys },
  );
  assert.equal(seen.person.personId, "signed");
  assert.deepEqual(seen.verified, seen.person);
  assert.deepEqual([seen.refused, seen.believed, seen.extractable], ["FaceNotMatched", "signature_wrong", false]);
});
