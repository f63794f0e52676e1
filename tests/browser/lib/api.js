// The API as a client calls it, and a second factor as an authenticator app computes it.
import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";

import { ROOT } from "./server.js";

export async function photo(name) {
  return readFile(path.join(ROOT, "tests/photos", name));
}

export const photoPath = (name) => path.join(ROOT, "tests/photos", name);

/** Calls the API with a key; `images` are names of photographs by field. */
export async function call(base, key, method, where, images = {}) {
  const body = {};
  for (const [field, name] of Object.entries(images)) body[field] = (await photo(name)).toString("base64");
  const hasBody = method === "POST" || method === "PUT";
  const answer = await fetch(base + where, {
    method,
    headers: { "Api-Key": key, ...(hasBody && { "Content-Type": "application/json" }) },
    body: hasBody ? JSON.stringify(body) : undefined,
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, json: text ? JSON.parse(text) : null };
}

/** RFC 6238: six digits of HMAC-SHA-1 over the number of the half minute. */
export function totp(secret, atMs = Date.now()) {
  const bits = [...secret.replace(/[\s=]/g, "").toUpperCase()]
    .map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0"))
    .join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(atMs / 30_000)));
  const digest = createHmac("sha1", key).update(step).digest();
  const code = (digest.readUInt32BE(digest[19] & 15) & 0x7fff_ffff) % 1_000_000;
  return String(code).padStart(6, "0");
}
