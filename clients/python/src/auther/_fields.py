"""Reading the fields of a JSON answer: each has the expected type, or a `TypeError` or `ValueError` is raised."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Callable, TypeVar

T = TypeVar("T")


def as_object(value: Any) -> dict[str, Any]:
    """A JSON object; read its fields with `get`, since an absent field and null are the same."""
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def as_list(value: Any) -> list[Any]:
    """A JSON array."""
    if not isinstance(value, list):
        raise TypeError("not an array")
    return value


def as_text(value: Any) -> str:
    """A JSON string."""
    if not isinstance(value, str):
        raise TypeError("not a string")
    return value


def as_number(value: Any) -> float:
    """A JSON number; `True` is none, though Python thinks so."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError("not a number")
    return float(value)


def as_flag(value: Any) -> bool:
    """A JSON boolean."""
    if not isinstance(value, bool):
        raise TypeError("not a boolean")
    return value


def as_time(value: Any) -> datetime:
    """A time of RFC 3339, which Python reads with `Z` only from 3.11 on."""
    time = datetime.fromisoformat(as_text(value).replace("Z", "+00:00"))
    if time.tzinfo is None:
        raise ValueError("a time without its offset")
    return time


def optional(read: Callable[[Any], T], value: Any) -> T | None:
    """What `read` makes of the value, or `None` if it is absent or null."""
    return None if value is None else read(value)
