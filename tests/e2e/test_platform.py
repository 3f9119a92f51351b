"""The platform's processes: started, killed, started again, stopped; never two commands at once."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.local.platform import Platform, PlatformError
from scripts.local.ports import HOST, PortError, Ports
from scripts.local.processes import identity_of
from scripts.local.services import Service
from tests.support.folders import own_folder

DEADLINE = 30.0


class WithoutSearch(Platform):
    """The platform without what it can do without, which takes longest to start."""

    @property
    def services(self) -> tuple[Service, ...]:
        return tuple(service for service in super().services if service.proof is None)


@pytest.fixture
def folder() -> Iterator[Path]:
    """The folder of a platform, forgotten afterwards."""
    with own_folder("platform") as made:
        yield made


@pytest.fixture
def whole_platform(folder: Path) -> Iterator[Platform]:
    """A platform that nothing is deployed on, stopped afterwards."""
    made = Platform(folder, Ports.from_kernel())
    yield made
    made.stop(lambda _: None)


@pytest.fixture
def platform(folder: Path) -> Iterator[Platform]:
    """A platform without search that nothing is deployed on, stopped afterwards."""
    made = WithoutSearch(folder, Ports.from_kernel())
    yield made
    made.stop(lambda _: None)


def test_it_starts_once_stops_and_leaves_no_process_and_no_temporary_file(
    whole_platform: Platform,
) -> None:
    said: list[str] = []
    whole_platform.start(said.append)
    records = [whole_platform.record(service.name) for service in whole_platform.services]
    whole_platform.start(said.append)
    assert [whole_platform.record(service.name) for service in whole_platform.services] == records
    assert whole_platform.stop(said.append)
    for record in records:
        assert record is not None
        assert identity_of(record.pid) is None
        with pytest.raises(ProcessLookupError):
            os.killpg(record.pid, 0)
    assert not [file for file in whole_platform.folder.rglob("tmp") if file.exists()]
    assert whole_platform.running_ports() is None


def test_after_a_kill_it_comes_up_again_and_says_what_was_lost(platform: Platform) -> None:
    platform.start(lambda _: None)
    kill(platform, "cloud")
    said: list[str] = []
    platform.start(said.append)
    assert any("its local data is lost" in line for line in said)
    platform.save()
    kill(platform, "cloud")
    said.clear()
    platform.start(said.append)
    assert any("Local data written after" in line for line in said)
    kill(platform, "payments")
    said.clear()
    platform.start(said.append)
    assert any("nothing is lost" in line for line in said)


def kill(platform: Platform, name: str) -> None:
    """End a service as a crash would."""
    record = platform.record(name)
    assert record is not None
    os.kill(record.pid, signal.SIGKILL)
    deadline = time.monotonic() + DEADLINE
    while record.alive:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_platform_that_is_moved_while_it_runs_is_begun_anew_where_it_is(
    platform: Platform,
) -> None:
    platform.start(lambda _: None)
    platform.save()
    left = platform.folder.rename(platform.folder.with_name(f"{platform.folder.name}-moved"))
    moved = WithoutSearch(left, platform.ports)
    try:
        said: list[str] = []
        moved.start(said.append)
        assert any("former place" in line for line in said)
        assert any("Local data written after" in line for line in said)
        assert not platform.folder.exists()
    finally:
        moved.stop(lambda _: None)
        left.rename(platform.folder)
        for child in platform._children.values():
            child.wait()


def test_a_port_that_is_taken_is_said_in_one_sentence(platform: Platform) -> None:
    with socket.socket() as other:
        other.bind((HOST, platform.ports.cloud))
        other.listen()
        with pytest.raises(PortError, match=r"SHOP_PORT_BASE=\d+ make run"):
            platform.start(lambda _: None)


def test_a_second_command_is_refused_while_one_is_at_work(platform: Platform) -> None:
    beside = Platform(platform.folder, platform.ports)
    refused = pytest.raises(PlatformError, match=f"process {os.getpid()}")
    with platform.lock(), refused, beside.lock():
        pass
    with beside.lock():
        pass
