"""One platform for all end-to-end tests: the deployed template, over HTTP, with real tokens.

It is brought up by the code behind `make run`, in a folder and on ports of its own, so that a
running platform beside it is not disturbed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.kit.clients import Clients
from scripts.kit.customer import Customer
from scripts.kit.endpoints import Endpoints
from scripts.kit.executions import Executions
from scripts.kit.records import Records
from scripts.local.bringup import bring_up
from scripts.local.platform import Platform
from scripts.local.ports import Ports
from tests.support.folders import own_folder
from tests.support.permissions import refused


@dataclass(frozen=True)
class Shop:
    """A deployed shop: its addresses, and how tests look behind its API."""

    endpoints: Endpoints
    clients: Clients
    records: Records
    executions: Executions
    platform: Platform
    calls: Path
    """What functions have asked of the cloud (`tests.support.permissions`)."""

    def story(self, order_id: str) -> str:
        """What is known of an order, for the message of a failed test."""
        steps = "\n".join(str(step) for step in self.executions.steps(order_id))
        return f"{self.records.order(order_id)}\n{steps}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What looks for grants that nobody has used comes last: then it has nearly nothing to do."""
    items.sort(key=lambda item: item.path.name == "test_least_privilege.py")


@pytest.fixture(scope="session")
def shop() -> Iterator[Shop]:
    """The shop, seeded; stopped and forgotten afterwards."""
    with own_folder("e2e") as folder:
        calls = folder / "calls"
        platform = Platform(folder, Ports.from_kernel(), {"SCHEDULES": "off"}, calls)
        said: list[str] = []
        try:
            endpoints = bring_up(platform, folder, said.append)
            clients = endpoints.clients()
            yield Shop(
                endpoints,
                clients,
                Records(endpoints, clients),
                Executions(endpoints, clients),
                platform,
                calls,
            )
            assert refused(calls) == [], "calls that prod would refuse"
        finally:
            orderly = platform.stop(said.append)
            log = platform.log_file("cloud").read_text(errors="replace")[-20_000:]
        assert orderly, "\n".join([*said, log])


@pytest.fixture(scope="session")
def ada(shop: Shop) -> Customer:
    """A customer."""
    return Customer(shop.endpoints, shop.endpoints.user("ada"))


@pytest.fixture(scope="session")
def linus(shop: Shop) -> Customer:
    """Another customer."""
    return Customer(shop.endpoints, shop.endpoints.user("linus"))


@pytest.fixture(scope="session")
def grace(shop: Shop) -> Customer:
    """An operator."""
    return Customer(shop.endpoints, shop.endpoints.user("grace"))
