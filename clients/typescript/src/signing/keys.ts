// Keys as people have them, made keys of the platform's cryptography. No error here quotes what it was given.
import { decode } from "../base64.js";
import type { PlatformKey } from "./options.js";

/** A key, or PEM with one or several. */
type KeyText = string | PlatformKey;

const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;
const HMAC = { name: "HMAC", hash: "SHA-256" } as const;

/** The private half of an RSA key pair: PKCS#8 PEM, or a key of the platform, which need not be extractable. */
export async function privateKey(key: KeyText): Promise<CryptoKey> {
  if (typeof key !== "string") return fit(key, RSA.name, "sign", "privateKey");
  const [der] = pem(key, "PRIVATE KEY");
  const hint = /BEGIN RSA PRIVATE KEY/.test(key) ? "; `openssl pkcs8 -topk8 -nocrypt` makes it one" : "";
  return imported("pkcs8", der, RSA, "sign", `signing.privateKey is not an RSA private key in PKCS#8 PEM${hint}.`);
}

/** The public halves of the server's keys: PEM, one or several in a text, or keys of the platform. */
export async function serverPublicKeys(keys: KeyText | readonly KeyText[]): Promise<CryptoKey[]> {
  const all: CryptoKey[] = [];
  for (const key of [keys].flat() as KeyText[]) {
    if (typeof key !== "string") {
      all.push(fit(key, RSA.name, "verify", "serverPublicKeys"));
      continue;
    }
    const ders = pem(key, "PUBLIC KEY");
    // An empty text is no key, rather than no keys: without one nothing could be verified.
    for (const der of ders.length > 0 ? ders : [undefined]) {
      all.push(await imported("spki", der, RSA, "verify", "signing.serverPublicKeys holds no RSA public key in PEM."));
    }
  }
  if (all.length === 0) throw new TypeError("signing.serverPublicKeys is empty: no answer could be verified.");
  return all;
}

/** The key that is shared with the server: its whole text, or a key of the platform that may sign and verify. */
export async function sharedKey(key: KeyText): Promise<CryptoKey> {
  if (typeof key !== "string") return fit(fit(key, HMAC.name, "sign", "signingKey"), HMAC.name, "verify", "signingKey");
  if (key === "") throw new TypeError("signing.signingKey is empty.");
  return subtle().importKey("raw", new TextEncoder().encode(key), HMAC, false, ["sign", "verify"]);
}

/** The platform's cryptography, which browsers give to secure pages alone. */
export function subtle(): SubtleCrypto {
  const found = (globalThis.crypto as Crypto | undefined)?.subtle as SubtleCrypto | undefined;
  if (!found) throw new TypeError("Signing needs WebCrypto, which browsers have on https pages and on localhost.");
  return found;
}

/** The contents of every PEM block with this label; undefined where one is not base64. In environments, line ends are `\n`. */
function pem(text: string, label: string): (Uint8Array<ArrayBuffer> | undefined)[] {
  const blocks = text.matchAll(new RegExp(`-----BEGIN ${label}-----([^-]*)-----END ${label}-----`, "g"));
  return [...blocks].map((block) => decode((block[1] ?? "").replaceAll("\\n", "")));
}

async function imported(
  format: "pkcs8" | "spki",
  der: Uint8Array<ArrayBuffer> | undefined,
  algorithm: typeof RSA,
  usage: KeyUsage,
  complaint: string,
): Promise<CryptoKey> {
  const crypto = subtle();
  if (!der) throw new TypeError(complaint);
  try {
    return await crypto.importKey(format, der, algorithm, false, [usage]);
  } catch {
    throw new TypeError(complaint);
  }
}

/** The key if it is one of the right kind. Where none was given, as from an environment without it, there is none. */
function fit(key: PlatformKey | undefined, name: string, usage: KeyUsage, option: string): CryptoKey {
  const algorithm = key?.algorithm as { name: string; hash?: { name: string } } | undefined;
  if (algorithm?.name !== name || algorithm.hash?.name !== "SHA-256" || !key?.usages.includes(usage)) {
    throw new TypeError(
      `signing.${option} must be given as a text or as a ${name} key with SHA-256 that may ${usage}.`,
    );
  }
  return key as CryptoKey;
}
