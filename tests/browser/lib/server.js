// The real program on a data folder of its own, started as an operator would start it.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import readline from "node:readline";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const BINARY = process.env.AUTHER_BINARY ?? path.join(ROOT, "target/debug/auther");
// Models are loaded on a machine that may be busy with other tests.
const READY_WITHIN_MS = 60_000;

/** A running server: `base` is its address, `operatorLink` what its log offered on the first start. */
export class Server {
  static async start(settings = {}) {
    const server = new Server();
    server.data = await mkdtemp(path.join(tmpdir(), "auther-browser-"));
    const environment = { ...process.env };
    for (const [name, value] of Object.entries(settings)) environment[`AUTHER_${name.toUpperCase()}`] = String(value);
    const words = ["serve", "--listen", "127.0.0.1:0", "--data", server.data];
    server.child = spawn(BINARY, words, { env: environment, stdio: ["ignore", "ignore", "pipe"] });
    server.log = [];
    const lines = readline.createInterface({ input: server.child.stderr });
    const ready = new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`not ready:\n${server.log.join("\n")}`)), READY_WITHIN_MS);
      server.child.once("exit", (code) => reject(new Error(`ended with ${code}:\n${server.log.join("\n")}`)));
      lines.on("line", (line) => {
        server.log.push(line);
        const said = line.startsWith("{") ? JSON.parse(line) : {};
        if (said.link) server.operatorLink = said.link;
        if (said.address) {
          clearTimeout(late);
          server.base = `http://${said.address}`;
          resolve();
        }
      });
    });
    try {
      await ready;
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Runs a command of the program on the same data folder; gives back what it printed as JSON. */
  async command(...words) {
    const child = spawn(BINARY, [...words, "--json", "--data", this.data], { stdio: ["ignore", "pipe", "pipe"] });
    const [printed, said] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const code = child.exitCode ?? (await new Promise((resolve) => child.once("close", resolve)));
    if (code !== 0) throw new Error(`auther ${words.join(" ")}: ${code}: ${said}`);
    return JSON.parse(printed);
  }

  async stop() {
    this.child.removeAllListeners("exit");
    if (this.child.exitCode === null) {
      const ended = new Promise((resolve) => this.child.once("exit", resolve));
      this.child.kill("SIGKILL");
      await ended;
    }
    await rm(this.data, { recursive: true, force: true });
  }
}

async function text(stream) {
  let all = "";
  for await (const chunk of stream) all += chunk;
  return all;
}
