// Every page and action with every role, as the browser of each sends them: what a viewer may not, a viewer cannot.
import assert from "node:assert/strict";
import test from "node:test";

import { follow, house, signUp } from "./lib/house.js";
import { ROLES, routes, somewhere } from "./lib/pages.js";

/** A visitor of each role: an organisation's three, and the operator. */
async function people({ server, visitor }) {
  const operator = await visitor();
  await follow(operator, server.operatorLink, { email: "op@engines.example" });
  const owner = await visitor();
  await signUp(owner);
  const everybody = { owner, operator };
  for (const role of ["developer", "viewer"]) {
    await owner.page.goto("/console/team");
    await owner.page.getByRole("radio", { name: new RegExp(`^${role}`) }).check();
    await owner.page.getByRole("button", { name: "Make invitation" }).click();
    const link = await owner.page.locator("#link").innerText();
    everybody[role] = await visitor();
    await follow(everybody[role], link, { email: `${role}@engines.example` });
  }
  return everybody;
}

/** Asks from within a page, with the page's own token; gives back status and where it ended. */
function ask(page, { method, route }, csrf) {
  return page.evaluate(
    async ([method, where, csrf]) => {
      const form = new URLSearchParams({ csrf });
      const options = { method, redirect: "manual", headers: { "X-CSRF-Token": csrf } };
      if (method !== "GET") options.body = form;
      const answer = await fetch(where, options);
      return { status: answer.type === "opaqueredirect" ? 303 : answer.status };
    },
    [method, somewhere(route), csrf],
  );
}

test("each role is let in where the table says so, and nowhere else", async (t) => {
  const everybody = await people(await house(t));
  const table = (await routes()).filter(({ least }) => ROLES.includes(least));
  assert.ok(table.length > 50, "the table is there");
  for (const role of ROLES) {
    const { page } = everybody[role];
    await page.goto("/console/profile");
    const csrf = await page.locator('input[name="csrf"]').first().inputValue();
    for (const row of table) {
      // Would end the session that the others need.
      if (row.route === "/console/sign-out") continue;
      const { status } = await ask(page, row, csrf);
      const allowed = ROLES.indexOf(role) >= ROLES.indexOf(row.least);
      const where = `${role}: ${row.method} ${row.route}: ${status}`;
      if (allowed) assert.ok(![401, 403, 405].includes(status) && status < 500, where);
      else assert.equal(status, 403, where);
    }
  }
  for (const role of ROLES) await everybody[role].leave();
});

test("a viewer sees no button for what a viewer may not do", async (t) => {
  const { viewer } = await people(await house(t));
  const { page } = viewer;
  for (const where of ["/console", "/console/keys", "/console/persons", "/console/requests"]) {
    await viewer.go(where);
    assert.equal(await page.getByRole("button", { name: /Make key|Revoke|Remove|Replace/ }).count(), 0, where);
    assert.equal(await page.getByRole("link", { name: /Team|Try it|Settings|Organisations/ }).count(), 0, where);
  }
  await viewer.leave();
});
