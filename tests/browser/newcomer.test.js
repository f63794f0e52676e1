// From a fresh start to a first enrolled face, by somebody who reads only what is on the screen.
import assert from "node:assert/strict";
import test from "node:test";

import { call, photoPath } from "./lib/api.js";
import { follow, house, makeKey, signUp } from "./lib/house.js";

test("the first start offers a link, and who follows it is the operator", async (t) => {
  const { server, visitor } = await house(t);
  assert.match(server.operatorLink, /\/console\/link\/\w+$/);
  const operator = await visitor();
  await follow(operator, server.operatorLink, { email: "op@engines.example" });
  await operator.page.getByRole("link", { name: "Organisations" }).first().click();
  await operator.page.getByRole("heading", { name: "Organisations" }).waitFor();
  const used = await operator.page.goto(server.operatorLink);
  assert.equal(used.status(), 404, "a link works once");
  await operator.leave();
});

test("sign-up leads to a key, and the key to the first successful call", async (t) => {
  const { server, visitor } = await house(t);
  const newcomer = await visitor();
  const { page } = newcomer;
  await page.goto("/");
  await page.getByRole("link", { name: "Create an organisation" }).click();
  await signUp(newcomer);
  await page.getByRole("heading", { name: "Three steps to your first enrolled face" }).waitFor();
  await page.getByRole("link", { name: "Make a key" }).click();
  const key = await makeKey(newcomer, "first");
  const enrolled = await call(server.base, key, "POST", "/person/face/ada", { faceImage: "A000376_b.jpg" });
  assert.equal(enrolled.status, 200, JSON.stringify(enrolled.json));
  assert.equal(enrolled.json.personId, "ada");
  const verified = await call(server.base, key, "POST", "/person/verify-face/ada", { faceImage: "A000376_a.jpg" });
  assert.equal(verified.status, 200, JSON.stringify(verified.json));

  await page.goto("/console/persons");
  await page.getByRole("link", { name: "ada", exact: true }).click();
  await page.getByText("No image.").waitFor();
  await page.goto("/console/requests");
  await page.getByRole("cell", { name: "create" }).waitFor();
  await page.goto("/console");
  assert.equal(await page.getByText("Three steps").count(), 0, "who has begun is not led any more");
  await newcomer.leave();
});

test("the camera guides, and the face is enrolled, verified and identified in the browser", async (t) => {
  const { server, visitor } = await house(t, { camera: "A000376_b.jpg" });
  const newcomer = await visitor();
  const { page } = newcomer;
  await signUp(newcomer);
  await page.getByRole("link", { name: "Try it" }).first().click();
  await page.getByText("Enrol", { exact: true }).click();
  await page.getByLabel("Person id").fill("ada");
  const picture = page.getByRole("region", { name: "Picture 1" });
  await picture.getByRole("button", { name: "Use camera" }).click();
  await picture.getByRole("status").getByText("Very good. Take the picture.").waitFor();
  assert.equal(await picture.getByRole("listitem").count(), 8, "every group of checks is shown");
  await picture.getByRole("button", { name: "Take picture" }).click();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("heading", { name: "ada is enrolled" }).waitFor();
  assert.match(await page.locator("#curl").innerText(), /curl .*person\/face\/ada/s);
  const shown = JSON.parse(await page.locator("#answer").innerText());
  assert.equal(shown.personId, "ada");

  await page.getByText("Identify", { exact: true }).click();
  await page.locator("#file-1").setInputFiles(photoPath("A000376_a.jpg"));
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("heading", { name: "This is ada" }).waitFor();

  await page.getByText("Verify", { exact: true }).click();
  await page.locator("#file-1").setInputFiles(photoPath("A000369_b.jpg"));
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("heading", { name: "No, this is somebody else" }).waitFor();

  await page.getByText("Compare two images", { exact: true }).click();
  await page.locator("#file-1").setInputFiles(photoPath("A000377_a.jpg"));
  await page.locator("#file-2").setInputFiles(photoPath("A000377_b.jpg"));
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("heading", { name: /The same person/ }).waitFor();

  await page.getByText("Check an image", { exact: true }).click();
  await page.locator("#file-1").setInputFiles(`${photoPath("..")}/../docs/images/sunglasses.jpg`);
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("heading", { name: "This image would be refused" }).waitFor();
  await page.getByRole("cell", { name: "Take off your sunglasses" }).waitFor();

  await page.getByText("Remove", { exact: true }).click();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("button", { name: "Yes, remove" }).click();
  await page.getByRole("heading", { name: "The person is removed" }).waitFor();
  await newcomer.leave();
});
