"""The real service, started once on a free port with data of its own; its commands make the keys."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from auther import AsyncClient, Client, HmacSigning, Retries, RsaSigning, Signing
from auther._signing import Version

ROOT = Path(__file__).resolve().parents[3]
PHOTOS = ROOT / "tests" / "photos"
MARK, MARK_AGAIN = PHOTOS / "A000369_a.jpg", PHOTOS / "A000369_b.jpg"
COLIN = PHOTOS / "A000376_a.jpg"

START_SECONDS_MAX = 30.0
"""The service is ready within a second; a busy machine may take longer."""


Way = tuple[str, Version]
"""An algorithm, and a version of what is signed."""


@dataclass(frozen=True)
class ApiKey:
    """A key of an organisation of its own, whose gallery is empty at first."""

    id: int
    secret: str
    organisation: int


@dataclass
class Service:
    """A running service and its command line."""

    binary: Path
    data: Path
    url: str

    @cached_property
    def unlimited(self) -> int:
        return self.plan()

    @cached_property
    def server_keys(self) -> str:
        return self.run("signing", "server-keys")

    def has_to_sign(self, key: ApiKey, way: Way, pair: KeyPair) -> str | None:
        """From now on; what is returned is the signing key of a key that signs with HMAC."""
        answer = self.json("signing", "set", key.id, "--algorithm", way[0], "--required")
        if way[0] == "hash-only":
            return str(answer["signingKey"])
        self.run("signing", "upload", key.id, str(pair.public_file))
        return None

    def run(self, *arguments: str | float) -> str:
        command = [str(self.binary), "--data", str(self.data), *map(str, arguments)]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    def json(self, *arguments: str | float) -> Any:
        return json.loads(self.run(*arguments, "--json"))

    def plan(self, *limits: str | float) -> int:
        """A new plan with these limits, and no others."""
        return int(self.json("plan", "create", "--name", f"plan-{time.time_ns()}", *limits)["id"])

    def key(self, plan: int | None = None) -> ApiKey:
        """A new key in a new organisation, which has no limits unless its plan has."""
        plan = self.unlimited if plan is None else plan
        organisation = self.json("organisation", "create", "--name", "tests", "--plan", plan)["id"]
        key = self.json("key", "create", "--name", "tests", "--organisation", organisation)
        return ApiKey(key["id"], key["apiKey"], organisation)


@contextmanager
def running(data: Path, **settings: str | int) -> Iterator[Service]:
    binary = Path(os.environ.get("AUTHER_BIN", ROOT / "target" / "debug" / "auther")).resolve()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    environment = {**os.environ, **{f"AUTHER_{name.upper()}": str(value) for name, value in settings.items()}}
    with (data / "log").open("wb") as log:
        process = subprocess.Popen(
            [binary, "serve", "--listen", address, "--data", data / "data"], env=environment, stdout=log, stderr=log
        )
    try:
        service = Service(binary, data / "data", f"http://{address}")
        deadline = time.monotonic() + START_SECONDS_MAX
        while not _ready(service.url):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the service does not start: {(data / 'log').read_text()[-2000:]}")
            time.sleep(0.05)
        yield service
    finally:
        process.terminate()
        process.wait(30)


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("service")) as service:
        yield service


@pytest.fixture
def key(service: Service) -> ApiKey:
    return service.key()


class Awaited:
    """An `AsyncClient` whose methods are waited for, so that one test is for both clients."""

    def __init__(self, client: AsyncClient, loop: asyncio.AbstractEventLoop) -> None:
        self._client = client
        self._loop = loop

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)
        return lambda *args, **kwargs: self._loop.run_until_complete(method(*args, **kwargs))


Connect = Callable[..., Client]
"""Makes a client of one kind or the other: a key, then the keywords of `Client`, `tamper` and `url` besides."""

NO_TLS = False
"""The tests speak plain HTTP: reading the certificates of the world again and again would take most of their time."""

Tamper = Callable[[httpx.Response], httpx.Response]


def untouched(response: httpx.Response) -> httpx.Response:
    return response


class Tampering(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Somebody between client and service, who sees and may change every request and every answer."""

    def __init__(self, tamper: Tamper = untouched) -> None:
        self.requests: list[httpx.Request] = []
        """As the client sent them."""
        self.responses: list[httpx.Response] = []
        """As the service answered."""
        self.alter: Callable[[httpx.Request], httpx.Request] = lambda request: request
        self.tamper = tamper
        self._sync, self._async = httpx.HTTPTransport(verify=NO_TLS), httpx.AsyncHTTPTransport(verify=NO_TLS)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._sync.handle_request(self.alter(request))
        response.read()
        return self._seen(request, response)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._async.handle_async_request(self.alter(request))
        await response.aread()
        return self._seen(request, response)

    def _seen(self, request: httpx.Request, response: httpx.Response) -> httpx.Response:
        self.requests.append(request)
        self.responses.append(response)
        return self.tamper(response)

    def close(self) -> None:
        self._sync.close()

    async def aclose(self) -> None:
        await self._async.aclose()


