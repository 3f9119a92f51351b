"""One embedded cloud for all integration tests."""

from collections.abc import Iterator

import pytest

from tests.support.emulator import Emulator, emulator_process


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """The embedded cloud, on a port of its own, gone afterwards."""
    with emulator_process("integration") as running:
        yield running
