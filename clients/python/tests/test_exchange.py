"""The core without I/O: outcomes in, requests and pauses out."""

from __future__ import annotations

import json
import logging
import time
import traceback
from email.utils import formatdate

import pytest

from auther import (
    ApiError,
    AutherError,
    FaceExists,
    HmacSigning,
    Person,
    RateLimited,
    Retries,
    ServiceUnavailable,
    SignatureError,
    TransportError,
    UnexpectedAnswer,
)
from auther import _operations as operations
from auther._exchange import Answer, Done, Exchanges, Outcome, Request, Wait
from auther._images import to_base64
from auther._operations import Operation

KEY = "ak_the_key_of_this_test"
IMAGE = b"the bytes of an image that nobody may print"
ENROL = operations.enrol("mark", IMAGE)
GET = operations.get("mark")
PERSON = {"personId": "mark", "created": "2020-09-03T16:05:08.938Z", "updated": "2020-09-04T16:05:08.938Z"}


def ok(body: object = PERSON) -> Answer:
    return Answer(200, {"Request-Id": "an-id"}, json.dumps(body).encode())


def error(status: int, code: str, type_: str, **headers: str) -> Answer:
    body = {"code": code, "type": type_, "message": "a message"}
    return Answer(status, {"Request-Id": "an-id", **headers}, json.dumps(body).encode())


THREE_ATTEMPTS = Retries(attempts_max=3)
LIMITED = error(429, "L_001", "rate_exceeded")
OVERLOADED = error(503, "U_001", "overloaded")
LOST = TransportError("no answer", may_have_arrived=True)
NOT_SENT = TransportError("no answer", may_have_arrived=False)


class Conversation:
    """Plays one operation against outcomes that are written down."""

    def __init__(
        self,
        operation: Operation[Person],
        *outcomes: Outcome,
        retries: Retries = THREE_ATTEMPTS,
        signing: HmacSigning | None = None,
    ) -> None:
        self.requests: list[Request] = []
        self.waits: list[float] = []
        self.result: Person | None = None
        self.error: AutherError | None = None
        remaining = list(outcomes)
        steps = Exchanges("https://a.example/auther/", KEY, signing, retries).begin(operation)
        outcome: Outcome = None
        try:
            while self.result is None:
                step = steps.send(outcome)
                outcome = None
                if isinstance(step, Request):
                    self.requests.append(step)
                    outcome = remaining.pop(0)
                elif isinstance(step, Wait):
                    self.waits.append(step.seconds)
                elif isinstance(step, Done):
                    self.result = step.result
        except AutherError as error:
            self.error = error
        assert not remaining, "not all outcomes were asked for"


def test_a_request_as_it_is_sent() -> None:
    request = Conversation(ENROL, ok()).requests[0]
    assert (request.method, request.url) == ("POST", "https://a.example/auther/person/face/mark")
    assert request.headers["Api-Key"] == KEY
    assert request.headers["Content-Type"] == "application/json"
    assert list(json.loads(request.body)) == ["faceImage"]
    assert Conversation(GET, ok()).requests[0].body == b""


def test_success_needs_one_request() -> None:
    conversation = Conversation(GET, ok())
    assert conversation.result == Person.parse(PERSON)
    assert conversation.waits == []


@pytest.mark.parametrize("outcome", [LIMITED, OVERLOADED, NOT_SENT])
@pytest.mark.parametrize("operation", [ENROL, GET], ids=["enrol", "get"])
def test_what_was_not_begun_is_sent_again(operation: Operation[Person], outcome: Outcome) -> None:
    conversation = Conversation(operation, outcome, outcome, ok())
    assert conversation.result is not None
    assert len(conversation.requests) == 3
    assert len(conversation.waits) == 2


@pytest.mark.parametrize("outcome", [LOST, error(503, "U_001", "timed_out"), Answer(503, {}, b"<html>")])
def test_what_may_have_been_done_is_sent_again_only_where_it_is_harmless(outcome: Outcome) -> None:
    assert Conversation(GET, outcome, ok()).result is not None
    enrolment = Conversation(ENROL, outcome)
    assert len(enrolment.requests) == 1
    assert enrolment.error is not None


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [(LIMITED, RateLimited), (OVERLOADED, ServiceUnavailable), (NOT_SENT, TransportError)],
)
def test_the_last_error_is_told(outcome: Outcome, kind: type[AutherError]) -> None:
    conversation = Conversation(GET, outcome, outcome, outcome)
    assert type(conversation.error) is kind


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 500])
def test_a_verdict_is_final(status: int) -> None:
    conversation = Conversation(GET, error(status, "F_012", "face_enrolled"))
    assert type(conversation.error) is FaceExists
    assert conversation.error.request_id == "an-id"


