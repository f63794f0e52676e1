"""clients/shell/auther.sh against the real service, in every shell that is here."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Callable

import httpx
import pytest
from conftest import COLIN, MARK, MARK_AGAIN, ROOT, WAYS, ApiKey, KeyPair, Service, Way

FOLDER = ROOT / "clients" / "shell"
SCRIPT = FOLDER / "auther.sh"
NO_FACE = ROOT / "docs" / "images" / "no_face.jpg"
SHELLS = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]

ONE_SHELL = pytest.mark.parametrize("shell", SHELLS[:1], indirect=True)
"""For what does not depend on the shell, and takes its time."""

EACH_SHELL_AND_EACH_WAY = [(SHELLS[0], way) for way in WAYS] + [(shell, WAYS[-1]) for shell in SHELLS[1:]]

YES, ERROR, NO = 0, 1, 2


@dataclass
class Shell:
    """The script in one shell, with settings of its own."""

    name: str
    folder: Path
    settings: dict[str, str]

    def __call__(self, *arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
        return self.run(arguments, settings)

    def run(
        self, arguments: tuple[str | Path, ...], settings: Mapping[str, str], given: bytes = b""
    ) -> subprocess.CompletedProcess[str]:
        command = [*(["busybox", "sh"] if self.name == "busybox" else [self.name]), SCRIPT, *arguments]
        environment = {"PATH": os.environ["PATH"], "TMPDIR": str(self.folder), **self.settings, **settings}
        ran = subprocess.run(command, env=environment, capture_output=True, input=given)
        done = subprocess.CompletedProcess(command, ran.returncode, ran.stdout.decode(), ran.stderr.decode())
        assert not list(self.folder.iterdir()), "nothing is left behind"
        return done


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, service: Service, key: ApiKey, tmp_path: Path) -> Shell:
    folder = tmp_path / "temporary files"
    folder.mkdir()
    return Shell(request.param, folder, {"AUTHER_URL": service.url, "AUTHER_API_KEY": key.secret})


@pytest.fixture
def signed(shell: Shell, service: Service, key: ApiKey, way: Way, client_pair: KeyPair, tmp_path: Path) -> Shell:
    sign(shell, service, key, way, client_pair, tmp_path)
    return shell


def sign(shell: Shell, service: Service, key: ApiKey, way: Way, pair: KeyPair, folder: Path) -> None:
    """The key has to sign from now on, and the script does."""
    shell.settings.update(AUTHER_API_KEY=key.secret, AUTHER_SIGNATURE_VERSION=str(way[1]))
    signing_key = service.has_to_sign(key, way, pair)
    if signing_key is not None:
        shell.settings["AUTHER_SIGNING_KEY"] = signing_key
        return
    # The first of two is not the one that signs.
    public = folder / "server.pem"
    public.write_text(pair.public + service.server_keys)
    shell.settings.update(AUTHER_PRIVATE_KEY=str(pair.private_file), AUTHER_SERVER_PUBLIC_KEY=str(public))


def run_all(shell: Shell, steps: list[tuple[int, tuple[str | Path, ...], str]]) -> None:
    for expected, arguments, printed in steps:
        done = shell(*arguments)
        assert (done.returncode, done.stderr) == (expected, ""), arguments
        assert printed in done.stdout, arguments


def test_every_operation(shell: Shell) -> None:
    run_all(
        shell,
        [
            (NO, ("identify", MARK), "RF_001"),
            (YES, ("enrol", "a+b@c", MARK), '"personId":"a+b@c"'),
            (NO, ("enrol", "a+b@c", COLIN), "CP_002"),
            (NO, ("enrol", "other", MARK_AGAIN), "F_012"),
            (NO, ("enrol", "other", NO_FACE), "F_002"),
            (YES, ("get", "a+b@c"), '"personId":"a+b@c"'),
            (NO, ("get", "nobody"), "person_not_found"),
            (YES, ("verify", "a+b@c", MARK_AGAIN), '"personId":"a+b@c"'),
            (NO, ("verify", "a+b@c", COLIN), "face_not_matched"),
            (NO, ("verify", "nobody", COLIN), "person_not_found"),
            (YES, ("identify", MARK_AGAIN), '"personId":"a+b@c"'),
            (YES, ("update", "a+b@c", MARK_AGAIN), '"personId":"a+b@c"'),
            (YES, ("compare", MARK, MARK_AGAIN), '{"facesMatched":9'),
            (NO, ("compare", MARK, MARK_AGAIN, "100"), '{"facesMatched":0}'),
            (NO, ("compare", MARK, COLIN), '{"facesMatched":0}'),
            (YES, ("compare", MARK, COLIN, "0"), '{"facesMatched":'),
            (YES, ("check", MARK), '"accepted":true'),
            (NO, ("check", NO_FACE), '"accepted":false'),
            (YES, ("remove", "a+b@c"), ""),
            (NO, ("remove", "a+b@c"), "person_not_found"),
            (YES, ("enrol", "..", MARK), '"personId":".."'),
            (YES, ("remove", ".."), ""),
        ],
    )


@pytest.mark.parametrize(("shell", "way"), EACH_SHELL_AND_EACH_WAY, indirect=True)
def test_every_operation_signed(signed: Shell) -> None:
    run_all(
        signed,
        [
            (YES, ("enrol", "..", MARK), '"personId":".."'),
            (YES, ("get", ".."), '"personId":".."'),
            (YES, ("verify", "..", MARK_AGAIN), '"personId":".."'),
            (NO, ("verify", "..", COLIN), "face_not_matched"),
            (YES, ("identify", MARK_AGAIN), '"personId":".."'),
            (YES, ("update", "..", MARK_AGAIN), '"personId":".."'),
            (YES, ("compare", MARK, MARK_AGAIN), '{"facesMatched":9'),
            (YES, ("check", MARK), '"accepted":true'),
            (YES, ("remove", ".."), ""),
        ],
    )


@pytest.mark.parametrize(
    ("arguments", "settings", "told"),
    [
        ((), {}, "enrol|update|verify"),
        (("get",), {}, "enrol|update|verify"),
        (("get", "a/b"), {}, "a person id"),
        (("get", ""), {}, "a person id"),
        (("check", "nobody.jpg"), {}, "cannot read"),
        (("check", "/"), {}, "cannot read"),
        (("check", SCRIPT), {}, "R_003"),
        (("compare", MARK, COLIN, "much"), {}, "percentage"),
        (("compare", MARK, COLIN, "101"), {}, "R_003"),
        (("get", "mark"), {"AUTHER_API_KEY": "ak_unknown"}, "A_002"),
        (("get", "mark"), {"AUTHER_API_KEY": 'ak_"\nurl = "http://b.example'}, "no key"),
        (("get", "mark"), {"AUTHER_API_KEY": ""}, "AUTHER_API_KEY"),
        (("get", "mark"), {"AUTHER_URL": ""}, "AUTHER_URL"),
        (("get", "mark"), {"AUTHER_URL": "http://127.0.0.1:1"}, "curl"),
        (("get", "mark"), {"AUTHER_PRIVATE_KEY": "nobody.pem"}, "cannot read nobody.pem"),
        (("get", "mark"), {"AUTHER_PRIVATE_KEY": str(MARK)}, "AUTHER_SERVER_PUBLIC_KEY"),
        (("get", "mark"), {"AUTHER_PRIVATE_KEY": str(MARK), "AUTHER_SERVER_PUBLIC_KEY": str(SCRIPT)}, "no public key"),
        (("get", "mark"), {"AUTHER_PRIVATE_KEY": "a", "AUTHER_SIGNING_KEY": "sk_x"}, "not both"),
        (("get", "mark"), {"AUTHER_SIGNATURE_VERSION": "3"}, "1 or 2"),
    ],
)
def test_errors(shell: Shell, arguments: tuple[str | Path, ...], settings: dict[str, str], told: str) -> None:
    done = shell(*arguments, **settings)
    assert (done.returncode, done.stdout) == (ERROR, "")
    assert told in done.stderr


def test_an_image_is_a_file_bytes_or_base64(shell: Shell, tmp_path: Path) -> None:
    assert shell("enrol", "mark", MARK).returncode == YES
    text = base64.encodebytes(MARK_AGAIN.read_bytes())
    written = tmp_path / "image.txt"
    written.write_bytes(b"data:image/jpeg;base64," + text)
    for image, given in [("-", MARK_AGAIN.read_bytes()), ("base64:-", text), (f"base64:{written}", b"")]:
        done = shell.run(("verify", "mark", image), {}, given)
        assert (done.returncode, '"personId":"mark"' in done.stdout) == (YES, True), (image, done.stderr)
    hostile = shell.run(("verify", "mark", "base64:-"), {}, b'AAEC","other":"')
    assert (hostile.returncode, "not base64" in hostile.stderr) == (ERROR, True)
    assert shell("verify", "mark", "base64:/nowhere").returncode == ERROR
    assert shell("remove", "mark").returncode == YES


@ONE_SHELL
def test_a_rate_is_waited_for(shell: Shell, service: Service) -> None:
    key = service.key(service.plan("--requests-per-second", 1, "--burst-requests", 1))
    assert shell("check", MARK, AUTHER_API_KEY=key.secret).returncode == YES
    assert shell("check", MARK, AUTHER_API_KEY=key.secret).returncode == YES
    limited = shell("check", MARK, AUTHER_API_KEY=key.secret, AUTHER_ATTEMPTS_MAX="1")
    assert limited.returncode == ERROR
    assert "L_001" in limited.stderr


@ONE_SHELL
def test_a_rate_is_not_waited_for_longer_than_allowed(shell: Shell, service: Service) -> None:
    key = service.key(service.plan("--requests-per-second", 0.01, "--burst-requests", 1))
    shell("check", MARK, AUTHER_API_KEY=key.secret)
    limited = shell("check", MARK, AUTHER_API_KEY=key.secret)
    assert limited.returncode == ERROR
    assert "L_001" in limited.stderr


POLL_SECONDS = 0.02
"""How soon the proxy below notices that it is to stop."""


@dataclass(frozen=True)
class Seen:
    """An answer on its way through somebody between."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Between:
    """A proxy that sees, and may change, every answer."""

    service: Service
    alter: Callable[[Seen], Seen] = lambda answer: answer
    requests: list[str] = field(default_factory=list)
    sent: tuple[Mapping[str, str], bytes] = ({}, b"")
    """The headers and the body of the last request."""
    url: str = ""


