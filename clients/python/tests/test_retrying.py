"""Retries against a real service that is truly limited or overloaded."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from conftest import MARK, ONCE, ApiKey, Connect, Service, Tampering, running

from auther import RateLimited, Retries, ServiceUnavailable

QUICK = Retries(attempts_max=5, first_wait_seconds=0.05)


def statuses(transport: Tampering) -> list[int]:
    return [response.status_code for response in transport.responses]


def test_a_rate_is_waited_for(connect: Connect, service: Service) -> None:
    transport = Tampering()
    client = connect(
        service.key(service.plan("--requests-per-second", 2, "--burst-requests", 1)), transport=transport, retries=QUICK
    )
    client.check(MARK)
    begun = time.monotonic()
    client.check(MARK)
    assert statuses(transport) == [200, 429, 200]
    assert time.monotonic() - begun >= float(transport.responses[1].headers["Retry-After"])


def test_without_retries_a_rate_is_an_error(connect: Connect, service: Service) -> None:
    client = connect(service.key(service.plan("--requests-per-second", 0.01, "--burst-requests", 1)), retries=ONCE)
    client.check(MARK)
    with pytest.raises(RateLimited) as caught:
        client.check(MARK)
    assert caught.value.code == "L_001"
    assert caught.value.retry_after is not None
    assert caught.value.retry_after > 30


def test_longer_than_the_total_is_not_waited_for(connect: Connect, service: Service) -> None:
    client = connect(service.key(service.plan("--requests-per-second", 0.01, "--burst-requests", 1)), retries=QUICK)
    client.check(MARK)
    begun = time.monotonic()
    with pytest.raises(RateLimited):
        client.check(MARK)
    assert time.monotonic() - begun < 5


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that works on one request at a time."""
    with running(tmp_path_factory.mktemp("narrow"), requests_in_flight_max=1) as service:
        yield service


class Occupied:
    """Takes the one place by a request whose body does not come, until it is given back."""

    def __init__(self, service: Service, key: ApiKey) -> None:
        parts = urlsplit(service.url)
        self._socket = socket.create_connection((parts.hostname, parts.port or 80))
        head = f"POST /person/check-face HTTP/1.1\r\nHost: a\r\nApi-Key: {key.secret}\r\nContent-Length: 9\r\n"
        self._socket.sendall((head + "Content-Type: application/json\r\n\r\n{").encode())
        deadline = time.monotonic() + 10
        while httpx.get(f"{service.url}/openapi.json").status_code != 503:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def give_back(self) -> None:
        self._socket.close()


@pytest.mark.parametrize("operation", ["enrol", "check"])
def test_an_overload_is_waited_for(connect: Connect, narrow: Service, operation: str) -> None:
    key = narrow.key()
    occupied = Occupied(narrow, key)

    def give_back(response: httpx.Response) -> httpx.Response:
        occupied.give_back()
        return response

    transport = Tampering(give_back)
    client = connect(key, url=narrow.url, transport=transport, retries=QUICK)
    if operation == "enrol":
        assert client.enrol("mark", MARK).person_id == "mark"
    else:
        assert client.check(MARK).accepted
    assert statuses(transport)[0] == 503
    assert statuses(transport)[-1] == 200


def test_without_retries_an_overload_is_an_error(connect: Connect, narrow: Service) -> None:
    key = narrow.key()
    occupied = Occupied(narrow, key)
    try:
        with pytest.raises(ServiceUnavailable) as caught:
            connect(key, url=narrow.url, retries=ONCE).get("mark")
        assert (caught.value.code, caught.value.type) == ("U_001", "overloaded")
    finally:
        occupied.give_back()


def test_a_lost_connection_is_repeated_only_where_it_is_harmless(connect: Connect, key: ApiKey) -> None:
    lost = 0

    def lose_once(response: httpx.Response) -> httpx.Response:
        nonlocal lost
        lost += 1
        if lost == 1:
            raise httpx.ReadError("the connection was lost")
        return response

    client = connect(key, transport=Tampering(lose_once), retries=QUICK)
    assert client.check(MARK).accepted
    lost = 0
    with pytest.raises(Exception, match="lost") as caught:
        client.enrol("mark", MARK)
    assert getattr(caught.value, "may_have_arrived", None) is True
    assert client.get("mark").person_id == "mark", "it had been done"