def test_retry_after_is_honoured() -> None:
    retries = Retries(first_wait_seconds=0.5)
    seconds = Conversation(GET, error(429, "L_001", "rate_exceeded", **{"Retry-After": "3"}), ok(), retries=retries)
    assert 3.0 <= seconds.waits[0] <= 3.5
    date = formatdate(time.time() + 10, usegmt=True)
    moment = Conversation(GET, error(503, "U_001", "overloaded", **{"Retry-After": date}), ok(), retries=retries)
    assert 8.0 <= moment.waits[0] <= 10.5


def test_a_wait_beyond_the_total_is_not_begun() -> None:
    conversation = Conversation(GET, error(429, "L_001", "rate_exceeded", **{"Retry-After": "31"}))
    assert isinstance(conversation.error, RateLimited)
    assert conversation.error.retry_after == 31.0
    assert conversation.waits == []


def test_every_attempt_is_signed_anew() -> None:
    for version in (1, 2):
        signing = HmacSigning("sk_x", version=2 if version == 2 else 1)
        conversation = Conversation(GET, LIMITED, NOT_SENT, NOT_SENT, signing=signing)
        stamps = [request.headers["Timestamp"] for request in conversation.requests]
        signatures = {request.headers["Signature"] for request in conversation.requests}
        assert len(conversation.requests) == len(set(stamps)) == len(signatures) == 3


def test_an_unsigned_answer_is_not_believed_and_its_claim_is_told() -> None:
    signing = HmacSigning("sk_x")
    conversation = Conversation(GET, error(401, "A_002", "key_unknown"), signing=signing)
    assert isinstance(conversation.error, SignatureError)
    assert isinstance(conversation.error.__cause__, ApiError)
    assert "it claims: A_002 key_unknown" in str(conversation.error)
    success = Conversation(GET, ok(), signing=signing)
    assert str(success.error) == "the answer is not signed, status 200 (request an-id)"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, {}, b"<html>"),
        Answer(200, {}, b""),
        Answer(200, {}, b"[]"),
        Answer(200, {}, b"\xff"),
        ok({**PERSON, "created": "yesterday"}),
        ok({**PERSON, "created": "2020-09-03T16:05:08.938"}),
        ok({**PERSON, "personId": 7}),
        ok({**PERSON, "personId": "mary"}),
        Answer(204, {}, b""),
        Answer(301, {"Location": "https://b.example"}, b""),
        Answer(502, {}, b"<html>"),
        Answer(404, {}, b'{"message":"Not Found"}'),
    ],
)
def test_what_is_not_of_the_api_is_told_as_such(answer: Answer) -> None:
    assert type(Conversation(GET, answer).error) is UnexpectedAnswer


@pytest.mark.parametrize("answer", [Answer(204, {}, b""), Answer(301, {}, b""), Answer(200, {}, b"{}")])
def test_a_removal_is_done_only_with_an_empty_200(answer: Answer) -> None:
    steps = Exchanges("https://a.example", KEY, None, Retries()).begin(operations.remove("mark"))
    next(steps)
    with pytest.raises(UnexpectedAnswer):
        steps.send(answer)
    steps = Exchanges("https://a.example", KEY, None, Retries()).begin(operations.remove("mark"))
    next(steps)
    assert steps.send(Answer(200, {}, b"")) == Done(None)


@pytest.mark.parametrize(
    "url", ["auther.example", "ftp://a.example", "https://", "https://u:p@a.example", "http://a/?b"]
)
def test_a_url_that_cannot_work_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="url"):
        Exchanges(url, KEY, None, Retries())


@pytest.mark.parametrize("key", ["", "ak_x\n", "ak x", "ak_\u00e9", "ak_x\r\nHost: b.example"])
def test_a_key_that_cannot_work_is_refused_without_printing_it(key: str) -> None:
    with pytest.raises(ValueError, match="api_key") as caught:
        Exchanges("https://a.example", key, None, Retries())
    assert "ak_" not in str(caught.value)


def test_nothing_secret_is_printed(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    conversation = Conversation(ENROL, NOT_SENT, NOT_SENT, NOT_SENT, signing=HmacSigning("sk_secret"))
    assert conversation.error is not None
    printed = [repr(conversation.requests), repr(ENROL), caplog.text]
    printed += traceback.TracebackException.from_exception(conversation.error, capture_locals=True).format()
    text = "\n".join(printed)
    assert "attempt 1" in caplog.text
    assert KEY not in text
    assert "sk_secret" not in text
    assert to_base64(IMAGE) not in text
