// Signing as a developer meets it: turned on, a key made, a request signed with it, the answer verified, a mistake found.
import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, createSign, createVerify } from "node:crypto";
import test from "node:test";

import { house, makeKey, signUp } from "./lib/house.js";

const URI = "/person/face/nobody";

/** Asks for a person with a signature; `base` is what the signed line begins with. */
async function get(server, key, privateKey, base = server.base) {
  const timestamp = String(Date.now());
  const signature = createSign("sha256").update(base + URI + timestamp).sign(createPrivateKey(privateKey), "base64");
  const headers = { "Api-Key": key, Timestamp: timestamp, Signature: signature };
  const answer = await fetch(server.base + URI, { headers });
  const words = `GET ${URI} HTTP/1.1\nTimestamp: ${timestamp}\nSignature: ${signature}\n\n`;
  return { status: answer.status, headers: answer.headers, text: await answer.text(), words };
}

test("a developer turns signing on, signs, verifies, and finds a mistake", async (t) => {
  const { server, visitor } = await house(t, { settings: { free_requests_per_second: 1000, free_burst_requests: 1000 } });
  const developer = await visitor();
  const { page } = developer;
  await signUp(developer);
  const key = await makeKey(developer, "door");
  await page.goto("/console/keys");
  await page.getByRole("link", { name: "Signing of door" }).click();
  await page.getByRole("radio", { name: /^hash-then-RSA/ }).check();
  await page.getByRole("checkbox", { name: /^Refuse requests that are not signed/ }).check();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Every request of this key is refused now").waitFor();
  const unsigned = await fetch(server.base + URI, { headers: { "Api-Key": key } });
  assert.deepEqual([unsigned.status, (await unsigned.json()).code], [401, "S_001"]);

  await page.getByRole("button", { name: "Make a client key" }).click();
  const privateKey = await page.locator("#private-key").innerText();
  assert.match(privateKey, /^-----BEGIN PRIVATE KEY-----/);
  await page.getByRole("link", { name: "I have stored it" }).click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Download the service’s public keys" }).click(),
  ]);
  const stream = await download.createReadStream();
  let pem = "";
  for await (const chunk of stream) pem += chunk;

  const answer = await get(server, key, privateKey);
  assert.equal(answer.status, 404);
  const line = server.base + URI + answer.text + answer.headers.get("timestamp");
  const isRight = createVerify("sha256").update(line).verify(createPublicKey(pem), answer.headers.get("signature"), "base64");
  assert.ok(isRight, "the answer is the service's");

  const wrong = await get(server, key, privateKey, `${server.base}/`);
  assert.deepEqual([wrong.status, JSON.parse(wrong.text).code], [401, "S_002"]);
  await page.getByRole("link", { name: "Signature debugger" }).click();
  for (const [words, says] of [
    [answer.words, "The signature is right"],
    [wrong.words, `The signature fits the base URL ${server.base}/`],
  ]) {
    await page.getByLabel("As it was sent, with its headers").fill(words);
    await page.getByRole("button", { name: "Look at it" }).click();
    await page.getByRole("status").getByText(says).waitFor();
  }
  await developer.leave();
});