@pytest.fixture(params=["sync", "async"])
def connect(request: pytest.FixtureRequest, service: Service) -> Iterator[Connect]:
    loop = asyncio.new_event_loop()
    closing: list[Callable[[], object]] = []

    def connected(
        key: ApiKey | str, *, transport: Tampering | None = None, url: str = service.url, **keywords: Any
    ) -> Client:
        secret = key.secret if isinstance(key, ApiKey) else key
        if request.param == "sync":
            http = httpx.Client(transport=transport or httpx.HTTPTransport(verify=NO_TLS))
            closing.append(http.close)
            return Client(url, secret, http=http, **keywords)
        async_http = httpx.AsyncClient(transport=transport or httpx.AsyncHTTPTransport(verify=NO_TLS))
        closing.append(lambda: loop.run_until_complete(async_http.aclose()))
        return cast(Client, Awaited(AsyncClient(url, secret, http=async_http, **keywords), loop))

    yield connected
    for close in closing:
        close()
    loop.close()


ONE_CLIENT = pytest.mark.parametrize("connect", ["sync"], indirect=True)
"""For what depends on the service, not on the client."""


@pytest.fixture
def client(connect: Connect, key: ApiKey) -> Client:
    return connect(key)


ONCE = Retries(attempts_max=1)


WAYS: list[Way] = [("hash-then-rsa", 1), ("hash-then-rsa", 2), ("hash-only", 1), ("hash-only", 2)]
"""Every way of signing."""


@pytest.fixture(params=WAYS, ids=lambda way: f"{way[0]}-v{way[1]}")
def way(request: pytest.FixtureRequest) -> Way:
    return cast(Way, request.param)


def openssl(*arguments: str | Path, stdin: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], input=stdin, check=True, capture_output=True).stdout


@dataclass(frozen=True)
class KeyPair:
    """An RSA key of openssl's making, in PEM."""

    private_file: Path
    public_file: Path

    @classmethod
    def make(cls, folder: Path, *algorithm: str) -> KeyPair:
        pair = cls(folder / "private.pem", folder / "public.pem")
        algorithm = algorithm or ("RSA", "-pkeyopt", "rsa_keygen_bits:2048")
        openssl("genpkey", "-algorithm", *algorithm, "-out", pair.private_file)
        openssl("pkey", "-in", pair.private_file, "-pubout", "-out", pair.public_file)
        return pair

    @property
    def private(self) -> str:
        return self.private_file.read_text()

    @property
    def public(self) -> str:
        return self.public_file.read_text()

    def sign(self, line: bytes) -> bytes:
        return openssl("dgst", "-sha256", "-sign", self.private_file, stdin=line)


@pytest.fixture(scope="session")
def client_pair(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return KeyPair.make(tmp_path_factory.mktemp("client"))


@pytest.fixture(scope="session")
def other_pair(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return KeyPair.make(tmp_path_factory.mktemp("other"))


@pytest.fixture
def signing(way: Way, service: Service, key: ApiKey, client_pair: KeyPair) -> Signing:
    """The key has to sign from now on; this is how."""
    signing_key = service.has_to_sign(key, way, client_pair)
    if signing_key is not None:
        return HmacSigning(signing_key, version=way[1])
    return RsaSigning(client_pair.private, [service.server_keys], version=way[1])
