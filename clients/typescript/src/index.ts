/**
 * Client of the Auther Check API v6, for browsers and everything else that has `fetch` and WebCrypto.
 *
 * @packageDocumentation
 */
import { Calls, type ClientOptions } from "./client.js";
import type { FaceImage } from "./image.js";

export * from "./common.js";
export type { FaceImage } from "./image.js";

/** A client of the Auther Check API. */
export class Client extends Calls<FaceImage> {
  constructor(options: ClientOptions) {
    super(options, async (image) => image);
  }
}
