"""Images as callers have them, and as the API takes them: base64."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Union

PATH_CHARACTERS_MAX = 1024
"""A longer path is taken for an image in base64: an error about it would print the image."""


@dataclass(frozen=True)
class Base64:
    """An image that is base64 text already; a prefix such as `data:image/jpeg;base64,` is allowed."""

    text: str = field(repr=False)


Image = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview, Base64]
"""An image of a face, JPEG, PNG or WebP: a path, the file's bytes, or `Base64` text. A `str` is always a path."""


def to_base64(image: Image) -> str:
    """The image as the API takes it."""
    if isinstance(image, Base64):
        return image.text
    data = image if isinstance(image, (bytes, bytearray, memoryview)) else _path(image).read_bytes()
    return base64.b64encode(data).decode("ascii")


def _path(image: str | os.PathLike[str]) -> Path:
    path = os.fspath(image)
    if len(path) > PATH_CHARACTERS_MAX or path.startswith("data:"):
        raise ValueError("this is no path: wrap an image in base64 text as Base64(text)")
    return Path(path)
