"""Signatures against those of openssl, over lines that are written out here."""

from __future__ import annotations

import base64
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import pytest
from conftest import KeyPair, Way, openssl

from auther import HmacSigning, RsaSigning, Signing
from auther._signing import WINDOW_MS, Seal, UniqueClock

NOW = 1_700_000_000_000
URI = "/person/verify-face/mark"
BODY = b'{"faceImage":"/9j/"}'
ANSWER = b'{"personId":"mark"}'
SIGNING_KEY = "sk_" + "aB3" * 14 + "x"


def hmac(line: bytes) -> bytes:
    hexkey = SIGNING_KEY.encode().hex()
    return openssl("dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{hexkey}", "-binary", stdin=line)


@dataclass(frozen=True)
class Case:
    signing: Signing
    client_signs: Callable[[bytes], bytes]
    server_signs: Callable[[bytes], bytes]

    def seal(self, now: int = NOW) -> Seal:
        return Seal(self.signing, "POST", "https://a.example", URI, BODY, UniqueClock(lambda: now))

    def request_line(self, seal: Seal) -> bytes:
        if self.signing.version == 1:
            return b"https://a.example" + URI.encode() + BODY + b"1700000000000"
        nonce = seal.headers["Nonce"].encode()
        return (
            b"17:auther-request-v2,4:POST,17:https://a.example,24:/person/verify-face/mark,"
            b'20:{"faceImage":"/9j/"},13:1700000000000,22:' + nonce + b","
        )

    def answer(
        self, seal: Seal, status: int = 200, body: bytes = ANSWER, timestamp: str = "1700000000500"
    ) -> dict[str, str]:
        """The headers of a genuine answer."""
        if self.signing.version == 1:
            line = b"https://a.example" + URI.encode() + body + timestamp.encode()
        else:
            line = (
                b"18:auther-response-v2,3:%d,4:POST,17:https://a.example,24:/person/verify-face/mark,%d:%b,%d:%b,22:%b,"
            ) % (status, len(body), body, len(timestamp), timestamp.encode(), seal.headers["Nonce"].encode())
        return {"Signature": base64.b64encode(self.server_signs(line)).decode(), "Timestamp": timestamp}


@pytest.fixture
def case(way: Way, client_pair: KeyPair, other_pair: KeyPair) -> Case:
    algorithm, version = way
    if algorithm == "hash-only":
        return Case(HmacSigning(SIGNING_KEY, version=version), hmac, hmac)
    rsa = RsaSigning(client_pair.private, [other_pair.public], version=version)
    return Case(rsa, client_pair.sign, other_pair.sign)


def test_a_request_is_signed_as_openssl_would(case: Case) -> None:
    seal = case.seal()
    assert seal.headers["Timestamp"] == str(NOW)
    assert base64.b64decode(seal.headers["Signature"]) == case.client_signs(case.request_line(seal))
    assert seal.headers.get("Signature-Version") == (None if case.signing.version == 1 else "2")


def test_a_genuine_answer_is_believed(case: Case) -> None:
    seal = case.seal()
    assert seal.refusal(200, case.answer(seal), ANSWER) is None


def test_an_altered_answer_is_not_believed(case: Case) -> None:
    seal = case.seal()
    genuine = case.answer(seal)
    flipped = bytearray(base64.b64decode(genuine["Signature"]))
    flipped[-1] ^= 1
    altered = [
        (genuine, ANSWER.replace(b"mark", b"mary")),
        (genuine, b""),
        ({**genuine, "Timestamp": "1700000000501"}, ANSWER),
        ({**genuine, "Signature": base64.b64encode(flipped).decode()}, ANSWER),
        ({**genuine, "Signature": ""}, ANSWER),
    ]
    assert {seal.refusal(200, headers, body) for headers, body in altered} == {"the answer's signature is wrong"}
    assert seal.refusal(200, {**genuine, "Signature": "?"}, ANSWER) == "the answer's signature is not base64"


def test_a_request_that_is_sent_back_is_no_answer(case: Case) -> None:
    seal = case.seal()
    assert seal.refusal(200, seal.headers, BODY) == "the answer's signature is that of the request"