@pytest.fixture
def between(service: Service) -> Iterator[Between]:
    proxy = Between(service)

    class Handler(BaseHTTPRequestHandler):
        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            proxy.requests.append(f"{self.command} {self.path}")
            proxy.sent = (dict(self.headers), body)
            url = httpx.URL(service.url, raw_path=self.path.encode())
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            got = httpx.request(self.command, url, headers=headers, content=body)
            answer = proxy.alter(Seen(got.status_code, got.headers, got.content))
            self.send_response_only(answer.status)
            for name, value in answer.headers.items():
                if name.lower() != "content-length":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_DELETE = forward  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,)).start()
    yield proxy
    server.shutdown()
    server.server_close()


def without(answer: Seen, name: str) -> Seen:
    return Seen(answer.status, {k: v for k, v in answer.headers.items() if k.lower() != name}, answer.body)


def replaced(answer: Seen, name: str, value: str) -> Seen:
    return Seen(answer.status, {**without(answer, name).headers, name: value}, answer.body)


TAMPERED: dict[str, tuple[Callable[[Seen], Seen], str]] = {
    "body": (lambda a: Seen(a.status, a.headers, a.body.replace(b"2", b"3")), "signature is wrong"),
    "timestamp": (lambda a: replaced(a, "timestamp", str(int(a.headers["timestamp"]) + 1)), "signature is wrong"),
    "signature": (lambda a: replaced(a, "signature", a.headers["signature"].swapcase()), "signature is wrong"),
    "no base64": (lambda a: replaced(a, "signature", "?"), "signature is wrong"),
    "no signature": (lambda a: without(a, "signature"), "not signed"),
    "no timestamp": (lambda a: without(a, "timestamp"), "not signed"),
    "old": (lambda a: replaced(a, "timestamp", str(int(a.headers["timestamp"]) - 301_000)), "five minutes"),
    "octal": (lambda a: replaced(a, "timestamp", "08"), "no time"),
    "another answer": (lambda _: Seen(404, {}, b'{"code":"NF_001","type":"person_not_found"}'), "not signed"),
}


