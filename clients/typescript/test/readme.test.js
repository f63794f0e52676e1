// The package as it is installed, and the README's first example as it is printed.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { photoPath, served } from "./lib/server.js";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);

test("the first example works in a project that installs the package", async (t) => {
  const project = await mkdtemp(path.join(tmpdir(), "auther-client-"));
  t.after(() => rm(project, { recursive: true }));
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", project], {
    cwd: PACKAGE,
  });
  const [{ filename, files }] = JSON.parse(stdout);
  const strange = files
    .map(({ path }) => path)
    .filter((name) => !/^(dist|src)\/|^(package\.json|README\.md)$/.test(name));
  assert.deepEqual(strange, []);
  await writeFile(path.join(project, "package.json"), '{"private":true,"type":"module"}');
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", path.join(project, filename)], { cwd: project });

  const [, example] = (await readFile(path.join(PACKAGE, "README.md"), "utf8")).match(
    /```js\n([^`]*await (?:.|\n)*?)```/,
  );
  await writeFile(path.join(project, "example.js"), example);
  await copyFile(photoPath("A000369_a"), path.join(project, "mark.jpg"));
  await copyFile(photoPath("A000369_b"), path.join(project, "gate.jpg"));
  const { url, apiKey } = await served(t);
  const env = { ...process.env, AUTHER_URL: url, AUTHER_API_KEY: apiKey };
  assert.equal((await run("node", ["example.js"], { cwd: project, env })).stdout, "It is mark.\n");

  await run(
    "node",
    [
      "--input-type=module",
      "--eval",
      'import { Client } from "@auther/client"; await new Client({ url: process.env.AUTHER_URL, apiKey: process.env.AUTHER_API_KEY }).remove("mark")',
    ],
    { cwd: project, env },
  );
  await copyFile(photoPath("A000376_a"), path.join(project, "gate.jpg"));
  assert.equal((await run("node", ["example.js"], { cwd: project, env })).stdout, "It is somebody else.\n");
});
