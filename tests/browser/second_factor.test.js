// A second factor: set up with an app, asked for when signing in, and replaced by a recovery code when the app is lost.
import assert from "node:assert/strict";
import test from "node:test";

import { totp } from "./lib/api.js";
import { house, PASSWORD, signUp } from "./lib/house.js";

async function signIn({ page }) {
  await page.goto("/console/sign-in");
  await page.getByLabel("E-mail address").fill("ada@engines.example");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "One more step" }).waitFor();
}

test("signing in takes the app's code, once, or a recovery code, once", async (t) => {
  const { visitor } = await house(t);
  const owner = await visitor();
  const { page } = owner;
  await signUp(owner);
  await page.goto("/console/profile");
  await page.getByRole("button", { name: "Set up" }).click();
  await page.locator("svg.qr").waitFor();
  const secret = await page.locator("#totp-secret").innerText();
  const first = totp(secret);
  await page.getByLabel("Code", { exact: true }).fill("000000");
  await page.getByRole("button", { name: "Switch on" }).click();
  await page.getByRole("alert").waitFor();
  await page.getByLabel("Code", { exact: true }).fill(first);
  await page.getByRole("button", { name: "Switch on" }).click();
  await page.getByRole("heading", { name: "Your recovery codes" }).waitFor();
  const codes = await page.locator(".codes code").allInnerTexts();
  assert.equal(new Set(codes).size, 10);

  const phone = await visitor();
  await signIn(phone);
  const refused = await phone.page.goto("/console/keys");
  assert.match(refused.url(), /second-factor/, "half signed in is not signed in");
  await phone.page.getByLabel("Code", { exact: true }).fill(first);
  await phone.page.getByRole("button", { name: "Continue" }).click();
  await phone.page.getByRole("alert").waitFor();
  await phone.page.getByLabel("Code", { exact: true }).fill(codes[0].toUpperCase());
  await phone.page.getByRole("button", { name: "Continue" }).click();
  await phone.page.getByRole("heading", { name: "Overview" }).waitFor();
  await phone.leave();

  const again = await visitor();
  await signIn(again);
  await again.page.getByLabel("Code", { exact: true }).fill(codes[0]);
  await again.page.getByRole("button", { name: "Continue" }).click();
  await again.page.getByRole("alert").waitFor();
  await again.leave();
  await owner.leave();
});
