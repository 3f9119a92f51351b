"""One embedded cloud for all integration tests."""

from collections.abc import Iterator

import pytest

from tests.support.emulator import Emulator, launched


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """The embedded cloud, on a port of its own, gone afterwards."""
    with launched("integration") as running:
        yield running
