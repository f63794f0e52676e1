// The bytes that are signed.

/** Which line is signed: 1 is the parts behind each other, 2 has the length before each and binds more of them. */
export type SignatureVersion = 1 | 2;

/** What a request's signature covers. */
export interface RequestParts {
  readonly method: string;
  /** The server's public base without a slash at the end. */
  readonly baseUrl: string;
  /** Path and query as sent. */
  readonly uri: string;
  /** The exact bytes; none for GET and DELETE. */
  readonly body: Uint8Array;
  /** Milliseconds since the epoch in decimal digits. */
  readonly timestamp: string;
  /** Version 2: a text chosen afresh for each request. */
  readonly nonce: string;
}

/** What a response's signature covers: body and timestamp are the response's, the rest is of its request. */
export interface ResponseParts extends RequestParts {
  readonly status: number;
}

/** The line of a request. */
export function requestLine(version: SignatureVersion, parts: RequestParts): Uint8Array<ArrayBuffer> {
  const { method, baseUrl, uri, body, timestamp, nonce } = parts;
  switch (version) {
    case 1:
      return join([baseUrl, uri, body, timestamp]);
    case 2:
      return netstrings(["auther-request-v2", method, baseUrl, uri, body, timestamp, nonce]);
  }
}

/** The line of a response. */
export function responseLine(version: SignatureVersion, parts: ResponseParts): Uint8Array<ArrayBuffer> {
  const { status, method, baseUrl, uri, body, timestamp, nonce } = parts;
  switch (version) {
    case 1:
      return join([baseUrl, uri, body, timestamp]);
    case 2:
      return netstrings(["auther-response-v2", String(status), method, baseUrl, uri, body, timestamp, nonce]);
  }
}

type Part = string | Uint8Array;

/** `<decimal byte length>:<bytes>,` of each part. */
function netstrings(parts: readonly Part[]): Uint8Array<ArrayBuffer> {
  return join(parts.map(toBytes).flatMap((part) => [`${part.length}:`, part, ","]));
}

function join(parts: readonly Part[]): Uint8Array<ArrayBuffer> {
  const pieces = parts.map(toBytes);
  const line = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let end = 0;
  for (const piece of pieces) {
    line.set(piece, end);
    end += piece.length;
  }
  return line;
}

function toBytes(part: Part): Uint8Array {
  return typeof part === "string" ? new TextEncoder().encode(part) : part;
}
