/**
 * Client of the Auther Check API v6, for Node: images may also be paths of files.
 *
 * @packageDocumentation
 */
import { readFile } from "node:fs/promises";

import { Calls, type ClientOptions } from "./client.js";
import type { FaceImage as PortableImage } from "./image.js";

export * from "./common.js";

/** A JPEG, PNG or WebP image: the path of a file, its bytes, a `Blob` (or `File`), or base64 that says so. */
export type FaceImage = string | URL | PortableImage;

/** A client of the Auther Check API. */
export class Client extends Calls<FaceImage> {
  constructor(options: ClientOptions) {
    super(options, async (image) => (typeof image === "string" || image instanceof URL ? readFile(image) : image));
  }
}
