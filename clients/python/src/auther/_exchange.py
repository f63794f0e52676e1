"""One operation from its first request to its result or its error, without I/O: both clients do what this says.

`Exchanges.begin` yields what is to be done next and is sent what came of it:

- a `Request` is to be sent; what came of it is an `Answer`, or the `TransportError` that there is none
- a `Wait` is to be waited for; nothing comes of it
- a `Done` holds the result; it is the last
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, Union
from urllib.parse import urlsplit

from ._errors import ApiError, AutherError, SignatureError, TransportError, UnexpectedAnswer, parse_error
from ._operations import Operation
from ._retry import Retries, may_repeat, seconds_until
from ._signing import Seal, Signing
from ._version import __version__

T = TypeVar("T")

_LOG = logging.getLogger("auther")


@dataclass(frozen=True)
class Request:
    """A request to be sent exactly as it is."""

    method: str
    url: str
    # Neither key nor image in a traceback that prints values.
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """What came back. The names of headers are found in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Wait:
    """A pause before the next attempt."""

    seconds: float


@dataclass(frozen=True)
class Done(Generic[T]):
    """The result."""

    result: T


Step = Union[Request, Wait, Done[T]]
Outcome = Union[Answer, TransportError, None]


class Exchanges:
    """What all requests of a client have in common."""

    def __init__(self, url: str, api_key: str, signing: Signing | None, retries: Retries) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("url has to be like https://auther.example.org")
        if "@" in parts.netloc:
            raise ValueError("url may not hold a password")
        if not api_key or not all("!" <= character <= "~" for character in api_key):
            # Checked here since HTTP libraries print a header that they refuse.
            raise ValueError("api_key is empty, or holds white space or characters that no key has")
        self.url = url.rstrip("/")
        self._api_key = api_key
        self._signing = signing
        self._retries = retries

    def begin(self, operation: Operation[T]) -> Generator[Step[T], Outcome, None]:
        """The steps of one operation; see the module."""
        begun = time.monotonic()
        attempt = 0
        while True:
            attempt += 1
            seal = self._seal(operation)
            outcome = yield self._request(operation, seal)
            try:
                result = _result(operation, seal, outcome)
            except AutherError as error:
                status = outcome.status if isinstance(outcome, Answer) else None
                if not may_repeat(error, status, operation.repeatable):
                    raise
                retry_after = _retry_after(outcome) if isinstance(outcome, Answer) else None
                wait = self._retries.wait(attempt, time.monotonic() - begun, retry_after)
                if wait is None:
                    raise
                _LOG.info("attempt %d: %s; the next one in %.2f s", attempt, type(error).__name__, wait)
            else:
                yield Done(result)
                return
            yield Wait(wait)

    def _seal(self, operation: Operation[T]) -> Seal | None:
        """Each attempt is signed anew: a signature is accepted once."""
        if self._signing is None:
            return None
        base_url = self.url if self._signing.base_url is None else self._signing.base_url
        return Seal(self._signing, operation.method, base_url, operation.uri, operation.body)

    def _request(self, operation: Operation[T], seal: Seal | None) -> Request:
        headers = {
            "Api-Key": self._api_key,
            # The body is signed as it is, not as it is packed.
            "Accept-Encoding": "identity",
            "User-Agent": f"auther-client-python/{__version__}",
        }
        if operation.body:
            headers["Content-Type"] = "application/json"
        if seal is not None:
            headers.update(seal.headers)
        return Request(operation.method, self.url + operation.uri, headers, operation.body)


def _result(operation: Operation[T], seal: Seal | None, outcome: Outcome) -> T:
    if isinstance(outcome, TransportError):
        raise outcome
    if outcome is None:
        raise RuntimeError("a request has an outcome")
    request_id = outcome.headers.get("Request-Id")
    refusal = seal.refusal(outcome.status, outcome.headers, outcome.body) if seal is not None else None
    if refusal is not None:
        claim = _error(outcome) if outcome.status != 200 else None
        raise SignatureError(refusal, outcome.status, request_id) from claim
    if outcome.status != 200:
        raise _error(outcome)
    try:
        return operation.parse(_json(outcome.body))
    except (TypeError, ValueError) as error:
        raise UnexpectedAnswer(outcome.status, request_id) from error


def _error(answer: Answer) -> ApiError | UnexpectedAnswer:
    request_id = answer.headers.get("Request-Id")
    try:
        return parse_error(_json(answer.body), answer.status, request_id, _retry_after(answer))
    except (TypeError, ValueError):
        return UnexpectedAnswer(answer.status, request_id)


def _retry_after(answer: Answer) -> float | None:
    return seconds_until(answer.headers.get("Retry-After"))


def _json(body: bytes) -> Any:
    return json.loads(body) if body else None
