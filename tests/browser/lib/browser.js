// Chromium, driven as a person would: by what is on the page. Every page is watched for what must never happen.
import assert from "node:assert/strict";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { chromium } from "playwright-core";

import { ROOT } from "./server.js";

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
// An answer of the back-office takes milliseconds, an image check on a debug build a second.
const PATIENCE_MS = 20_000;

/** Starts Chromium; with `camera`, the photograph of that name is what its webcam shows. */
export async function launch({ camera } = {}) {
  const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
  const args = [...quiet, "--disable-component-update", "--disable-sync"];
  if (camera) {
    args.push("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream");
    args.push(`--use-file-for-fake-video-capture=${await film(camera)}`);
  }
  // As root, which test machines are, Chromium's own sandbox cannot start.
  return chromium.launch({ executablePath: EXECUTABLE, chromiumSandbox: process.getuid() !== 0, args });
}

/** A film of one picture: JPEG frames behind each other. Chromium plays those whose sides are even, without EXIF. */
async function film(photo) {
  const frame = await readFile(path.join(ROOT, "tests/photos", photo));
  const file = path.join(await mkdtemp(path.join(tmpdir(), "auther-film-")), "camera.mjpeg");
  await writeFile(file, Buffer.concat(Array(10).fill(frame)));
  return file;
}

/** A visitor with cookies of their own. Fails, at `leave`, on any script error, blocked resource or foreign request. */
export class Visitor {
  static async arrive(browser, base, options = {}) {
    const visitor = new Visitor();
    visitor.base = base;
    visitor.faults = [];
    visitor.context = await browser.newContext({ baseURL: base, permissions: ["camera", "clipboard-write"], ...options });
    visitor.page = await visitor.context.newPage();
    visitor.page.setDefaultTimeout(PATIENCE_MS);
    visitor.page.on("pageerror", (error) => visitor.faults.push(`script: ${error}`));
    visitor.page.on("console", (message) => {
      // A refused request is what some tests provoke; a violated policy or a broken script is not.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
        visitor.faults.push(`console: ${message.text()}`);
      }
    });
    visitor.page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(base) && !/^(data|blob):/.test(url)) visitor.faults.push(`foreign request: ${url}`);
    });
    return visitor;
  }

  /** Goes to a page and sees that it is there. */
  async go(where) {
    const response = await this.page.goto(where);
    assert.equal(response.status(), 200, where);
    return this.page;
  }

  async leave() {
    await this.context.close();
    assert.deepEqual(this.faults, []);
  }
}
