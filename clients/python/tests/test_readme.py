"""The examples of the README run as printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT, ApiKey, Service

README = Path(__file__).resolve().parents[1] / "README.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)


@pytest.fixture
def environment(service: Service, key: ApiKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private, public = tmp_path / "private.pem", tmp_path / "server.pem"
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("AUTHER_URL", service.url)
    monkeypatch.setenv("AUTHER_API_KEY", key.secret)
    monkeypatch.setenv("AUTHER_PRIVATE_KEY", str(private))
    monkeypatch.setenv("AUTHER_SERVER_PUBLIC_KEY", str(public))
    if "signing" in service.run("--help"):
        service.run("signing", "set", str(key.id), "--algorithm", "hash-then-rsa")
        private.write_text(service.json("signing", "generate", key.id)["privateKey"])
        public.write_text(service.run("signing", "server-keys"))


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example(example: str, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    exec(compile(example, README.name, "exec"), names)
    printed = capsys.readouterr().out
    if "enrol" in example:
        assert re.search(
            r"Person\(person_id='mark'.*\nmark\nthis is somebody else\nnobody known\n[89]\d", printed, re.DOTALL
        )
    if "check(" in example:
        assert printed == "True []\n"


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 4
