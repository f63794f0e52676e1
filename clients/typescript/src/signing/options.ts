// What a caller says about signing.
import type { SignatureVersion } from "./line.js";

/** A `CryptoKey` of the platform, in words that programs without the types of browsers understand too. */
export interface PlatformKey {
  readonly type: string;
  readonly extractable: boolean;
  readonly algorithm: { readonly name: string };
  readonly usages: readonly string[];
}

/** What both algorithms need. */
interface SigningOptions {
  /**
   * The signed line. 2 (the default) has the length before each part and covers method and status as well; 1 is the
   * published line, `base_url + uri + body + timestamp`, for servers that know no other.
   */
  readonly version?: SignatureVersion;
  /** The server's public base as it is set up there (`public_url`); `url` unless they differ. */
  readonly publicUrl?: string;
}

/** Signing with an RSA key pair: the server has the public half of yours, you have those of the server's. */
export interface HashThenRsa extends SigningOptions {
  readonly algorithm: "hash-then-RSA";
  /** Your private key: PKCS#8 PEM, or a `CryptoKey` (RSASSA-PKCS1-v1_5 with SHA-256), which need not be extractable. */
  readonly privateKey: string | PlatformKey;
  /** The server's public keys: PEM, one or several in a text, or `CryptoKey`s. Two while the server changes its key. */
  readonly serverPublicKeys: string | PlatformKey | readonly (string | PlatformKey)[];
}

/** Signing with a key that you share with the server: HMAC-SHA256. */
export interface HashOnly extends SigningOptions {
  readonly algorithm: "hash-only";
  /** The whole text of the signing key, or a `CryptoKey` (HMAC with SHA-256) that may sign and verify. */
  readonly signingKey: string | PlatformKey;
}

/** How requests are signed and answers verified. */
export type Signing = HashThenRsa | HashOnly;
