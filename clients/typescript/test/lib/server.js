// The real program, as tests/browser starts it; AUTHER_BIN names another build than target/debug/auther.
import { accessSync, constants } from "node:fs";
import { readFile } from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));
process.env.AUTHER_BINARY = path.resolve(ROOT, process.env.AUTHER_BIN ?? "target/debug/auther");
export const { Server } = await import("../../../../tests/browser/lib/server.js");
accessSync(process.env.AUTHER_BINARY, constants.X_OK);

/** A server that ends with the test, and a key to it. */
export async function served(t, settings) {
  const server = await Server.start(settings);
  t.after(() => server.stop());
  return { server, url: server.base, ...(await server.command("key", "create", "--name", "client")) };
}

export const photoPath = (name) => path.join(ROOT, "tests/photos", `${name}.jpg`);
export const photo = (name) => readFile(photoPath(name));

/** A server of node:http that ends with the test; gives back its address. `answer` gets the request with its body. */
export async function fake(t, answer) {
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    await answer(Object.assign(request, { body: Buffer.concat(chunks) }), response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

/** Stands between client and server: `change` may alter the answer before it is passed on. */
export function between(t, target, change) {
  return fake(t, async (request, response) => {
    const { host, connection, ...headers } = request.headers;
    const answer = await new Promise((resolve, reject) => {
      const passed = http.request(target + request.url, { method: request.method, headers }, resolve);
      passed.on("error", reject);
      passed.end(request.body);
    });
    const chunks = [];
    for await (const chunk of answer) chunks.push(chunk);
    const whole = { status: answer.statusCode, headers: { ...answer.headers }, body: Buffer.concat(chunks), request };
    await change(whole);
    const { "content-length": length, ...rest } = whole.headers;
    response.writeHead(whole.status, rest);
    response.end(whole.body);
  });
}
