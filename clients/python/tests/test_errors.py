from __future__ import annotations

import pickle
import re
from datetime import datetime, timezone

import pytest
from conftest import ROOT

import auther
from auther import ApiError, Detail, FaceNotFound, ImageRefused, PersonNotFound, QuotaExceeded, RateLimited
from auther._errors import parse_error

BODY = {"code": "F_007", "type": "face_not_sharp", "message": "Sharpness is bad"}


def parsed(**fields: object) -> ApiError:
    return parse_error({**BODY, **fields}, 400, "an-id", None)


def test_every_code_of_the_contract_has_a_class_of_its_own() -> None:
    document = (ROOT / "openapi" / "auther-check-api.json").read_text()
    codes = sorted(set(re.findall(r'"([A-Z]+_[0-9]{3})"', document)) | {"S_001", "S_002", "S_003"})
    classes = [type(parsed(code=code)) for code in codes]
    assert len(codes) >= 28
    assert ApiError not in classes
    assert len(set(classes)) == len(codes)
    assert all(kind.__name__ in auther.__all__ for kind in classes)


def test_the_type_tells_the_cases_of_one_code_apart() -> None:
    assert type(parsed(code="NF_001", type="person_not_found")) is PersonNotFound
    assert type(parsed(code="NF_001", type="face_not_matched")) is auther.FaceNotMatched
    assert type(parsed(code="NF_001", type="another")) is FaceNotFound


def test_an_unknown_code_is_told_all_the_same() -> None:
    error = parsed(code="X_999")
    assert type(error) is ApiError
    assert error.code == "X_999"


def test_an_error_has_all_of_the_answer() -> None:
    detail = {"code": "F_007", "check": "sharpness_percent", "value": 97.2, "min": 130}
    error = parsed(details=[detail])
    assert isinstance(error, ImageRefused)
    assert (error.status, error.code, error.type, error.message) == (400, "F_007", "face_not_sharp", "Sharpness is bad")
    assert error.details == (Detail("F_007", "sharpness_percent", 97.2, 130.0),)
    assert str(error) == "F_007 face_not_sharp: Sharpness is bad (request an-id)"


def test_a_quota_says_when_it_resets() -> None:
    detail = {"code": "CP_005", "check": "requests", "value": 2, "max": 2, "resets": "2030-02-01T00:00:00.000Z"}
    error = parsed(code="CP_005", details=[detail])
    assert isinstance(error, QuotaExceeded)
    assert error.resets == datetime(2030, 2, 1, tzinfo=timezone.utc)


def test_errors_survive_pickling() -> None:
    errors: list[auther.AutherError] = [
        RateLimited(429, "L_001", "rate_exceeded", "Too many requests", (Detail("L_001", "rate"),), "an-id", 1.0),
        auther.SignatureError("the answer is not signed", 200, "an-id"),
        auther.TransportError("no answer", True),
        auther.UnexpectedAnswer(502, None),
    ]
    for error in errors:
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), again.args, str(again)) == (type(error), error.args, str(error))


@pytest.mark.parametrize("broken", [{"code": 7}, {"details": "none"}, {"details": [{"code": "F_007"}]}])
def test_what_is_no_error_of_the_api_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        parsed(**broken)
