import { decode, encode } from "../base64.js";
import { privateKey, serverPublicKeys, sharedKey, subtle } from "./keys.js";
import { requestLine, responseLine, type RequestParts, type SignatureVersion } from "./line.js";
import type { Signing } from "./options.js";
import type { UnauthenticReason } from "../errors.js";

/** So far the clocks of server and client may differ: what is older or newer is taken for a repetition. */
export const TIMESTAMP_WINDOW_MS = 5 * 60_000;

// 22 characters of base64url.
const NONCE_BYTES = 16;

/** A request before it is signed. */
export type Unsigned = Pick<RequestParts, "method" | "uri" | "body">;

/** The answer to a signed request, as far as its signature is concerned. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** The headers of a signed request, and what tells whether an answer is the server's. */
export interface Signed {
  readonly headers: Readonly<Record<string, string>>;
  /** What is wrong with the answer; undefined if it is authentic. */
  doubt(answer: Answer): Promise<UnauthenticReason | undefined>;
}

interface Keys {
  readonly own: CryptoKey;
  readonly servers: readonly CryptoKey[];
}

/** Signs requests and verifies answers. */
export class Signer {
  readonly #signing: Signing;
  readonly #baseUrl: string;
  #keys: Promise<Keys> | undefined;

  constructor(signing: Signing, url: string) {
    const { algorithm, version = 2 } = signing;
    if (algorithm !== "hash-then-RSA" && algorithm !== "hash-only") {
      throw new TypeError('signing.algorithm must be "hash-then-RSA" or "hash-only".');
    }
    if (version !== 1 && version !== 2) throw new TypeError("signing.version must be 1 or 2.");
    this.#signing = signing;
    this.#baseUrl = (signing.publicUrl ?? url).replace(/\/+$/, "");
  }

  /** Signs a request. Each sending needs a signature of its own: one that was seen before is refused. */
  async sign({ method, uri, body }: Unsigned): Promise<Signed> {
    const { own, servers } = await (this.#keys ??= keysOf(this.#signing));
    const version = this.#signing.version ?? 2;
    const parts: RequestParts = {
      method,
      baseUrl: this.#baseUrl,
      uri,
      body,
      timestamp: nextTimestamp(),
      nonce: newNonce(),
    };
    const signature = await subtle().sign(own.algorithm.name, own, requestLine(version, parts));
    const headers: Record<string, string> = {
      Signature: encode(new Uint8Array(signature)),
      Timestamp: parts.timestamp,
    };
    if (version === 2) {
      headers["Signature-Version"] = "2";
      headers["Nonce"] = parts.nonce;
    }
    return {
      headers,
      doubt: async (answer) => {
        // With a shared key, the lines of version 1 are alike in both directions: an echo would verify.
        const isEcho = answer.headers.get("Signature") === headers["Signature"];
        return isEcho ? "signature_wrong" : doubt(servers, version, parts, answer);
      },
    };
  }
}

async function keysOf(signing: Signing): Promise<Keys> {
  switch (signing.algorithm) {
    case "hash-then-RSA":
      return { own: await privateKey(signing.privateKey), servers: await serverPublicKeys(signing.serverPublicKeys) };
    case "hash-only": {
      const key = await sharedKey(signing.signingKey);
      return { own: key, servers: [key] };
    }
  }
}

async function doubt(
  servers: readonly CryptoKey[],
  version: SignatureVersion,
  request: RequestParts,
  { status, headers, body }: Answer,
): Promise<UnauthenticReason | undefined> {
  const signature = headers.get("Signature");
  if (signature === null) return "signature_missing";
  if ((headers.get("Signature-Version") ?? "1") !== String(version)) return "version_wrong";
  const timestamp = headers.get("Timestamp");
  if (timestamp === null || !/^\d{1,15}$/.test(timestamp)) return "timestamp_invalid";
  const bytes = decode(signature);
  const line = responseLine(version, { ...request, status, body, timestamp });
  if (!bytes || !(await anyVerifies(servers, bytes, line))) return "signature_wrong";
  if (Math.abs(Number(timestamp) - Date.now()) > TIMESTAMP_WINDOW_MS) return "timestamp_outside_window";
  return undefined;
}

async function anyVerifies(
  keys: readonly CryptoKey[],
  signature: Uint8Array<ArrayBuffer>,
  line: Uint8Array<ArrayBuffer>,
) {
  for (const key of keys) {
    if (await subtle().verify(key.algorithm.name, key, signature, line)) return true;
  }
  return false;
}

let lastTimestamp = 0;

/**
 * The time, and never the same twice: both algorithms make one signature of one line, and the server takes it once.
 * Of the whole module, since several clients may share a key.
 */
function nextTimestamp(): string {
  lastTimestamp = Math.max(Date.now(), lastTimestamp + 1);
  return String(lastTimestamp);
}

function newNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  return encode(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
