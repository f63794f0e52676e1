from __future__ import annotations

import random

import pytest

from auther import RateLimited, Retries, ServiceUnavailable, SignatureError, TransportError, UnexpectedAnswer
from auther._retry import may_repeat, seconds_until

LIMITED = RateLimited(429, "L_001", "rate_exceeded", "")
OVERLOADED = ServiceUnavailable(503, "U_001", "overloaded", "")
TIMED_OUT = ServiceUnavailable(503, "U_001", "timed_out", "")
FORGED = SignatureError("the answer is not signed", 503, None)
PROXY = UnexpectedAnswer(503, None)
NOT_SENT = TransportError("no answer", may_have_arrived=False)
LOST = TransportError("no answer", may_have_arrived=True)


def longest(_least: float, most: float) -> float:
    return most


def test_the_wait_doubles_up_to_its_limit() -> None:
    retries = Retries(attempts_max=9, total_seconds_max=1e9, first_wait_seconds=0.5, wait_seconds_max=3.0)
    assert [retries.wait(attempt, 0.0, None, longest) for attempt in range(1, 6)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_jitter_is_full() -> None:
    retries, rng = Retries(first_wait_seconds=1.0), random.Random(7)
    waits = [retries.wait(1, 0.0, None, rng.uniform) or 0.0 for _ in range(500)]
    assert min(waits) < 0.02
    assert max(waits) > 0.98
    assert max(waits) <= 1.0


def test_retry_after_is_the_least() -> None:
    retries = Retries(first_wait_seconds=1.0)
    waits = [retries.wait(1, 0.0, 2.0) for _ in range(200)]
    assert all(wait is not None and 2.0 <= wait <= 3.0 for wait in waits)
    assert len(set(waits)) > 100


def test_attempts_are_bounded() -> None:
    retries = Retries(attempts_max=3)
    assert [retries.wait(attempt, 0.0, None) is None for attempt in (1, 2, 3, 4)] == [False, False, True, True]
    assert Retries(attempts_max=1).wait(1, 0.0, None) is None


def test_the_total_time_is_bounded() -> None:
    retries = Retries(total_seconds_max=10.0, first_wait_seconds=1.0)
    assert retries.wait(1, 9.0, None, longest) == 1.0
    assert retries.wait(1, 9.01, None, longest) is None
    assert retries.wait(1, 0.0, 60.0) is None, "nobody waits for less than the service asked for"


def test_many_attempts_do_not_overflow() -> None:
    assert Retries(attempts_max=10**6, total_seconds_max=1e9).wait(10**5, 0.0, None, longest) == 8.0


@pytest.mark.parametrize("settings", [{"attempts_max": 0}, {"total_seconds_max": -1.0}, {"first_wait_seconds": -1.0}])
def test_settings_without_sense_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"at least 1|negative"):
        Retries(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "status", "harmless", "harmful"),
    [
        (LIMITED, 429, True, True),
        (OVERLOADED, 503, True, True),
        (TIMED_OUT, 503, True, False),
        (FORGED, 503, True, False),
        (PROXY, 503, True, False),
        (NOT_SENT, None, True, True),
        (LOST, None, True, False),
        (UnexpectedAnswer(502, None), 502, False, False),
        (SignatureError("the answer is not signed", 200, None), 200, False, False),
    ],
)
def test_what_may_be_repeated(error: TransportError, status: int | None, harmless: bool, harmful: bool) -> None:
    assert may_repeat(error, status, repeatable=True) is harmless
    assert may_repeat(error, status, repeatable=False) is harmful


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("2", 2.0),
        (" 120 ", 120.0),
        ("Thu, 01 Jan 1970 00:16:50 GMT", 10.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("²", None),
    ],
)
def test_retry_after_in_both_forms(header: str | None, seconds: float | None) -> None:
    assert seconds_until(header, now=1000.0) == seconds
