"""Signed requests, and the verification of signed answers (enterprise keys)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Callable, Literal

WINDOW_MS = 5 * 60 * 1000
"""So far a timestamp may be from the clock of whoever reads it, either way."""

NONCE_BYTES = 16
"""Random bytes of a nonce: none occurs twice."""

PEM_PUBLIC_KEY = re.compile(rb"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)

Version = Literal[1, 2]


class UniqueClock:
    """Milliseconds since the epoch, never the same twice: a signature is accepted once, and RSA's are deterministic."""

    def __init__(self, now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        self._now_ms = now_ms
        self._last = 0
        self._lock = threading.Lock()

    def now_ms(self) -> int:
        """The time, as it is."""
        return self._now_ms()

    def unique_ms(self) -> int:
        """The time, or a little later if it was given out before."""
        with self._lock:
            now = self._now_ms()
            if self._last - now > WINDOW_MS:
                # The clock was wrong and has been set back: times that far ahead were accepted by nobody.
                self._last = now
            self._last = max(now, self._last + 1)
            return self._last


_CLOCK = UniqueClock()
"""One for the process: several clients may share a key."""


class Seal:
    """The signature of one request: its headers, and what its answer has to fit to."""

    def __init__(
        self, signing: Signing, method: str, base_url: str, uri: str, body: bytes, clock: UniqueClock = _CLOCK
    ) -> None:
        self._signing = signing
        self._subject = (method.encode(), base_url.encode(), uri.encode())
        self._nonce = secrets.token_urlsafe(NONCE_BYTES) if signing.version == 2 else None
        self._clock = clock
        timestamp = str(clock.unique_ms())
        line = request_line(*self._subject, body, timestamp, self._nonce)
        self._signature = signing._sign(line)
        self.headers = {"Signature": base64.b64encode(self._signature).decode("ascii"), "Timestamp": timestamp}
        """What the request carries."""
        if self._nonce is not None:
            self.headers.update({"Signature-Version": "2", "Nonce": self._nonce})

    def refusal(self, status: int, headers: Mapping[str, str], body: bytes) -> str | None:
        """Why this is not the service's answer to the request; `None` if it is. Names of headers are in any case."""
        signature, timestamp = headers.get("Signature"), headers.get("Timestamp")
        if signature is None or timestamp is None:
            return "the answer is not signed"
        try:
            signature_bytes = base64.b64decode(signature, validate=True)
        except (ValueError, binascii.Error):
            return "the answer's signature is not base64"
        if signature_bytes == self._signature:
            # With a shared key and version 1, a request that is sent back is signed like an answer.
            return "the answer's signature is that of the request"
        line = response_line(status, *self._subject, body, timestamp, self._nonce)
        if not self._signing._is_valid(line, signature_bytes):
            return "the answer's signature is wrong"
        # Digits only: `int` would take more.
        if not (timestamp.isascii() and timestamp.isdigit()):
            return "the answer's timestamp is no number"
        if abs(int(timestamp) - self._clock.now_ms()) > WINDOW_MS:
            return "the answer's timestamp is more than five minutes off"
        return None


class Signing(ABC):
    """How requests are signed and answers verified: `RsaSigning` or `HmacSigning`, as the API key is set up."""

    def __init__(self, base_url: str | None, version: Version) -> None:
        if version not in (1, 2):
            raise ValueError("version has to be 1 or 2")
        self.base_url = base_url.rstrip("/") if base_url is not None else None
        """The service's public base URL as it is set there; `None` where it is the one that the client calls."""
        self.version = version
        """1 is the published way; 2 also binds method, status and answer to the request."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r}, version={self.version})"

    @abstractmethod
    def _sign(self, line: bytes) -> bytes: ...

    @abstractmethod
    def _is_valid(self, line: bytes, signature: bytes) -> bool: ...


class RsaSigning(Signing):
    """The algorithm `hash-then-RSA`: RSASSA-PKCS1-v1_5 with SHA-256. Needs the extra `auther-client[signing]`.

    `private_key_pem` is the client's private key; its public half is known to the service. `server_public_keys` are the
    public keys of the service in PEM, two while it rotates its own; one text may hold both.
    """

    def __init__(
        self,
        private_key_pem: str | bytes,
        server_public_keys: Sequence[str | bytes],
        base_url: str | None = None,
        version: Version = 2,
    ) -> None:
        super().__init__(base_url, version)
        try:
            from cryptography.exceptions import InvalidSignature
            from cryptography.hazmat.primitives.asymmetric import padding, rsa
            from cryptography.hazmat.primitives.hashes import SHA256
            from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
        except ImportError as error:
            raise ImportError("RsaSigning needs cryptography: pip install 'auther-client[signing]'") from error
        if isinstance(server_public_keys, (str, bytes)):
            server_public_keys = [server_public_keys]
        private_key = load_pem_private_key(_bytes(private_key_pem), password=None)
        if not isinstance(private_key, rsa.RSAPrivateKey):
            raise ValueError("private_key_pem is not an RSA key")
        pems = [pem for text in server_public_keys for pem in PEM_PUBLIC_KEY.findall(_bytes(text))]
        if not pems:
            # Without one, no answer could be verified, and that must not go unnoticed.
            raise ValueError("server_public_keys holds no public key in PEM")
        public_keys = []
        for pem in pems:
            public_key = load_pem_public_key(pem)
            if not isinstance(public_key, rsa.RSAPublicKey):
                raise ValueError("server_public_keys holds a key that is not RSA")
            public_keys.append(public_key)

        def sign(line: bytes) -> bytes:
            return private_key.sign(line, padding.PKCS1v15(), SHA256())

        def is_valid(line: bytes, signature: bytes) -> bool:
            for public_key in public_keys:
                try:
                    public_key.verify(signature, line, padding.PKCS1v15(), SHA256())
                except InvalidSignature:
                    continue
                return True
            return False

        self._rsa_sign = sign
        self._rsa_is_valid = is_valid

    def _sign(self, line: bytes) -> bytes:
        return self._rsa_sign(line)

    def _is_valid(self, line: bytes, signature: bytes) -> bool:
        return self._rsa_is_valid(line, signature)


class HmacSigning(Signing):
    """The algorithm `hash-only`: HMAC-SHA256 under the `signing_key` that client and service share."""

    def __init__(self, signing_key: str, base_url: str | None = None, version: Version = 2) -> None:
        super().__init__(base_url, version)
        if not signing_key or signing_key != signing_key.strip():
            raise ValueError("signing_key is empty, or has white space around it")
        self._key = signing_key.encode()

    def _sign(self, line: bytes) -> bytes:
        return hmac.new(self._key, line, hashlib.sha256).digest()

    def _is_valid(self, line: bytes, signature: bytes) -> bool:
        return hmac.compare_digest(self._sign(line), signature)


def request_line(method: bytes, base_url: bytes, uri: bytes, body: bytes, timestamp: str, nonce: str | None) -> bytes:
    """What the signature of a request is over; without a nonce it is that of version 1."""
    if nonce is None:
        return base_url + uri + body + timestamp.encode()
    return _netstrings(b"auther-request-v2", method, base_url, uri, body, timestamp.encode(), nonce.encode())


def response_line(
    status: int, method: bytes, base_url: bytes, uri: bytes, body: bytes, timestamp: str, nonce: str | None
) -> bytes:
    """What the signature of an answer is over; without the nonce of its request it is that of version 1."""
    if nonce is None:
        return base_url + uri + body + timestamp.encode()
    parts = (b"auther-response-v2", b"%03d" % status, method, base_url, uri, body, timestamp.encode(), nonce.encode())
    return _netstrings(*parts)


def _netstrings(*parts: bytes) -> bytes:
    """The parts, each after its length: no two sequences of parts make the same line."""
    return b"".join(b"%d:%b," % (len(part), part) for part in parts)


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
