"""What is raised: one class for each code of the service's error table, below classes of codes that belong together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ._fields import as_list, as_number, as_object, as_text, as_time, optional


class AutherError(Exception):
    """Anything that this package raises about a request."""


class TransportError(AutherError):
    """No answer came: no connection, a time-out, or a connection lost. `__cause__` is what httpx said."""

    def __init__(self, message: str, may_have_arrived: bool) -> None:
        super().__init__(message, may_have_arrived)
        self.message = message
        self.may_have_arrived = may_have_arrived
        """Whether the service may have done what was asked all the same."""

    def __str__(self) -> str:
        return self.message


class UnexpectedAnswer(AutherError):
    """An answer that is not the API's: most likely something else answers at this URL, such as a proxy."""

    def __init__(self, status: int, request_id: str | None) -> None:
        super().__init__(status, request_id)
        self.status = status
        self.request_id = request_id

    def __str__(self) -> str:
        return f"an answer with status {self.status} that is not of the Auther Check API{_about(self.request_id)}"


class SignatureError(AutherError):
    """An answer that the service did not sign, or not for this request: do not believe it.

    `__cause__` may be the error that the answer claims, which helps to find a mistake in the set-up: a service that
    does not know the API key cannot sign under its signing key.
    """

    def __init__(self, reason: str, status: int, request_id: str | None) -> None:
        super().__init__(reason, status, request_id)
        self.reason = reason
        self.status = status
        self.request_id = request_id

    def __str__(self) -> str:
        claim = f"; it claims: {self.__cause__}" if self.__cause__ else ""
        return f"{self.reason}, status {self.status}{_about(self.request_id)}{claim}"


@dataclass(frozen=True)
class Detail:
    """One check that failed."""

    code: str
    """The code of this check."""
    check: str
    """What was checked: a field of the request, a measure of the image, or a limit."""
    value: float | None = None
    """What it came to, if it has a number."""
    min: float | None = None
    """The least accepted value, if there is one."""
    max: float | None = None
    """The greatest accepted value, if there is one."""
    resets: datetime | None = None
    """With `CP_005`: when the count starts again at zero."""

    @classmethod
    def parse(cls, answer: Any) -> Detail:
        """From the JSON of an answer."""
        fields = as_object(answer)
        return cls(
            as_text(fields.get("code")),
            as_text(fields.get("check")),
            optional(as_number, fields.get("value")),
            optional(as_number, fields.get("min")),
            optional(as_number, fields.get("max")),
            optional(as_time, fields.get("resets")),
        )


