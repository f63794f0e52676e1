// Base64 with what browsers and Node have in common.

// So many arguments a call takes everywhere.
const CHUNK_BYTES = 0x8000;

/** Standard base64 with padding. */
export function encode(bytes: Uint8Array): string {
  let binary = "";
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(start, start + CHUNK_BYTES));
  }
  return btoa(binary);
}

/** The bytes of standard base64, or undefined if it is none. */
export function decode(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
