import type { Detail } from "./shapes.js";

/** What every exception of this library extends. Wrong arguments are a `TypeError` or `RangeError` as everywhere. */
export class AutherError extends Error {
  // Written out, since minifiers rename classes.
  override readonly name: string = "AutherError";
}

/** No answer came: the network failed, or the time was up. Whether the request was carried out is unknown. */
export class ConnectionFailed extends AutherError {
  override readonly name: string = "ConnectionFailed";
}

/** An answer that is not one of the API: of a proxy, or of another server. */
export class UnexpectedResponse extends AutherError {
  override readonly name: string = "UnexpectedResponse";

  constructor(
    /** The HTTP status; 0 where a browser hides a redirection. */
    readonly status: number,
    /** The `Request-Id` header, if there was one. */
    readonly requestId: string | undefined,
  ) {
    super(`The answer with status ${status} is not one of the Auther Check API.`);
  }
}

/** Why an answer is not taken for the server's. */
export type UnauthenticReason =
  "signature_missing" | "signature_wrong" | "version_wrong" | "timestamp_invalid" | "timestamp_outside_window";

/** An answer to a signed request that is not shown to be the server's. Nothing in it is to be believed. */
export class UnauthenticResponse extends AutherError {
  override readonly name: string = "UnauthenticResponse";
  /** What it says, if it is an error: a help in setting up signing, nothing to decide by. */
  readonly claimed: { readonly code: string; readonly type: string } | undefined;

  constructor(
    /** What is wrong with it. */
    readonly reason: UnauthenticReason,
    /** The HTTP status. */
    readonly status: number,
    /** The `Request-Id` header, if there was one. */
    readonly requestId: string | undefined,
    refusal: Refusal | undefined,
  ) {
    const claim = refusal ? ` It claims ${refusal.code} ${refusal.type}.` : "";
    super(`The answer with status ${status} is not shown to be the server's: ${reason}.${claim}`);
    this.claimed = refusal && { code: refusal.code, type: refusal.type };
  }
}

/** The parts of an {@link ApiError}. */
export interface Refusal {
  /** The HTTP status. */
  readonly status: number;
  /** The row of the error table, as `F_012`. Stable. */
  readonly code: string;
  /** Tells apart the cases of one code, as `face_enrolled`. Stable; more may be added. */
  readonly type: string;
  /** The code in words. For people: decide by the class, `code` and `type`. */
  readonly message: string;
  /** Every check that failed; empty where there is nothing to add. */
  readonly details: readonly Detail[];
  /** The `Request-Id` header: quote it when you ask for support. */
  readonly requestId: string | undefined;
  /** After so many milliseconds the same request may be sent again, as the server says. */
  readonly retryAfterMs: number | undefined;
}

/** The API's answer is an error. A code that this library does not know is an `ApiError` and nothing more. */
export class ApiError extends AutherError implements Refusal {
  override readonly name: string = "ApiError";
  readonly status: number;
  readonly code: string;
  readonly type: string;
  readonly details: readonly Detail[];
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.status = refusal.status;
    this.code = refusal.code;
    this.type = refusal.type;
    this.details = refusal.details;
    this.requestId = refusal.requestId;
    this.retryAfterMs = refusal.retryAfterMs;
  }
}

/** The image was refused (F_001 to F_012); `details` names each check with its value and limits. */
export class ImageRefused extends ApiError {
  override readonly name: string = "ImageRefused";
}

/** F_012: the face is enrolled already under another id. */
export class FaceExists extends ImageRefused {
  override readonly name: string = "FaceExists";
}

/** CP_002: the person id is taken. */
export class PersonExists extends ApiError {
  override readonly name: string = "PersonExists";
}

/** CP_005: the plan's requests or persons are used up. */
export class QuotaExceeded extends ApiError {
  override readonly name: string = "QuotaExceeded";
}

/** R_002, R_003: the body or a field of it cannot be used. */
export class InvalidRequest extends ApiError {
  override readonly name: string = "InvalidRequest";
}

/** R_001: the server has no such call; most likely `url` is wrong. */
export class UnknownRoute extends ApiError {
  override readonly name: string = "UnknownRoute";
}

/** NF_001: nobody is enrolled under this id. */
export class PersonNotFound extends ApiError {
  override readonly name: string = "PersonNotFound";
}

/** NF_001 of a verification: the person is known, and the face is another. */
export class FaceNotMatched extends ApiError {
  override readonly name: string = "FaceNotMatched";
}

/** RF_001: nobody enrolled has this face. */
export class NoPersonMatched extends ApiError {
  override readonly name: string = "NoPersonMatched";
}

/** A_001, A_002: there is no such key. */
export class Unauthorized extends ApiError {
  override readonly name: string = "Unauthorized";
}

/** A_003: the key is disabled, expired, or may not do this. */
export class Forbidden extends ApiError {
  override readonly name: string = "Forbidden";
}

/** S_001 to S_003: the request's signature or timestamp was refused. */
export class SignatureRefused extends ApiError {
  override readonly name: string = "SignatureRefused";
}

/** L_001: too many requests. */
export class RateLimited extends ApiError {
  override readonly name: string = "RateLimited";
}

/** U_001: the service is overloaded, or something that it needs is down. */
export class ServiceUnavailable extends ApiError {
  override readonly name: string = "ServiceUnavailable";
}

/** I_001: an error inside the service. */
export class InternalError extends ApiError {
  override readonly name: string = "InternalError";
}
