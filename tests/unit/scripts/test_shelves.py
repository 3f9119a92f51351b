"""Counting stock while orders run: what does not add up is counted again, standing still."""

from collections.abc import Collection, Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from functions.inventory.items import stock_key
from scripts.kit import shelves
from scripts.kit.clients import Clients
from scripts.kit.endpoints import Endpoints
from scripts.kit.shelves import Count, Shelves
from tests.support.memory import MemoryDatabase

TABLE = "inventory"


def stock(available: int) -> dict[str, Any]:
    """The one shard of S, of which five were received."""
    return {**stock_key("S", 0)._asdict(), "available": available, "received": 5}


def hold(order_id: str, quantity: int) -> dict[str, Any]:
    """A live reservation of S."""
    return {
        "PK": f"RESERVATION#{order_id}",
        "SK": "METADATA",
        "state": "HELD",
        "portions": [{"sku": "S", "shard": 0, "quantity": quantity}],
        "expiresAt": 0,
    }


class World:
    """An inventory of which each scan sees the next of several moments, the last for ever."""

    def __init__(self, *moments: list[dict[str, Any]]) -> None:
        self.moments = list(moments)
        self.scans = 0
        self.database = MemoryDatabase()
        self._store(self.moments[0])

    def scan(self, _client: Any, _table: str) -> Iterator[dict[str, Any]]:
        self.scans += 1
        seen = self.moments.pop(0) if len(self.moments) > 1 else self.moments[0]
        yield from seen
        self._store(self.moments[0])

    def _store(self, items: list[dict[str, Any]]) -> None:
        for item in items:
            if item["PK"].startswith("STOCK#"):
                rest = {"available": item["available"], "received": item["received"]}
                self.database.put(TABLE, stock_key("S", 0), rest)


def count(
    monkeypatch: pytest.MonkeyPatch, world: World, orders: Collection[str] = ("a", "b")
) -> Count:
    """What is counted in a world in which some orders exist."""
    monkeypatch.setattr(shelves, "scan", world.scan)
    endpoints = cast("Endpoints", SimpleNamespace(tables={"inventory": TABLE}))
    clients = cast("Clients", SimpleNamespace(dynamodb=None))
    counting = Shelves(endpoints, clients, lambda asked: set(asked) & set(orders))
    monkeypatch.setattr(counting, "_database", world.database)
    return counting.count()


def test_what_adds_up_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World([stock(3), hold("a", 2)])
    assert count(monkeypatch, world) == Count(1, {}, (), ())
    assert world.scans == 1


def test_what_never_adds_up_is_a_breach(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World([stock(2), hold("a", 2)])
    found = count(monkeypatch, world)
    (breach,) = found.breaches["S"]
    assert breach.words == "S: (2,) left and 2 taken of 5"
    assert world.scans == 3


def test_a_scan_of_two_moments_is_no_breach(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World([stock(3), hold("a", 2), hold("b", 1)], [stock(2), hold("a", 2), hold("b", 1)])
    assert count(monkeypatch, world) == Count(1, {}, (), ())


def test_what_moves_all_the_time_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = [[stock(units), hold("a", 1)] for units in (1, 2, 3, 1, 2, 3, 1, 2, 3)]
    found = count(monkeypatch, World(*moments))
    assert (found.breaches, found.moving) == ({}, ("S",))


def test_a_hold_whose_order_does_not_exist_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World([stock(2), hold("a", 2), hold("gone", 1)])
    assert count(monkeypatch, world).orphans == ("gone",)
