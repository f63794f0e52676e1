// Signatures as OpenSSL makes them, over lines that are put together here once more.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const run = (words, input) => execFileSync("openssl", words, { input, stdio: ["pipe", "pipe", "ignore"] });

/** An RSA key pair; with `bits` of another size than usual. */
export function keyPair(bits = 2048) {
  const privateKey = run(["genpkey", "-algorithm", "RSA", "-pkeyopt", `rsa_keygen_bits:${bits}`]).toString();
  return { privateKey, publicKey: run(["pkey", "-pubout"], privateKey).toString() };
}

/** `openssl dgst -sha256 -sign` in base64. */
export function rsa(privateKey, line) {
  const folder = mkdtempSync(path.join(tmpdir(), "auther-client-"));
  try {
    const file = path.join(folder, "key.pem");
    writeFileSync(file, privateKey, { mode: 0o600 });
    return run(["dgst", "-sha256", "-sign", file], line).toString("base64");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `openssl dgst -sha256 -hmac` in base64. */
export const hmac = (key, line) => run(["dgst", "-sha256", "-hmac", key, "-binary"], line).toString("base64");

/** Version 1: the parts behind each other. */
export const plain = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)));

/** Version 2: `<length>:<bytes>,` of each part. */
export const prefixed = (...parts) =>
  plain(...parts.flatMap((part) => [`${Buffer.from(part).length}:`, Buffer.from(part), ","]));
