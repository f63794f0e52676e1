// How every page looks and whether everybody can use it: axe finds nothing serious, nothing runs off the screen, and a
// picture of each page in both themes and two widths is left in target/screenshots.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import test from "node:test";

import { call, photoPath } from "./lib/api.js";
import { follow, house, makeKey, signUp } from "./lib/house.js";
import { routes } from "./lib/pages.js";
import { ROOT } from "./lib/server.js";

const SHOTS = path.join(ROOT, "target/screenshots");
const WIDTHS = [1280, 390];
const SCHEMES = ["light", "dark"];
const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds that keeps somebody from using the page, or makes it hard. */
async function faults(page) {
  // Not a script tag: the pages' policy, which stays on, forbids those.
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const serious = found.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

async function look(visitor, where, name) {
  const { page } = visitor;
  const wrong = [];
  for (const scheme of SCHEMES) {
    for (const width of WIDTHS) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 900 });
      if (where) await page.goto(where);
      await page.evaluate(() => scrollTo(0, 0));
      await page.screenshot({ animations: "disabled", path: path.join(SHOTS, `${name}-${scheme}-${width}.png`), fullPage: true });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (overflow > 0) wrong.push(`${name} at ${width}: ${overflow} px too wide`);
      if (width === WIDTHS[0]) wrong.push(...(await faults(page)).map((fault) => `${name} in ${scheme}: ${fault}`));
    }
  }
  return wrong;
}

test("every page is beautiful to everybody", async (t) => {
  await mkdir(SHOTS, { recursive: true });
  const { server, visitor } = await house(t, { settings: { free_requests_per_second: 1000, free_burst_requests: 1000 } });
  const [operator, owner, nobody] = [await visitor(), await visitor(), await visitor()];
  await follow(operator, server.operatorLink, { email: "op@engines.example" });
  await signUp(owner);
  const wrong = await look(owner, "/console", "overview-of-a-newcomer");
  const key = await makeKey(owner, "Front door");
  wrong.push(...(await look(owner, null, "key-created")));
  await call(server.base, key, "POST", "/person/face/ada", { faceImage: "A000376_b.jpg" });
  await call(server.base, key, "POST", "/person/recognize-face", { faceImage: "A000376_a.jpg" });
  await call(server.base, key, "POST", "/person/recognize-face", { faceImage: "A000369_a.jpg" });
  await call(server.base, key, "GET", "/person/face/nobody");

  const ids = { "/console/keys/": 1, "/console/team/": 2, "/console/operator/": 2 };
  const fill = (route) => {
    const id = Object.entries(ids).find(([start]) => route.startsWith(start))?.[1];
    return route.replace("{person_id}", "ada").replace("{id}", id);
  };
  const pages = (await routes()).filter(({ method, route }) => method === "GET" && !/assets|try\/api|secret|file|export$|client-keys|server-keys|postman|^\/$|\/$/.test(route));
  const documentation = ["quick-start", "reference", "image-requirements", "errors", "signing", "limits"].map((page) => ({ route: `/docs/${page}`, least: "everybody" }));
  for (const { route, least } of [...pages.filter(({ route }) => route !== "/docs/{page}"), ...documentation]) {
    const who = { everybody: nobody, operator }[least] ?? owner;
    if (least === "pending") continue;
    wrong.push(...(await look(who, fill(route), fill(route).slice(1).replaceAll("/", "-"))));
  }
  // What comes of a form: an answer of the API, complaints, a page that is not there.
  await owner.page.goto("/console/try?do=verify&person=ada");
  await owner.page.locator("#file-1").setInputFiles(photoPath("A000376_a.jpg"));
  await owner.page.getByRole("button", { name: "Send" }).click();
  await owner.page.getByRole("heading", { name: "Yes, this is ada" }).waitFor();
  wrong.push(...(await look(owner, null, "console-try-answered")));
  await owner.page.goto("/console/settings");
  await owner.page.getByLabel(/head may be turned/).fill("90");
  await owner.page.getByRole("button", { name: "Save settings" }).click();
  await owner.page.getByRole("alert").waitFor();
  wrong.push(...(await look(owner, null, "console-settings-refused")));
  await owner.page.goto("/console/keys/1/signing");
  await owner.page.getByRole("radio", { name: /^hash-then-RSA/ }).check();
  await owner.page.getByRole("button", { name: "Save" }).click();
  await owner.page.getByRole("button", { name: "Make a client key" }).click();
  await owner.page.getByText("Store it now").waitFor();
  wrong.push(...(await look(owner, null, "client-key-made")));
  await owner.page.goto("/console/keys/1/signing");
  await owner.page.getByLabel("Or hand in your own public key").fill("no key");
  await owner.page.getByRole("button", { name: "Hand in" }).click();
  await owner.page.getByRole("alert").waitFor();
  wrong.push(...(await look(owner, null, "console-keys-signing-refused")));
  await owner.page.goto("/console/keys/1/debugger");
  await owner.page.getByLabel("As it was sent, with its headers").fill(`GET /person/face/ada HTTP/1.1\nTimestamp: 1764000000000\nSignature: AAAA\n\n`);
  await owner.page.getByRole("button", { name: "Look at it" }).click();
  await owner.page.getByRole("heading", { name: "What we found" }).waitFor();
  wrong.push(...(await look(owner, null, "console-keys-debugger-found")));
  await owner.page.goto("/console/nowhere");
  wrong.push(...(await look(owner, null, "not-found")));
  assert.deepEqual(wrong, []);
  for (const who of [operator, owner, nobody]) await who.leave();
});

test("the theme can be chosen and stays chosen", async (t) => {
  const { visitor } = await house(t);
  const nobody = await visitor({ colorScheme: "light" });
  await nobody.go("/docs");
  const background = () => nobody.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await nobody.page.getByRole("button", { name: "Switch between light and dark" }).click();
  const dark = await background();
  assert.notEqual(dark, light);
  await nobody.page.reload();
  assert.equal(await background(), dark);
  await nobody.leave();
});

test("without scripts everything works but the camera", async (t) => {
  const { visitor } = await house(t);
  const plain = await visitor({ javaScriptEnabled: false });
  await signUp(plain);
  await makeKey(plain, "plain");
  await plain.go("/console/try");
  await plain.page.getByText("need JavaScript").waitFor();
  await plain.page.goto("/docs/quick-start");
  await plain.page.getByText("Python", { exact: true }).first().click();
  await plain.page.getByText("import base64").first().waitFor();
  await plain.leave();
});
