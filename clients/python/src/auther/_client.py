"""The two clients: the same operations, with and without waiting. All decisions are made in `_exchange`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from types import TracebackType
from typing import TypeVar

import httpx

from . import _operations as operations
from ._answers import CheckedImage, Person
from ._errors import TransportError
from ._exchange import Answer, Exchanges, Outcome, Request, Wait
from ._images import Image
from ._operations import Operation
from ._retry import Retries
from ._signing import Signing

T = TypeVar("T")

TIMEOUT_SECONDS = 35.0
"""A little longer than the service takes for a request unless it was set up otherwise (`request_ms_max`)."""

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Client:
    """A client of one Auther service. Threads may share it.

    `url` is where the service is, such as `https://auther.example.org`, and `api_key` a key of it. With `signing`,
    every request is signed and every answer verified. `timeout` bounds each of connecting, sending and waiting for the
    answer, in seconds, and `retries` how often a request is sent again. `http` is a client of httpx with settings of
    your own, such as a proxy; it stays yours to close.
    """

    def __init__(
        self,
        url: str,
        api_key: str,
        *,
        signing: Signing | None = None,
        retries: Retries = Retries(),  # noqa: B008 # frozen
        timeout: float = TIMEOUT_SECONDS,
        http: httpx.Client | None = None,
    ) -> None:
        self._exchanges = Exchanges(url, api_key, signing, retries)
        self._timeout = timeout
        self._http = httpx.Client() if http is None else http
        self._owns_http = http is None

    def enrol(self, person_id: str, image: Image) -> Person:
        """Enrol a face under a new id; `ImageRefused` if a check fails, `FaceExists` if another id has the face."""
        return self._run(operations.enrol(person_id, image))

    def update(self, person_id: str, image: Image) -> Person:
        """Replace the image of an enrolled person; `PersonNotFound` if there is none."""
        return self._run(operations.update(person_id, image))

    def remove(self, person_id: str) -> None:
        """Remove a person; `PersonNotFound` if there is none."""
        return self._run(operations.remove(person_id))

    def get(self, person_id: str) -> Person:
        """Look a person up; `PersonNotFound` if there is none."""
        return self._run(operations.get(person_id))

    def identify(self, image: Image) -> Person:
        """Find out who is on the image (1:N, at 98 % similarity or more); `NoPersonMatched` if it is nobody known."""
        return self._run(operations.identify(image))

    def verify(self, person_id: str, image: Image) -> Person:
        """Verify that the image shows this person (1:1, at 80 % similarity or more); `FaceNotMatched` if it does not.

        Never take the absence of that one error for a yes: only a returned person is.
        """
        return self._run(operations.verify(person_id, image))

    def compare(self, source: Image, target: Image, *, threshold: float | None = None) -> float:
        """Compare the largest faces of two images: the similarity in percent, or 0 below `threshold` (80 if `None`)."""
        return self._run(operations.compare(source, target, threshold))

    def check(self, image: Image) -> CheckedImage:
        """Run the checks of an enrolment on an image without enrolling it."""
        return self._run(operations.check(image))

    def close(self) -> None:
        """Close the connections. Leaving the `with` block does it as well."""
        if self._owns_http:
            self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self._exchanges.url!r})"

    def _run(self, operation: Operation[T]) -> T:
        steps = self._exchanges.begin(operation)
        outcome: Outcome = None
        while True:
            step = steps.send(outcome)
            if isinstance(step, Request):
                try:
                    outcome = _answer(self._http.send(_httpx_request(step, self._timeout), follow_redirects=False))
                except httpx.RequestError as error:
                    outcome = _no_answer(error)
            elif isinstance(step, Wait):
                outcome = None
                time.sleep(step.seconds)
            else:
                return step.result


class AsyncClient:
    """`Client` for asyncio: the same arguments and operations, each to be awaited. Images are read in a thread."""

    def __init__(
        self,
        url: str,
        api_key: str,
        *,
        signing: Signing | None = None,
        retries: Retries = Retries(),  # noqa: B008 # frozen
        timeout: float = TIMEOUT_SECONDS,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._exchanges = Exchanges(url, api_key, signing, retries)
        self._timeout = timeout
        self._http = httpx.AsyncClient() if http is None else http
        self._owns_http = http is None

    async def enrol(self, person_id: str, image: Image) -> Person:
        """As `Client.enrol`."""
        return await self._run(asyncio.to_thread(operations.enrol, person_id, image))

    async def update(self, person_id: str, image: Image) -> Person:
        """As `Client.update`."""
        return await self._run(asyncio.to_thread(operations.update, person_id, image))

    async def remove(self, person_id: str) -> None:
        """As `Client.remove`."""
        return await self._run(asyncio.to_thread(operations.remove, person_id))

    async def get(self, person_id: str) -> Person:
        """As `Client.get`."""
        return await self._run(asyncio.to_thread(operations.get, person_id))

    async def identify(self, image: Image) -> Person:
        """As `Client.identify`."""
        return await self._run(asyncio.to_thread(operations.identify, image))

    async def verify(self, person_id: str, image: Image) -> Person:
        """As `Client.verify`."""
        return await self._run(asyncio.to_thread(operations.verify, person_id, image))

    async def compare(self, source: Image, target: Image, *, threshold: float | None = None) -> float:
        """As `Client.compare`."""
        return await self._run(asyncio.to_thread(operations.compare, source, target, threshold))

    async def check(self, image: Image) -> CheckedImage:
        """As `Client.check`."""
        return await self._run(asyncio.to_thread(operations.check, image))

    async def aclose(self) -> None:
        """Close the connections. Leaving the `async with` block does it as well."""
        if self._owns_http:
            await self._http.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"AsyncClient({self._exchanges.url!r})"

    async def _run(self, building: Awaitable[Operation[T]]) -> T:
        steps = self._exchanges.begin(await building)
        outcome: Outcome = None
        while True:
            step = steps.send(outcome)
            if isinstance(step, Request):
                try:
                    request = _httpx_request(step, self._timeout)
                    outcome = _answer(await self._http.send(request, follow_redirects=False))
                except httpx.RequestError as error:
                    outcome = _no_answer(error)
            elif isinstance(step, Wait):
                outcome = None
                await asyncio.sleep(step.seconds)
            else:
                return step.result


def _httpx_request(request: Request, timeout: float) -> httpx.Request:
    return httpx.Request(
        request.method,
        request.url,
        headers=request.headers,
        content=request.body or None,
        extensions={"timeout": httpx.Timeout(timeout).as_dict()},
    )


def _answer(response: httpx.Response) -> Answer:
    return Answer(response.status_code, response.headers, response.content)


def _no_answer(error: httpx.RequestError) -> TransportError:
    failure = TransportError(f"no answer: {type(error).__name__}: {error}", not isinstance(error, _NOT_SENT))
    failure.__cause__ = error
    return failure
