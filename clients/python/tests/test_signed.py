"""Signed requests and answers against the real service, in every way of signing, with both clients."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from conftest import (
    COLIN,
    MARK,
    MARK_AGAIN,
    ONE_CLIENT,
    ApiKey,
    Connect,
    KeyPair,
    Service,
    Tamper,
    Tampering,
    running,
    untouched,
)

from auther import (
    AsyncClient,
    Client,
    FaceNotMatched,
    HmacSigning,
    KeyUnknown,
    NoPersonMatched,
    Person,
    PersonNotFound,
    RequestSignatureMissing,
    RequestSignatureWrong,
    RequestTimestampWrong,
    Retries,
    RsaSigning,
    SignatureError,
    Signing,
    _signing,
)
from auther._signing import WINDOW_MS, UniqueClock


@pytest.fixture
def client(connect: Connect, key: ApiKey, signing: Signing) -> Client:
    return connect(key, signing=signing)


def test_every_operation(client: Client) -> None:
    person = client.enrol("a+b@c", MARK)
    assert client.get("a+b@c") == person
    assert client.verify("a+b@c", MARK_AGAIN) == person
    assert client.identify(MARK_AGAIN) == person
    assert client.compare(MARK, MARK_AGAIN) > 80
    assert client.check(MARK).accepted
    assert client.update("a+b@c", MARK_AGAIN).created == person.created
    client.remove("a+b@c")


def test_errors_are_signed_as_well(client: Client) -> None:
    client.enrol("..", MARK)
    with pytest.raises(FaceNotMatched):
        client.verify("..", COLIN)
    with pytest.raises(NoPersonMatched):
        client.identify(COLIN)
    with pytest.raises(PersonNotFound):
        client.remove("nobody")


def test_threads_share_a_client(service: Service, key: ApiKey, signing: Signing) -> None:
    """All requests are alike, so that two with one timestamp would have one signature, and that is accepted once."""
    with Client(service.url, key.secret, signing=signing) as client, ThreadPoolExecutor(8) as threads:
        client.enrol("mark", MARK)
        assert {person.person_id for person in threads.map(client.get, ["mark"] * 40)} == {"mark"}


def test_tasks_share_a_client(service: Service, key: ApiKey, signing: Signing) -> None:
    async def get_at_once() -> list[Person]:
        async with AsyncClient(service.url, key.secret, signing=signing) as client:
            await client.enrol("mark", MARK)
            return await asyncio.gather(*(client.get("mark") for _ in range(40)))

    assert {person.person_id for person in asyncio.run(get_at_once())} == {"mark"}


TAMPERED: dict[str, Tamper] = {
    "body": lambda r: httpx.Response(r.status_code, headers=r.headers, content=r.content.replace(b"mark", b"mary")),
    "timestamp": lambda r: altered(r, "Timestamp", str(int(r.headers["Timestamp"]) + 1)),
    "signature": lambda r: altered(r, "Signature", r.headers["Signature"].swapcase()),
    "no signature": lambda r: altered(r, "Signature", None),
    "no timestamp": lambda r: altered(r, "Timestamp", None),
    "no headers at all": lambda r: httpx.Response(r.status_code, content=r.content),
    "another answer": lambda _: httpx.Response(404, json={"code": "NF_001", "type": "person_not_found", "message": ""}),
}


def altered(response: httpx.Response, name: str, value: str | None) -> httpx.Response:
    headers = response.headers.copy()
    del headers[name]
    if value is not None:
        headers[name] = value
    return httpx.Response(response.status_code, headers=headers, content=response.content)


def test_a_tampered_answer_is_refused(connect: Connect, key: ApiKey, signing: Signing) -> None:
    transport = Tampering()
    client = connect(key, signing=signing, transport=transport)
    client.enrol("mark", MARK)
    for how, tamper in TAMPERED.items():
        transport.tamper = tamper
        with pytest.raises(SignatureError):
            pytest.fail(f"{how}: {client.get('mark')} was believed")
    transport.tamper = untouched
    assert client.get("mark").person_id == "mark"


def test_a_request_that_is_sent_back_is_no_answer(connect: Connect, key: ApiKey, signing: Signing) -> None:
    transport = Tampering()
    client = connect(key, signing=signing, transport=transport)
    client.enrol("mark", MARK)

    def echo(_response: httpx.Response) -> httpx.Response:
        sent = transport.requests[-1]
        names = ("Signature", "Timestamp", "Signature-Version")
        headers = {name: sent.headers[name] for name in names if name in sent.headers}
        return httpx.Response(200, headers=headers, content=sent.content)

    transport.tamper = echo
    for call in (client.get, client.remove):
        with pytest.raises(SignatureError, match="that of the request"):
            call("mark")


def test_a_status_is_bound_by_version_2(connect: Connect, key: ApiKey, signing: Signing) -> None:
    def found(response: httpx.Response) -> httpx.Response:
        return httpx.Response(410, headers=response.headers, content=response.content)

    client = connect(key, signing=signing, transport=Tampering(found))
    expected = SignatureError if signing.version == 2 else PersonNotFound
    with pytest.raises(expected):
        client.get("nobody")


def test_an_old_answer_is_bound_by_version_2(connect: Connect, key: ApiKey, signing: Signing) -> None:
    """Somebody between answers with what the service said a moment ago, when the person was still enrolled."""
    recorded: list[httpx.Response] = []

    def replay(response: httpx.Response) -> httpx.Response:
        recorded.append(response)
        first = recorded[0]
        return httpx.Response(first.status_code, headers=first.headers, content=first.content)

    client = connect(key, signing=signing, transport=Tampering(replay))
    connect(key, signing=signing).enrol("mark", MARK)
    person = client.get("mark")
    connect(key, signing=signing).remove("mark")
    if signing.version == 2:
        with pytest.raises(SignatureError):
            client.get("mark")
    else:
        assert client.get("mark") == person, "the gap of version 1 that the README tells of"


@ONE_CLIENT
def test_a_replayed_request_is_refused(connect: Connect, key: ApiKey, signing: Signing) -> None:
    transport = Tampering()
    connect(key, signing=signing, transport=transport).enrol("mark", MARK)
    sent = transport.requests[0]
    again = httpx.request(sent.method, sent.url, headers=sent.headers, content=sent.content)
    assert (again.status_code, again.json()["code"], again.json()["type"]) == (401, "S_003", "signature_replayed")


@ONE_CLIENT
def test_a_tampered_request_is_refused(connect: Connect, key: ApiKey, signing: Signing) -> None:
    transport = Tampering()
    client = connect(key, signing=signing, transport=transport)
    transport.alter = lambda request: httpx.Request(
        request.method, str(request.url).replace("mark", "mary"), headers=request.headers, content=request.content
    )
    with pytest.raises((RequestSignatureWrong, SignatureError)) as caught:
        client.enrol("mark", MARK)
    assert "S_002 signature_wrong" in str(caught.value)


@ONE_CLIENT
@pytest.mark.usefixtures("signing")
def test_a_key_that_has_to_sign_does_not_do_without(connect: Connect, key: ApiKey) -> None:
    with pytest.raises(RequestSignatureMissing):
        connect(key).get("mark")


@ONE_CLIENT
@pytest.mark.parametrize("offset_ms", [-WINDOW_MS - 5_000, WINDOW_MS + 5_000])
def test_a_wrong_clock_is_told(client: Client, monkeypatch: pytest.MonkeyPatch, offset_ms: int) -> None:
    right = UniqueClock()
    wrong = UniqueClock(lambda: right.now_ms() + offset_ms)
    monkeypatch.setattr(_signing.Seal.__init__, "__defaults__", (wrong,))
    with pytest.raises(SignatureError) as caught:
        client.get("mark")
    assert isinstance(caught.value.__cause__, RequestTimestampWrong)
    assert "more than five minutes off" in str(caught.value)


@ONE_CLIENT
def test_an_unknown_key_is_told_though_its_answer_cannot_be_signed(connect: Connect, signing: Signing) -> None:
    with pytest.raises((SignatureError, KeyUnknown)) as caught:
        connect("ak_unknown", signing=signing).get("mark")
    assert "A_002 key_unknown" in str(caught.value)


@ONE_CLIENT
def test_another_base_url_is_another_signature(connect: Connect, key: ApiKey, signing: Signing) -> None:
    signing.base_url = "https://somewhere.else.example"
    with pytest.raises((RequestSignatureWrong, SignatureError)) as caught:
        connect(key, signing=signing).get("mark")
    assert "S_002 signature_wrong" in str(caught.value)


@ONE_CLIENT
def test_a_wrong_signing_key_is_told(connect: Connect, service: Service, key: ApiKey) -> None:
    service.json("signing", "set", key.id, "--algorithm", "hash-only", "--required")
    with pytest.raises(SignatureError) as caught:
        connect(key, signing=HmacSigning("sk_" + "x" * 43)).get("mark")
    assert isinstance(caught.value.__cause__, RequestSignatureWrong)


def test_retries_are_signed_anew(connect: Connect, service: Service) -> None:
    limited = service.key(service.plan("--requests-per-second", 2, "--burst-requests", 1))
    answer = service.json("signing", "set", limited.id, "--algorithm", "hash-only", "--required")
    transport = Tampering()
    quick = Retries(attempts_max=5, first_wait_seconds=0.05)
    client = connect(limited, signing=HmacSigning(answer["signingKey"]), transport=transport, retries=quick)
    client.check(MARK)
    client.check(MARK)
    assert [response.status_code for response in transport.responses] == [200, 429, 200]


@ONE_CLIENT
def test_a_pair_that_the_service_makes(connect: Connect, service: Service, key: ApiKey) -> None:
    service.run("signing", "set", key.id, "--algorithm", "hash-then-rsa", "--required")
    private_key = service.json("signing", "generate", key.id)["privateKey"]
    signing = RsaSigning(private_key, [service.server_keys])
    assert connect(key, signing=signing).check(MARK).accepted


@ONE_CLIENT
def test_a_stranger_is_not_taken_for_the_service(
    connect: Connect, service: Service, key: ApiKey, client_pair: KeyPair
) -> None:
    service.has_to_sign(key, ("hash-then-rsa", 2), client_pair)
    signing = RsaSigning(client_pair.private, [client_pair.public])
    with pytest.raises(SignatureError, match="signature is wrong"):
        connect(key, signing=signing).check(MARK)


@ONE_CLIENT
def test_version_1_is_refused_where_it_is_not_wanted(connect: Connect, service: Service, key: ApiKey) -> None:
    answer = service.json("signing", "set", key.id, "--algorithm", "hash-only", "--length-prefixed")
    with pytest.raises(RequestSignatureWrong) as caught:
        connect(key, signing=HmacSigning(answer["signingKey"], version=1)).check(MARK)
    assert caught.value.type == "signature_version_wrong"
    assert connect(key, signing=HmacSigning(answer["signingKey"])).check(MARK).accepted


@ONE_CLIENT
def test_the_service_takes_another_key(connect: Connect, client_pair: KeyPair, tmp_path: Path) -> None:
    with running(tmp_path) as service:
        key = service.key()
        service.has_to_sign(key, ("hash-then-rsa", 2), client_pair)
        before = service.run("signing", "server-keys")
        service.run("signing", "rotate-server-key", "--in", "7d")
        both = service.run("signing", "server-keys")
        signing = {text: RsaSigning(client_pair.private, [text]) for text in (before, both)}
        clients = {text: connect(key, url=service.url, signing=signing[text]) for text in (before, both)}
        assert clients[before].check(MARK).accepted
        assert clients[both].check(MARK).accepted
        service.run("signing", "rotate-server-key", "--in", "0s")
        after = service.run("signing", "server-keys")
        with pytest.raises(SignatureError, match="signature is wrong"):
            clients[before].check(MARK)
        assert connect(key, url=service.url, signing=RsaSigning(client_pair.private, [after])).check(MARK).accepted
