"""When a request is sent again, and after how long."""

from __future__ import annotations

import email.utils
import random
import time
from dataclasses import dataclass
from typing import Callable

from ._errors import AutherError, RateLimited, ServiceUnavailable, TransportError

TRY_AGAIN = (429, 503)
"""Statuses that promise another answer later."""

DOUBLINGS_MAX = 30
"""The wait is not doubled more often than this; it is at its limit long before."""


@dataclass(frozen=True)
class Retries:
    """Bounds of sending a request again: exponential back-off with full jitter, never before `Retry-After`."""

    attempts_max: int = 4
    """How often a request is sent in all; 1 for no retries."""
    total_seconds_max: float = 30.0
    """No attempt begins later than this after the first."""
    first_wait_seconds: float = 0.25
    """The longest wait before the second attempt; it doubles with each attempt."""
    wait_seconds_max: float = 8.0
    """The wait is not doubled beyond this."""

    def __post_init__(self) -> None:
        if self.attempts_max < 1:
            raise ValueError("attempts_max has to be at least 1")
        if min(self.total_seconds_max, self.first_wait_seconds, self.wait_seconds_max) < 0:
            raise ValueError("seconds cannot be negative")

    def wait(
        self,
        attempt: int,
        elapsed: float,
        retry_after: float | None,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> float | None:
        """Seconds to wait after that attempt, the first being 1, or `None` if it was the last."""
        if attempt >= self.attempts_max:
            return None
        longest = min(self.wait_seconds_max, self.first_wait_seconds * 2.0 ** min(attempt - 1, DOUBLINGS_MAX))
        # Jitter on top of Retry-After, too: all who were refused at once were told the same.
        seconds = (retry_after or 0.0) + jitter(0.0, longest)
        return seconds if elapsed + seconds <= self.total_seconds_max else None


def may_repeat(error: AutherError, status: int | None, repeatable: bool) -> bool:
    """Whether the request may be sent again after this error; `status` is that of the answer, if one came."""
    if isinstance(error, TransportError):
        return repeatable or not error.may_have_arrived
    if status not in TRY_AGAIN:
        return False
    return repeatable or _was_not_begun(error)


def _was_not_begun(error: AutherError) -> bool:
    """Whether the service itself says so. A proxy knows less, and what was given up half-way may have been done."""
    return isinstance(error, RateLimited) or (isinstance(error, ServiceUnavailable) and error.type != "timed_out")


def seconds_until(retry_after: str | None, now: float | None = None) -> float | None:
    """What a `Retry-After` header means in seconds; `None` if there is none, or none that can be read."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return max(0.0, moment - (time.time() if now is None else now))
