"""One Valkey for all tests of carts; every test has customers of its own."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from redis.cluster import RedisCluster

from functions.carts.store import RedisCarts
from tests.support.valkey import Valkey, valkey_server

_numbers = count(1)


class SettableClock:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 2, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def pass_time(self, **amount: float) -> datetime:
        """Moves on, and says what time it is then."""
        self.moment += timedelta(**amount)
        return self.moment


@pytest.fixture(scope="package")
def server() -> Iterator[Valkey]:
    """A Valkey, gone afterwards."""
    with valkey_server() as running:
        yield running


@pytest.fixture(scope="package")
def client(server: Valkey) -> Iterator[RedisCluster]:
    """A client, used by one thread."""
    opened = server.client()
    yield opened
    opened.close()


@pytest.fixture
def clock() -> SettableClock:
    """The store's clock."""
    return SettableClock()


@pytest.fixture
def carts(client: RedisCluster, clock: SettableClock) -> RedisCarts:
    """The store."""
    return RedisCarts(lambda: client, clock)


@pytest.fixture
def customer() -> str:
    """A customer whom no other test has."""
    return f"customer-{threading.get_ident()}-{next(_numbers)}"
