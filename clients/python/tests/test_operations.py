"""Every operation against the real service, with both clients."""

from __future__ import annotations

import base64
import logging
import socket
import traceback
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from conftest import COLIN, MARK, MARK_AGAIN, ONCE, ONE_CLIENT, ROOT, ApiKey, Connect, Service

from auther import (
    ApiError,
    Base64,
    Client,
    FaceExists,
    FaceNotMatched,
    FieldsInvalid,
    Image,
    ImageRefused,
    KeyNotAllowed,
    KeyUnknown,
    NoFace,
    NoPersonMatched,
    PersonExists,
    PersonNotFound,
    QuotaExceeded,
    RouteUnknown,
    TransportError,
    UnexpectedAnswer,
)

NO_FACE = ROOT / "docs" / "images" / "no_face.jpg"


def test_enrol_and_get(client: Client) -> None:
    person = client.enrol("mark", MARK)
    assert person.person_id == "mark"
    assert person.created == person.updated
    assert abs(person.created - datetime.now(timezone.utc)) < timedelta(minutes=1)
    assert client.get("mark") == person


def test_update_keeps_when_it_was_created(client: Client) -> None:
    enrolled = client.enrol("mark", MARK)
    updated = client.update("mark", MARK_AGAIN)
    assert updated.created == enrolled.created
    assert updated.updated > enrolled.updated
    assert client.get("mark") == updated


def test_remove(client: Client) -> None:
    client.enrol("mark", MARK)
    client.remove("mark")
    for call in (client.get, client.remove):
        with pytest.raises(PersonNotFound) as caught:
            call("mark")
        assert caught.value.status == 404


def test_identify(client: Client) -> None:
    with pytest.raises(NoPersonMatched):
        client.identify(MARK)
    client.enrol("mark", MARK)
    assert client.identify(MARK_AGAIN).person_id == "mark"
    with pytest.raises(NoPersonMatched) as caught:
        client.identify(COLIN)
    assert (caught.value.status, caught.value.code, caught.value.message) == (410, "RF_001", "No person matched")


def test_verify(client: Client) -> None:
    person = client.enrol("mark", MARK)
    assert client.verify("mark", MARK_AGAIN) == person
    with pytest.raises(FaceNotMatched):
        client.verify("mark", COLIN)
    with pytest.raises(PersonNotFound):
        client.verify("colin", COLIN)


def test_compare(client: Client) -> None:
    similarity = client.compare(MARK, MARK_AGAIN)
    assert 80 <= similarity < 100
    assert client.compare(MARK, MARK_AGAIN, threshold=similarity) == similarity
    assert client.compare(MARK, MARK_AGAIN, threshold=100) == 0
    assert client.compare(MARK, COLIN) == 0
    assert 0 < client.compare(MARK, COLIN, threshold=0) < 80
    with pytest.raises(FieldsInvalid) as caught:
        client.compare(MARK, COLIN, threshold=101)
    assert caught.value.type == "field_range"


def test_check(client: Client) -> None:
    checked = client.check(MARK)
    assert checked.accepted
    assert checked.failed == ()
    assert checked.face is not None
    box, eye = checked.face.box, checked.face.landmarks.right_eye
    assert box.x < eye.x < box.x + box.width
    assert box.x + box.width < checked.image.width
    refused = client.check(NO_FACE)
    assert not refused.accepted
    assert refused.face is None
    assert [(check.check, check.code, check.type) for check in refused.failed] == [("face_count", "F_002", "no_face")]
    assert refused.failed[0].advice


def test_every_form_of_an_image(client: Client) -> None:
    data = MARK.read_bytes()
    text, url_safe = base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()
    forms: list[Image] = [str(MARK), data, bytearray(data), memoryview(data), Base64(text)]
    for image in [*forms, Base64("data:image/jpeg;base64," + url_safe)]:
        assert client.compare(MARK, image) == 100


