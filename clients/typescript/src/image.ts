import { encode } from "./base64.js";

/** An image that is base64 already; a prefix such as `data:image/jpeg;base64,` is allowed. */
export interface Base64Image {
  /** The image as base64. */
  readonly base64: string;
}

/** A JPEG, PNG or WebP image: its bytes, a `Blob` (or `File`), or base64 that says so. */
export type FaceImage = Uint8Array | ArrayBuffer | Blob | Base64Image;

/** The image as the API takes it. */
export async function toBase64(image: FaceImage): Promise<string> {
  if (typeof image === "object" && image !== null) {
    if (ArrayBuffer.isView(image)) return encode(new Uint8Array(image.buffer, image.byteOffset, image.byteLength));
    if ("base64" in image && typeof image.base64 === "string") return image.base64;
    if ("arrayBuffer" in image) return encode(new Uint8Array(await image.arrayBuffer()));
    // By its tag, since an ArrayBuffer of another realm is no instance of ours.
    if (Object.prototype.toString.call(image) === "[object ArrayBuffer]")
      return encode(new Uint8Array(image as ArrayBuffer));
  }
  // What was given instead is not quoted: it may be an image.
  throw new TypeError("An image is bytes, a Blob or { base64 }; in Node also the path of a file.");
}