class ApiError(AutherError):
    """The service refused the request, or failed. A code that this package does not know is of this very class."""

    def __init__(
        self,
        status: int,
        code: str,
        type: str,  # noqa: A002 # the API's name
        message: str,
        details: tuple[Detail, ...] = (),
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(status, code, type, message, details, request_id, retry_after)
        self.status = status
        """The HTTP status."""
        self.code = code
        """The row of the error table, such as `F_012`."""
        self.type = type
        """Tells apart the cases of one code."""
        self.message = message
        """The code in words."""
        self.details = details
        """Every check that failed, the one that `code` and `type` are of first."""
        self.request_id = request_id
        """Quote it when you ask for support."""
        self.retry_after = retry_after
        """After so many seconds the same request may be sent again, if the service said so."""

    def __str__(self) -> str:
        return f"{self.code} {self.type}: {self.message}{_about(self.request_id)}"


class RequestInvalid(ApiError):
    """The request is not what the API takes: R_001 to R_003."""


class RouteUnknown(RequestInvalid):
    """R_001: there is no such route or method; most likely the URL of the client is wrong."""


class BodyInvalid(RequestInvalid):
    """R_002: the body is not JSON, too large, or was cut off."""


class FieldsInvalid(RequestInvalid):
    """R_003: the person id or a field is not what it has to be, or the image cannot be read."""


class ImageRefused(ApiError):
    """The image was refused: F_001 to F_011. `details` has every check that failed, with its value and limits."""


class SeveralFaces(ImageRefused):
    """F_001: more than one face in an image to be enrolled."""


class NoFace(ImageRefused):
    """F_002: no face, or one that is covered or unclear."""


class EyesClosed(ImageRefused):
    """F_003."""


class MouthOpen(ImageRefused):
    """F_004."""


class SunglassesWorn(ImageRefused):
    """F_005."""


class BrightnessBad(ImageRefused):
    """F_006: too dark, too bright, without contrast, or lit from one side."""


class NotSharp(ImageRefused):
    """F_007."""


class FaceTilted(ImageRefused):
    """F_008: the roll is wrong."""


class FaceRaisedOrLowered(ImageRefused):
    """F_009: the pitch is wrong."""


class FaceTurned(ImageRefused):
    """F_010: the yaw is wrong."""


class FaceSizeWrong(ImageRefused):
    """F_011: the face is too small, too large or cut by the frame."""


class FaceExists(ApiError):
    """F_012: the face is enrolled already under another person id."""


class PersonExists(ApiError):
    """CP_002: the person id is taken."""


class QuotaExceeded(ApiError):
    """CP_005: the plan's requests of this month, or its persons, are used up."""

    @property
    def resets(self) -> datetime | None:
        """When the count starts again at zero; `None` if it does not by itself."""
        return next((detail.resets for detail in self.details if detail.resets), None)


class FaceNotFound(ApiError):
    """NF_001: one of the two below."""


class PersonNotFound(FaceNotFound):
    """NF_001 of type `person_not_found`: nobody is enrolled under this id."""


class FaceNotMatched(FaceNotFound):
    """NF_001 of type `face_not_matched`: the person is enrolled, and this is not the face."""


class NoPersonMatched(ApiError):
    """RF_001: no enrolled person is similar enough."""


class AuthorizationError(ApiError):
    """The API key does not allow the request: A_001 to A_003."""


class KeyMissing(AuthorizationError):
    """A_001: the request carries no API key."""


class KeyUnknown(AuthorizationError):
    """A_002: no key has this secret."""


class KeyNotAllowed(AuthorizationError):
    """A_003: the key is disabled, has expired, or may not do this."""


class RequestSignatureError(ApiError):
    """The service does not accept the request's signature: S_001 to S_003."""


class RequestSignatureMissing(RequestSignatureError):
    """S_001: this key has to sign."""


class RequestSignatureWrong(RequestSignatureError):
    """S_002: the signature is not that of this request under the key's signing key."""


class RequestTimestampWrong(RequestSignatureError):
    """S_003: the clocks differ by more than five minutes, or the request was received before."""


class RateLimited(ApiError):
    """L_001: too many requests, even after the retries."""


class ServiceUnavailable(ApiError):
    """U_001: overloaded or out of order, even after the retries."""


class InternalError(ApiError):
    """I_001: a defect of the service; its log has it under the request id."""


_BY_CODE: dict[str, type[ApiError]] = {
    "R_001": RouteUnknown,
    "R_002": BodyInvalid,
    "R_003": FieldsInvalid,
    "F_001": SeveralFaces,
    "F_002": NoFace,
    "F_003": EyesClosed,
    "F_004": MouthOpen,
    "F_005": SunglassesWorn,
    "F_006": BrightnessBad,
    "F_007": NotSharp,
    "F_008": FaceTilted,
    "F_009": FaceRaisedOrLowered,
    "F_010": FaceTurned,
    "F_011": FaceSizeWrong,
    "F_012": FaceExists,
    "CP_002": PersonExists,
    "CP_005": QuotaExceeded,
    "NF_001": FaceNotFound,
    "RF_001": NoPersonMatched,
    "A_001": KeyMissing,
    "A_002": KeyUnknown,
    "A_003": KeyNotAllowed,
    "S_001": RequestSignatureMissing,
    "S_002": RequestSignatureWrong,
    "S_003": RequestTimestampWrong,
    "L_001": RateLimited,
    "U_001": ServiceUnavailable,
    "I_001": InternalError,
}

_BY_CODE_AND_TYPE: dict[tuple[str, str], type[ApiError]] = {
    ("NF_001", "person_not_found"): PersonNotFound,
    ("NF_001", "face_not_matched"): FaceNotMatched,
}


def parse_error(answer: Any, status: int, request_id: str | None, retry_after: float | None) -> ApiError:
    """The error that the JSON of an answer tells."""
    fields = as_object(answer)
    code, type_ = as_text(fields.get("code")), as_text(fields.get("type"))
    error = _BY_CODE_AND_TYPE.get((code, type_)) or _BY_CODE.get(code, ApiError)
    details = tuple(Detail.parse(detail) for detail in optional(as_list, fields.get("details")) or ())
    return error(status, code, type_, as_text(fields.get("message")), details, request_id, retry_after)


def _about(request_id: str | None) -> str:
    return f" (request {request_id})" if request_id else ""
