"""The operations of the API: what each sends, and what becomes of its answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Callable, Generic, TypeVar
from urllib.parse import quote

from ._answers import CheckedImage, Person, parse_nothing, parse_similarity
from ._images import Image, to_base64

T = TypeVar("T")


@dataclass(frozen=True)
class Operation(Generic[T]):
    """One request to the API, before it is addressed and signed."""

    method: str
    uri: str
    """The path as it goes over the wire."""
    parse: Callable[[Any], T]
    """Makes the result of the answer's JSON, `None` standing for an empty body."""
    repeatable: bool
    """Whether a second time does no harm when the first had come through after all."""
    body: bytes = field(default=b"", repr=False)


def enrol(person_id: str, image: Image) -> Operation[Person]:
    """Create person. A second time is refused: the id is taken."""
    return Operation("POST", _path("face", person_id), _person(person_id), False, _face_image(image))


def update(person_id: str, image: Image) -> Operation[Person]:
    """Update person."""
    return Operation("PUT", _path("face", person_id), _person(person_id), True, _face_image(image))


def remove(person_id: str) -> Operation[None]:
    """Remove person. A second time is refused: there is no such person."""
    return Operation("DELETE", _path("face", person_id), parse_nothing, False)


def get(person_id: str) -> Operation[Person]:
    """Get person."""
    return Operation("GET", _path("face", person_id), _person(person_id), True)


def identify(image: Image) -> Operation[Person]:
    """Identify person (1:N)."""
    return Operation("POST", "/person/recognize-face", Person.parse, True, _face_image(image))


def verify(person_id: str, image: Image) -> Operation[Person]:
    """Verify person (1:1)."""
    return Operation("POST", _path("verify-face", person_id), _person(person_id), True, _face_image(image))


def compare(source: Image, target: Image, threshold: float | None) -> Operation[float]:
    """Compare person."""
    fields: dict[str, object] = {"sourceImage": to_base64(source), "targetImage": to_base64(target)}
    if threshold is not None:
        fields["similarityThreshold"] = threshold
    return Operation("POST", "/person/compare-face", parse_similarity, True, _json(fields))


def check(image: Image) -> Operation[CheckedImage]:
    """Check an image without enrolling it."""
    return Operation("POST", "/person/check-face", CheckedImage.parse, True, _face_image(image))


def _person(person_id: str) -> Callable[[Any], Person]:
    """An answer about another person is none: it would be taken for a yes about this one."""

    def parse(answer: Any) -> Person:
        person = Person.parse(answer)
        if person.person_id != person_id:
            raise ValueError("an answer about another person")
        return person

    return parse


def _path(what: str, person_id: str) -> str:
    segment = quote(person_id, safe="~@:+")
    # What would mean "here" or "above" in a path is a person id like any other.
    return f"/person/{what}/{segment.replace('.', '%2E') if segment in ('.', '..') else segment}"


def _face_image(image: Image) -> bytes:
    return _json({"faceImage": to_base64(image)})


def _json(fields: dict[str, object]) -> bytes:
    return json.dumps(fields, allow_nan=False, separators=(",", ":")).encode("ascii")
