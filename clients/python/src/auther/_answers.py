"""What the service answers with, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ._fields import as_flag, as_list, as_number, as_object, as_text, as_time, optional


@dataclass(frozen=True)
class Person:
    """An enrolled person."""

    person_id: str
    """The id that you chose."""
    created: datetime
    """When the person was enrolled, in UTC."""
    updated: datetime
    """When the image was last replaced; at first the same as `created`."""

    @classmethod
    def parse(cls, answer: Any) -> Person:
        """From the JSON of an answer."""
        fields = as_object(answer)
        return cls(as_text(fields.get("personId")), as_time(fields.get("created")), as_time(fields.get("updated")))


@dataclass(frozen=True)
class Size:
    """Width and height in pixels."""

    width: float
    height: float

    @classmethod
    def parse(cls, answer: Any) -> Size:
        """From the JSON of an answer."""
        fields = as_object(answer)
        return cls(as_number(fields.get("width")), as_number(fields.get("height")))


@dataclass(frozen=True)
class Point:
    """A point in pixels of the upright image."""

    x: float
    y: float

    @classmethod
    def parse(cls, answer: Any) -> Point:
        """From the JSON of an answer."""
        fields = as_object(answer)
        return cls(as_number(fields.get("x")), as_number(fields.get("y")))


@dataclass(frozen=True)
class Box:
    """A box in pixels of the upright image; it may reach beyond the frame."""

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def parse(cls, answer: Any) -> Box:
        """From the JSON of an answer."""
        fields = as_object(answer)
        return cls(*(as_number(fields.get(name)) for name in ("x", "y", "width", "height")))


@dataclass(frozen=True)
class Landmarks:
    """Points of a face; right and left are the person's."""

    right_eye: Point
    left_eye: Point
    nose_tip: Point
    right_mouth_corner: Point
    left_mouth_corner: Point

    @classmethod
    def parse(cls, answer: Any) -> Landmarks:
        """From the JSON of an answer."""
        fields = as_object(answer)
        names = ("rightEye", "leftEye", "noseTip", "rightMouthCorner", "leftMouthCorner")
        return cls(*(Point.parse(fields.get(name)) for name in names))


@dataclass(frozen=True)
class FacePlace:
    """Where a face is."""

    box: Box
    landmarks: Landmarks

    @classmethod
    def parse(cls, answer: Any) -> FacePlace:
        """From the JSON of an answer."""
        fields = as_object(answer)
        return cls(Box.parse(fields.get("box")), Landmarks.parse(fields.get("landmarks")))


@dataclass(frozen=True)
class Check:
    """One measure of an image, its limits and its verdict."""

    check: str
    """The measure."""
    passed: bool
    """Whether the value is within the limits."""
    unit: str
    """The unit of `value`, `min` and `max`."""
    value: float | None
    """What it came to; `None` if it could not be measured."""
    min: float | None
    """The least accepted value, if there is one."""
    max: float | None
    """The greatest accepted value, if there is one."""
    code: str | None
    """Where it failed: the code that an enrolment would be refused with."""
    type: str | None
    """Where it failed: the case of the code."""
    advice: str | None
    """Where it failed: what the person in front of the camera should do."""

    @classmethod
    def parse(cls, answer: Any) -> Check:
        """From the JSON of an answer."""
        fields = as_object(answer)
        return cls(
            as_text(fields.get("check")),
            as_flag(fields.get("passed")),
            as_text(fields.get("unit")),
            optional(as_number, fields.get("value")),
            optional(as_number, fields.get("min")),
            optional(as_number, fields.get("max")),
            optional(as_text, fields.get("code")),
            optional(as_text, fields.get("type")),
            optional(as_text, fields.get("advice")),
        )


@dataclass(frozen=True)
class CheckedImage:
    """What was measured on an image."""

    accepted: bool
    """Whether an enrolment would accept the image. Whether the face is enrolled already is not asked."""
    image: Size
    """Size of the upright image."""
    face: FacePlace | None
    """Where the largest face is; `None` if there is none."""
    checks: tuple[Check, ...]
    """Every measure, in a fixed order."""

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that an enrolment would be refused for."""
        return tuple(check for check in self.checks if not check.passed)

    @classmethod
    def parse(cls, answer: Any) -> CheckedImage:
        """From the JSON of an answer."""
        fields = as_object(answer)
        return cls(
            as_flag(fields.get("accepted")),
            Size.parse(fields.get("image")),
            optional(FacePlace.parse, fields.get("face")),
            tuple(Check.parse(check) for check in as_list(fields.get("checks"))),
        )


def parse_similarity(answer: Any) -> float:
    """The similarity in an answer to a comparison."""
    return as_number(as_object(answer).get("facesMatched"))


def parse_nothing(answer: Any) -> None:
    """An answer without a body."""
    if answer is not None:
        raise ValueError("a body where there should be none")