def test_every_person_id_that_the_api_allows(client: Client) -> None:
    for person_id in ["a.b", "..", ".", "a+b", "~@:+-._", "x" * 128]:
        assert client.enrol(person_id, MARK).person_id == person_id
        assert client.verify(person_id, MARK_AGAIN).person_id == person_id
        client.remove(person_id)


def test_other_person_ids_are_refused_and_reach_no_other_route(client: Client) -> None:
    for person_id in ["", "a/b", "a b", "a%2Fb", "é", "?", "#", "x" * 129, "../identify"]:
        with pytest.raises(FieldsInvalid) as caught:
            client.get(person_id)
        assert caught.value.type == "person_id_invalid", person_id


def test_refusals(client: Client) -> None:
    client.enrol("mark", MARK)
    with pytest.raises(PersonExists, match="mark"):
        client.enrol("mark", COLIN)
    with pytest.raises(FaceExists):
        client.enrol("again", MARK_AGAIN)
    with pytest.raises(NoFace):
        client.identify(NO_FACE)
    with pytest.raises(FieldsInvalid) as caught:
        client.enrol("other", b"this is no image")
    assert caught.value.type == "image_format"
    assert caught.value.request_id


@ONE_CLIENT
def test_every_check_of_an_image(client: Client) -> None:
    """The example pictures of the documentation: each is refused with the codes that its check tells, or accepted."""
    seen: set[str] = set()
    for picture in sorted((ROOT / "docs" / "images").glob("*.jpg")):
        codes = {check.code for check in client.check(picture).failed}
        if not codes:
            client.enrol("somebody", picture)
            client.remove("somebody")
            continue
        with pytest.raises(ImageRefused) as caught:
            client.enrol("somebody", picture)
        assert {detail.code for detail in caught.value.details} == codes
        seen.add(caught.value.code)
    assert seen == {f"F_{number:03}" for number in range(1, 12)}


def test_keys(connect: Connect, service: Service, key: ApiKey) -> None:
    with pytest.raises(KeyUnknown):
        connect("ak_unknown").get("mark")
    reader = service.json(
        "key", "create", "--name", "reader", "--organisation", key.organisation, "--permissions", "read"
    )
    with pytest.raises(KeyNotAllowed) as caught:
        connect(reader["apiKey"]).enrol("mark", MARK)
    assert (caught.value.status, caught.value.type) == (403, "key_not_permitted")


def test_a_quota_that_is_used_up(connect: Connect, service: Service) -> None:
    client = connect(service.key(service.plan("--requests-month-max", 1)))
    client.check(MARK)
    with pytest.raises(QuotaExceeded) as caught:
        client.check(MARK)
    assert caught.value.resets is not None
    assert caught.value.resets > datetime.now(timezone.utc)


def test_a_wrong_url(connect: Connect, service: Service, key: ApiKey) -> None:
    with pytest.raises(RouteUnknown):
        connect(key, url=f"{service.url}/elsewhere").get("mark")
    with pytest.raises(UnexpectedAnswer):
        connect(key, url=f"{service.url}/console").get("mark")


def test_nobody_there(connect: Connect, key: ApiKey) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(TransportError) as caught:
            connect(key, url=url, retries=ONCE).enrol("mark", MARK)
    assert not caught.value.may_have_arrived


def test_a_time_out(connect: Connect, key: ApiKey) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(TransportError) as caught:
            connect(key, url=url, retries=ONCE, timeout=0.2).get("mark")
    assert caught.value.may_have_arrived


def test_nothing_secret_is_logged(client: Client, key: ApiKey, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client.enrol("mark", MARK)
    with pytest.raises(ApiError) as caught:
        client.enrol("again", MARK)
    text = caplog.text + repr(client) + repr(caught.value) + str(caught.value)
    text += "".join(traceback.format_exception(type(caught.value), caught.value, caught.value.__traceback__))
    assert "POST" in text, "httpx logs its requests"
    assert key.secret not in text
    assert base64.b64encode(MARK.read_bytes())[:60].decode() not in text


def test_a_missing_file_is_an_os_error(client: Client, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        client.check(tmp_path / "nobody.jpg")
