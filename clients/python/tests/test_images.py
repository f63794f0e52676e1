from __future__ import annotations

import base64
from pathlib import Path

import pytest
from conftest import MARK

from auther import Base64
from auther._images import to_base64

TEXT = base64.b64encode(MARK.read_bytes()).decode()


@pytest.mark.parametrize(
    "image",
    [MARK, str(MARK), MARK.read_bytes(), bytearray(MARK.read_bytes()), memoryview(MARK.read_bytes()), Base64(TEXT)],
    ids=["Path", "str", "bytes", "bytearray", "memoryview", "Base64"],
)
def test_every_form_is_the_same_image(image: Path) -> None:
    assert to_base64(image) == TEXT


def test_base64_text_is_sent_as_it_is() -> None:
    assert to_base64(Base64("data:image/jpeg;base64,/9j/")) == "data:image/jpeg;base64,/9j/"


def test_an_image_is_not_printed() -> None:
    assert "/9j/" not in repr(Base64("/9j/"))


@pytest.mark.parametrize("text", [TEXT, "data:image/jpeg;base64,/9j/"], ids=["long", "data"])
def test_base64_text_that_is_not_wrapped_is_refused_without_printing_it(text: str) -> None:
    with pytest.raises(ValueError, match="wrap") as caught:
        to_base64(text)
    assert text[:40] not in str(caught.value)


def test_a_file_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        to_base64(tmp_path / "nobody.jpg")