def test_an_answer_without_signature_or_timestamp_is_not_believed(case: Case) -> None:
    seal = case.seal()
    genuine = case.answer(seal)
    for missing in genuine:
        headers = {name: value for name, value in genuine.items() if name != missing}
        assert seal.refusal(200, headers, ANSWER) == "the answer is not signed"


def test_an_answer_is_believed_for_five_minutes(case: Case) -> None:
    seal = case.seal()
    for offset, refusal in [
        (WINDOW_MS, None),
        (-WINDOW_MS, None),
        (WINDOW_MS + 1, "the answer's timestamp is more than five minutes off"),
        (-WINDOW_MS - 1, "the answer's timestamp is more than five minutes off"),
    ]:
        assert seal.refusal(200, case.answer(seal, timestamp=str(NOW + offset)), ANSWER) == refusal
    for timestamp in ["", "+1700000000500", "1_700_000_000_500", " 1700000000500"]:
        headers = case.answer(seal, timestamp=timestamp)
        assert seal.refusal(200, headers, ANSWER) == "the answer's timestamp is no number"


def test_version_2_binds_status_and_request(case: Case) -> None:
    seal, other = case.seal(), case.seal()
    bound = case.signing.version == 2
    expected = "the answer's signature is wrong" if bound else None
    assert seal.refusal(404, case.answer(seal, status=200), ANSWER) == expected
    assert other.refusal(200, case.answer(seal), ANSWER) == expected


def test_nonces_are_fresh() -> None:
    signing = HmacSigning(SIGNING_KEY)
    nonces = {Seal(signing, "GET", "", "/", b"").headers["Nonce"] for _ in range(100)}
    assert len(nonces) == 100
    assert all(len(nonce) == 22 for nonce in nonces)


def test_a_client_believes_either_key_while_the_server_rotates(client_pair: KeyPair, other_pair: KeyPair) -> None:
    for keys in (
        [client_pair.public, other_pair.public],
        [client_pair.public + other_pair.public],
        [("# two keys\n" + client_pair.public + other_pair.public).encode()],
    ):
        case = Case(RsaSigning(client_pair.private.encode(), keys), client_pair.sign, other_pair.sign)
        seal = case.seal()
        assert seal.refusal(200, case.answer(seal), ANSWER) is None
    stranger = Case(RsaSigning(client_pair.private, [client_pair.public]), client_pair.sign, other_pair.sign)
    seal = stranger.seal()
    assert seal.refusal(200, stranger.answer(seal), ANSWER) == "the answer's signature is wrong"


def test_keys_that_cannot_work_are_refused(client_pair: KeyPair, tmp_path: Path) -> None:
    curve = KeyPair.make(tmp_path, "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    for private, public in [
        (client_pair.private, []),
        (client_pair.private, [""]),
        (client_pair.private, [client_pair.private]),
        (client_pair.private, [curve.public]),
        (curve.private, [client_pair.public]),
        (client_pair.public, [client_pair.public]),
    ]:
        with pytest.raises(ValueError, match=r".") as caught:
            RsaSigning(private, public)
        assert "MII" not in str(caught.value)
    for key in ["", "sk_x\n", " sk_x"]:
        with pytest.raises(ValueError, match="white space"):
            HmacSigning(key)
    with pytest.raises(ValueError, match="version"):
        HmacSigning("sk_x", version=3)  # type: ignore[arg-type]


def test_a_base_url_has_no_slash_at_its_end() -> None:
    assert HmacSigning("sk_x", base_url="https://a.example/").base_url == "https://a.example"


def test_neither_key_nor_anything_secret_is_printed(case: Case) -> None:
    for text in (repr(case.signing), str(case.signing), repr(case.seal())):
        assert SIGNING_KEY not in text
        assert "PRIVATE" not in text


def test_no_millisecond_is_given_out_twice() -> None:
    clock = UniqueClock(lambda: NOW)
    given: list[int] = []

    def take() -> None:
        for _ in range(500):
            given.append(clock.unique_ms())

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == list(range(NOW, NOW + 4000))


def test_the_clock_follows_one_that_is_set_back() -> None:
    now = NOW
    clock = UniqueClock(lambda: now)
    clock.unique_ms()
    now = NOW - 1000
    assert clock.unique_ms() == NOW + 1, "a little: nothing is given out twice"
    now = NOW - 2 * WINDOW_MS
    assert clock.unique_ms() == now + 1, "a lot: the service would accept nothing any more"
