// The life of a key: made, replaced while both work, revoked; and the end of a quota.
import assert from "node:assert/strict";
import test from "node:test";

import { call } from "./lib/api.js";
import { house, makeKey, signUp } from "./lib/house.js";

test("a key is replaced without a pause and revoked within a second", async (t) => {
  const { server, visitor } = await house(t, { settings: { free_requests_per_second: 1000, free_burst_requests: 1000 } });
  const developer = await visitor();
  const { page } = developer;
  await signUp(developer);
  const old = await makeKey(developer, "door");
  const status = async (key) => (await call(server.base, key, "GET", "/person/face/nobody")).status;
  assert.equal(await status(old), 404);

  await page.goto("/console/keys");
  await page.getByRole("link", { name: "Replace door" }).click();
  await page.getByLabel("Keep the old key for").selectOption({ label: "1 hour" });
  await page.getByRole("button", { name: "Replace key" }).click();
  await page.getByText("The old key stays valid until").waitFor();
  const fresh = await page.locator("#secret").innerText();
  assert.notEqual(fresh, old);
  assert.deepEqual([await status(old), await status(fresh)], [404, 404], "both are let in");

  await page.goto("/console/keys");
  await page.getByRole("row", { name: /Replaced/ }).getByRole("link", { name: "Revoke" }).click();
  await page.getByRole("button", { name: "Revoke key" }).click();
  await page.getByRole("status").getByText("The key is revoked").waitFor();
  const begun = Date.now();
  assert.equal(await status(old), 403);
  assert.ok(Date.now() - begun < 1000);
  assert.equal(await status(fresh), 404);
  await page.goto("/console/keys");
  assert.equal(await page.locator("body", { hasText: fresh }).count(), 0, "a key is shown once");
  await developer.leave();
});

test("a quota runs out, says when it resets, and the back-office shows it", async (t) => {
  const settings = { free_requests_month_max: 3, free_requests_per_second: 1000, free_burst_requests: 1000 };
  const { server, visitor } = await house(t, { settings });
  const owner = await visitor();
  await signUp(owner);
  const key = await makeKey(owner, "door");
  for (let i = 0; i < 3; i++) assert.equal((await call(server.base, key, "GET", "/person/face/x")).status, 404);
  const refused = await call(server.base, key, "GET", "/person/face/x");
  assert.deepEqual([refused.status, refused.json.code, refused.json.type], [400, "CP_005", "requests_exhausted"]);
  assert.match(refused.json.details[0].resets, /^\d{4}-\d\d-01T00:00:00\.000Z$/);
  await owner.page.goto("/console");
  await owner.page.getByText("This month's requests are used up").waitFor();
  await owner.page.getByRole("link", { name: "CP_005" }).first().click();
  await owner.leave();
});

test("who asks too fast is told when to come back", async (t) => {
  const { server, visitor } = await house(t);
  const owner = await visitor();
  await signUp(owner);
  const key = await makeKey(owner, "door");
  const answers = await Promise.all(Array.from({ length: 14 }, () => call(server.base, key, "GET", "/person/face/x")));
  const refused = answers.filter((answer) => answer.status === 429);
  assert.ok(refused.length >= 3 && answers.length - refused.length >= 10, "the burst is admitted, the rest is not");
  assert.ok(refused.every((answer) => answer.json.code === "L_001" && Number(answer.headers.get("retry-after")) >= 1));
  await owner.leave();
});
