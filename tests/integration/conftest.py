"""One embedded cloud for all integration tests, and one proxy that refuses overlapping writes."""

from collections.abc import Iterator
from typing import Any

import pytest

from functions.shared.dynamodb import DynamoDatabase
from tests.support.conflict_proxy import ConflictProxy, conflict_proxy
from tests.support.emulator import Emulator, emulator_process
from tests.support.shop import CATALOG, INVENTORY, ORDERS
from tests.support.tables import create_table


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


@pytest.fixture(scope="session")
def database(emulator: Emulator, conflicting: Any) -> DynamoDatabase:
    """The shop's tables behind that; each test uses ids of its own."""
    client = emulator.client("dynamodb")
    for table, indexes in ((ORDERS, ["GSI1", "GSI2"]), (INVENTORY, ["GSI1"]), (CATALOG, ["GSI1"])):
        create_table(client, table, *indexes)
    return DynamoDatabase(lambda: conflicting)
