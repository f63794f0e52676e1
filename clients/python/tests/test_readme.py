"""The examples of the README run as printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT, ApiKey, KeyPair, Service

README = Path(__file__).resolve().parents[1] / "README.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)


@pytest.fixture
def environment(
    service: Service, key: ApiKey, client_pair: KeyPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = tmp_path / "server.pem"
    public.write_text(service.server_keys)
    service.run("signing", "set", key.id, "--algorithm", "hash-then-rsa")
    service.run("signing", "upload", key.id, str(client_pair.public_file))
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("AUTHER_URL", service.url)
    monkeypatch.setenv("AUTHER_API_KEY", key.secret)
    monkeypatch.setenv("AUTHER_PRIVATE_KEY", str(client_pair.private_file))
    monkeypatch.setenv("AUTHER_SERVER_PUBLIC_KEY", str(public))


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example(example: str, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    exec(compile(example, README.name, "exec"), names)
    printed = capsys.readouterr().out
    if "enrol" in example:
        lines = printed.splitlines()
        assert [line[:24] for line in lines[:2]] == ["Person(person_id='mark',"] * 2
        assert lines[2:5] == ["mark", "this is somebody else", "nobody known"]
        assert 80 <= float(lines[5].removesuffix(" %")) < 100
    elif "check(" in example:
        assert printed == "True []\n"
    elif "RsaSigning" in example:
        assert 80 <= float(printed.removesuffix(" %\n")) < 100


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 4