@ONE_SHELL
def test_a_tampered_answer_is_an_error(signed: Shell, between: Between) -> None:
    signed.settings.update(AUTHER_URL=between.url, AUTHER_BASE_URL=between.service.url)
    assert signed("enrol", "mark", MARK).returncode == YES
    for how, (alter, told) in TAMPERED.items():
        between.alter = alter
        done = signed("get", "mark")
        assert (done.returncode, done.stdout) == (ERROR, ""), how
        assert told in done.stderr, how


@ONE_SHELL
def test_a_request_that_is_sent_back_is_no_answer(signed: Shell, between: Between) -> None:
    def echo(_answer: Seen) -> Seen:
        headers, body = between.sent
        names = ("Signature", "Timestamp", "Signature-Version")
        return Seen(200, {name: headers[name] for name in names if name in headers}, body)

    between.alter = echo
    done = signed("remove", "mark", AUTHER_URL=between.url, AUTHER_BASE_URL=between.service.url)
    assert (done.returncode, done.stdout) == (ERROR, "")
    assert "that of the request" in done.stderr


@ONE_SHELL
def test_a_status_is_bound_by_version_2(signed: Shell, between: Between, way: Way) -> None:
    between.alter = lambda answer: Seen(410, answer.headers, answer.body)
    done = signed("get", "nobody", AUTHER_URL=between.url, AUTHER_BASE_URL=between.service.url)
    assert done.returncode == (ERROR if way[1] == 2 else NO)


@ONE_SHELL
@pytest.mark.parametrize("body", [b"<html>", b"", b'{"personId":"another"}', b'{"facesMatched":null}'])
def test_only_what_says_yes_is_a_yes(shell: Shell, between: Between, body: bytes) -> None:
    between.alter = lambda _: Seen(200, {}, body)
    commands: list[tuple[str | Path, ...]] = [("verify", "mark", MARK), ("compare", MARK, MARK), ("check", MARK)]
    for arguments in commands:
        assert shell(*arguments, AUTHER_URL=between.url).returncode == ERROR, arguments


