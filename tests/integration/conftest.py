"""One embedded cloud for all integration tests, and one proxy that refuses overlapping writes."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.conflict_proxy import ConflictProxy, conflict_proxy
from tests.support.emulator import Emulator, emulator_process


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """The embedded cloud, on a port of its own, gone afterwards."""
    with emulator_process("integration") as running:
        yield running


@pytest.fixture(scope="session")
def proxy(emulator: Emulator) -> Iterator[ConflictProxy]:
    """Its DynamoDB with transaction conflicts."""
    with conflict_proxy(emulator.url) as running:
        yield running


@pytest.fixture(scope="session")
def conflicting(emulator: Emulator, proxy: ConflictProxy) -> Iterator[Any]:
    """A client of that."""
    client = emulator.client("dynamodb", url=proxy.url)
    yield client
    client.close()
