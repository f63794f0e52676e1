// What every test begins with: a server, a browser, and people who sign up as people do.
import assert from "node:assert/strict";

import { launch, Visitor } from "./browser.js";
import { Server } from "./server.js";

export const PASSWORD = "a quiet afternoon in May";

/** A server and a browser, given back when the test ends. */
export async function house(t, { settings, camera } = {}) {
  const server = await Server.start(settings);
  t.after(() => server.stop());
  const browser = await launch({ camera });
  t.after(() => browser.close());
  return {
    server,
    browser,
    visitor: (options) => Visitor.arrive(browser, server.base, options),
  };
}

/** Signs up by the form; leaves the visitor on the overview. */
export async function signUp({ page, go }, { organisation = "Engines", email = "ada@engines.example" } = {}) {
  await page.goto("/console/sign-up");
  await page.getByLabel("Organisation").fill(organisation);
  await page.getByLabel("Your name").fill("Ada");
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create organisation" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
}

/** Follows a one-time link to an account. */
export async function follow(visitor, link, { organisation, email } = {}) {
  const { page } = visitor;
  await page.goto(link);
  if (organisation) await page.getByLabel("Organisation").fill(organisation);
  await page.getByLabel("Your name").fill("Grace");
  const field = page.getByLabel("E-mail address");
  if (email && (await field.isEditable())) await field.fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.locator("main button[type=submit], .auth-main button[type=submit]").first().click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
}

/** Makes a key by the form; gives back its secret, and leaves the visitor on the page that shows it. */
export async function makeKey({ page }, name) {
  await page.goto("/console/keys");
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Make key" }).click();
  await page.getByRole("heading", { name: "Your new key" }).waitFor();
  const secret = await page.locator("#secret").innerText();
  assert.match(secret, /^ak_[0-9A-Za-z]{10}_[0-9A-Za-z]{43}$/);
  return secret;
}