@ONE_SHELL
@pytest.mark.parametrize(
    ("body", "attempts"),
    [
        (b'{"code":"U_001","type":"overloaded","message":""}', {"get": 2, "enrol": 2, "remove": 2}),
        (b'{"code":"U_001","type":"timed_out","message":""}', {"get": 2, "enrol": 1, "remove": 1}),
        (b"<html>", {"get": 2, "enrol": 1, "remove": 1}),
    ],
    ids=["overloaded", "timed out", "proxy"],
)
def test_what_may_have_been_done_is_repeated_only_where_it_is_harmless(
    shell: Shell, between: Between, body: bytes, attempts: dict[str, int]
) -> None:
    between.alter = lambda _: Seen(503, {}, body)
    for command, expected in attempts.items():
        between.requests.clear()
        image = [MARK] if command == "enrol" else []
        done = shell(command, "mark", *image, AUTHER_URL=between.url, AUTHER_ATTEMPTS_MAX="2")
        assert done.returncode == ERROR
        assert len(between.requests) == expected, command


@ONE_SHELL
@pytest.mark.parametrize("way", [("hash-then-rsa", 1), ("hash-only", 2)], indirect=True)
def test_retries_are_signed_anew(
    shell: Shell, service: Service, between: Between, way: Way, client_pair: KeyPair, tmp_path: Path
) -> None:
    """A signature is accepted once: with that of the first attempt the second would be refused."""
    sign(
        shell,
        service,
        service.key(service.plan("--requests-per-second", 1, "--burst-requests", 1)),
        way,
        client_pair,
        tmp_path,
    )
    statuses: list[int] = []

    def note(answer: Seen) -> Seen:
        statuses.append(answer.status)
        return answer

    between.alter = note
    for _ in range(2):
        assert shell("check", MARK, AUTHER_URL=between.url, AUTHER_BASE_URL=service.url).returncode == YES
    assert statuses == [200, 429, 200]


@pytest.mark.parametrize("way", [("hash-then-rsa", 2), ("hash-only", 2)], indirect=True)
def test_nobody_who_lists_processes_sees_a_secret(signed: Shell, tmp_path: Path) -> None:
    """Every program that the script starts writes down its command line and its environment first."""
    spies, log = tmp_path / "spies", tmp_path / "log"
    spies.mkdir()
    for name in ("awk", "cat", "curl", "date", "grep", "mktemp", "od", "openssl", "rm", "sed", "sleep", "tr", "wc"):
        spy = spies / name
        spy.write_text(f'#!/bin/sh\n{{ echo "$0 $*"; env; }} >>"{log}"\nexec {shutil.which(name)} "$@"\n')
        spy.chmod(0o755)
    done = signed("enrol", "mark.and.nobody.else", MARK, PATH=f"{spies}:{os.environ['PATH']}")
    assert done.returncode == YES
    written = log.read_text()
    assert f"{spies}/curl" in written
    assert f"{spies}/openssl" in written
    for secret in (
        signed.settings["AUTHER_API_KEY"],
        signed.settings.get("AUTHER_SIGNING_KEY", "PRIVATE KEY"),
        "mark.and.nobody.else",
        "faceImage",
    ):
        assert secret not in written


def test_what_it_writes_is_for_the_user_alone(shell: Shell, tmp_path: Path) -> None:
    spies, log = tmp_path / "spies", tmp_path / "log"
    spies.mkdir()
    spy = spies / "curl"
    spy.write_text(f'#!/bin/sh\nls -lRA "$TMPDIR" >"{log}"\nexec {shutil.which("curl")} "$@"\n')
    spy.chmod(0o755)
    shell("check", MARK, PATH=f"{spies}:{os.environ['PATH']}")
    modes = re.findall(r"^([d-][rwx-]{9})", log.read_text(), re.MULTILINE)
    assert set(modes) == {"drwx------", "-rw-------"}


def test_the_lines_of_the_readme_run_as_printed(service: Service, tmp_path: Path) -> None:
    lines = re.findall(r"```sh\n(.*?)```", (FOLDER / "README.md").read_text(), re.DOTALL)[0]
    lines = lines.replace("http://127.0.0.1:8080", service.url)
    auther = tmp_path / "auther"
    auther.write_text(f'#!/bin/sh\nexec "{service.binary}" --data "{service.data}" "$@"\n')
    auther.chmod(0o755)
    done = subprocess.run(
        ["sh", "-eu"],
        input=lines,
        cwd=ROOT,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "this is Mark" in done.stdout
    assert '{"facesMatched":9' in done.stdout
