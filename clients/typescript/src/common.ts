// What both entries export.
export type { CallOptions, ClientOptions, CompareOptions, Fetch } from "./client.js";
export * from "./errors.js";
export type { Base64Image } from "./image.js";
export type { RetryPolicy } from "./retry.js";
export type * from "./shapes.js";
export type { SignatureVersion } from "./signing/line.js";
export type { HashOnly, HashThenRsa, PlatformKey, Signing } from "./signing/options.js";
