"""The search engine's way onto the machine, and the platform without it."""

import hashlib
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.local.engines.opensearch.fetch import FetchError, Jar, fetch, locked
from scripts.local.engines.opensearch.launch import settings
from scripts.local.platform import Platform, PlatformError
from scripts.local.ports import Ports
from scripts.local.services import Service


class Repository:
    """jgo's context, with one file."""

    def __init__(self, folder: Path, content: bytes) -> None:
        self._file, self._content = folder / "downloaded.jar", content

    def project(self, *_: str) -> "Repository":
        return self

    def at_version(self, _: str) -> "Repository":
        return self

    def artifact(self, **_: str) -> "Repository":
        return self

    def resolve(self) -> Path:
        self._file.write_bytes(self._content)
        return self._file


def jar(content: bytes) -> Jar:
    return Jar("g", "a", "1", "jar", "", hashlib.sha256(content).hexdigest())


def test_every_jar_is_locked_by_its_sha256_under_a_name_of_its_own() -> None:
    jars = locked()
    assert len({one.file for one in jars}) == len(jars) > 100
    assert all(len(one.sha256) == 64 for one in jars)
    assert any(one.artifact == "opensearch" and one.version == "3.8.0" for one in jars)


def test_the_locked_jar_is_put_into_the_folder(tmp_path: Path) -> None:
    into = tmp_path / "jars"
    into.mkdir()
    for _ in range(2):
        fetch(jar(b"good"), Repository(tmp_path, b"good"), into)
    assert [file.name for file in into.iterdir()] == ["a-1.jar"]
    assert (into / "a-1.jar").read_bytes() == b"good"


def test_another_file_than_the_locked_one_is_refused(tmp_path: Path) -> None:
    into = tmp_path / "jars"
    into.mkdir()
    with pytest.raises(FetchError, match="SHA-256"):
        fetch(jar(b"good"), Repository(tmp_path, b"forged"), into)
    assert list(into.iterdir()) == []


def test_it_listens_on_this_machine_alone_and_makes_no_index_by_itself() -> None:
    assert settings()["network.host"] == "127.0.0.1"
    assert settings()["action.auto_create_index"] == "false"


class OneService(Platform):
    """A platform of one service, which its set-up has not brought."""

    needed = False

    @property
    def services(self) -> tuple[Service, ...]:
        proof = None if self.needed else self.folder / "engine.json"
        command = (sys.executable, "-c", "raise SystemExit('out of order')")
        return (Service("search", "search engine", command, 0, lambda _: False, proof=proof),)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is said, by a platform that opens no socket."""
    monkeypatch.setattr("scripts.local.platform.require_free", lambda *_: None)
    return []


def test_a_platform_without_its_search_engine_says_so_and_runs(
    tmp_path: Path, said: list[str]
) -> None:
    platform = OneService(tmp_path, Ports.from_base(0))
    platform.start(said.append)
    assert len(said) == 1
    assert "everything else works" in said[0]
    assert "make setup" in said[0]


def test_a_search_engine_that_dies_while_starting_is_told_with_its_log(
    tmp_path: Path, said: list[str]
) -> None:
    (tmp_path / "engine.json").touch()
    platform = OneService(tmp_path, Ports.from_base(0))
    platform.start(said.append)
    platform.stop(said.append)
    assert "everything else works" in said[0]
    assert "out of order" in said[0]


def test_a_service_that_is_needed_still_ends_the_start(tmp_path: Path, said: list[Any]) -> None:
    platform = OneService(tmp_path, Ports.from_base(0))
    platform.needed = True
    with pytest.raises(PlatformError, match="out of order"):
        platform.start(said.append)
    platform.stop(said.append)
