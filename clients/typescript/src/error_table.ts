// The rows of the error table, made exceptions.
import {
  ApiError,
  FaceExists,
  FaceNotMatched,
  Forbidden,
  ImageRefused,
  InternalError,
  InvalidRequest,
  NoPersonMatched,
  PersonExists,
  PersonNotFound,
  QuotaExceeded,
  RateLimited,
  ServiceUnavailable,
  SignatureRefused,
  Unauthorized,
  UnknownRoute,
  type Refusal,
} from "./errors.js";

/** The exception of an error of the API. */
export function toApiError(refusal: Refusal): ApiError {
  return new (classOf(refusal))(refusal);
}

function classOf({ code, type }: Refusal): new (refusal: Refusal) => ApiError {
  switch (code) {
    case "F_001":
    case "F_002":
    case "F_003":
    case "F_004":
    case "F_005":
    case "F_006":
    case "F_007":
    case "F_008":
    case "F_009":
    case "F_010":
    case "F_011":
      return ImageRefused;
    case "F_012":
      return FaceExists;
    case "CP_002":
      return PersonExists;
    case "CP_005":
      return QuotaExceeded;
    case "R_001":
      return UnknownRoute;
    case "R_002":
    case "R_003":
      return InvalidRequest;
    case "NF_001":
      return type === "face_not_matched" ? FaceNotMatched : PersonNotFound;
    case "RF_001":
      return NoPersonMatched;
    case "A_001":
    case "A_002":
      return Unauthorized;
    case "A_003":
      return Forbidden;
    case "S_001":
    case "S_002":
    case "S_003":
      return SignatureRefused;
    case "L_001":
      return RateLimited;
    case "U_001":
      return ServiceUnavailable;
    case "I_001":
      return InternalError;
    default:
      return ApiError;
  }
}
