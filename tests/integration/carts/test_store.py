"""What a cart holds, on a real server."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.cluster import RedisCluster

from contracts.cart_api import MAX_ITEMS
from contracts.orders_api import MAX_QUANTITY
from functions.carts.domain import LIFETIME, CartFull, IdleCart, ItemId, NotInCart, OrderedLines
from functions.carts.store import RedisCarts
from tests.integration.carts.conftest import SettableClock
from tests.support.valkey import Valkey

MUG = ItemId("mug", "blue")
LAMP = ItemId("lamp", "oak")


def _ordered(order_id: str, placed_at: datetime, **quantities: int) -> OrderedLines:
    items = {"mug": MUG, "lamp": LAMP}
    return OrderedLines(order_id, placed_at, {items[name]: n for name, n in quantities.items()})


def test_a_cart_holds_what_was_added_changed_and_not_removed(
    carts: RedisCarts, customer: str
) -> None:
    carts.add(customer, MUG, 2)
    carts.add(customer, MUG, 3)
    carts.add(customer, LAMP, 1)
    assert carts.read(customer).items == {LAMP: 1, MUG: 5}
    assert carts.change(customer, MUG, 1).items == {LAMP: 1, MUG: 1}
    carts.remove(customer, LAMP)
    carts.remove(customer, LAMP)
    assert carts.read(customer).items == {MUG: 1}
    carts.clear(customer)
    assert carts.read(customer).items == {}
    assert carts.read(customer).expires_at is None


def test_what_is_not_in_the_cart_cannot_be_changed(carts: RedisCarts, customer: str) -> None:
    with pytest.raises(NotInCart):
        carts.change(customer, MUG, 1)
    assert carts.read(customer).items == {}


def test_bounds_are_kept_and_a_refused_change_changes_nothing(
    carts: RedisCarts, customer: str
) -> None:
    carts.add(customer, MUG, MAX_QUANTITY)
    with pytest.raises(CartFull) as too_many:
        carts.add(customer, MUG, 1)
    assert too_many.value.field == "quantity"
    for number in range(MAX_ITEMS - 1):
        carts.add(customer, ItemId("mug", f"v{number}"), 1)
    with pytest.raises(CartFull) as too_long:
        carts.add(customer, LAMP, 1)
    assert too_long.value.field == "items"
    held = carts.read(customer).items
    assert len(held) == MAX_ITEMS
    assert held[MUG] == MAX_QUANTITY


def test_a_cart_lives_seven_days_from_its_last_use(
    carts: RedisCarts, client: RedisCluster, customer: str
) -> None:
    carts.add(customer, MUG, 1)
    (key,) = client.keys(f"*:cart:{customer}")
    client.expire(key, 60)
    carts.read(customer)
    assert LIFETIME - 60 < client.ttl(key) <= LIFETIME
    client.expire(key, 60)
    carts.change(customer, MUG, 2)
    assert LIFETIME - 60 < client.ttl(key) <= LIFETIME
    assert timedelta(days=7).total_seconds() == LIFETIME


def test_no_update_of_eight_writers_is_lost(server: Valkey, clock: SettableClock) -> None:
    """4,000 changes of one cart: what a read, a change and a write back would lose."""
    counted = [ItemId("lamp", f"v{number}") for number in range(MAX_ITEMS)]

    def add(writer: int) -> None:
        client = server.client()
        carts = RedisCarts(lambda: client, clock)
        for number in range(500):
            carts.add(f"busy-{number % 2}", counted[(number // 2) % len(counted)], 1)
        client.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(8)))
    client = server.client()
    carts = RedisCarts(lambda: client, clock)
    held = [sum(carts.read(f"busy-{cart}").items.values()) for cart in range(2)]
    client.close()
    assert held == [2000, 2000]


def test_a_change_is_one_round_trip(
    carts: RedisCarts, client: RedisCluster, customer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    carts.add(customer, MUG, 1)
    carts.change(customer, MUG, 2)
    carts.merge(customer, "guest", {LAMP: 1})
    sent: list[str] = []
    execute: Any = client.execute_command

    def counted(*args: object, **options: object) -> object:
        sent.append(str(args[0]))
        return execute(*args, **options)

    monkeypatch.setattr(client, "execute_command", counted)
    carts.add(customer, MUG, 1)
    carts.change(customer, MUG, 2)
    carts.merge(customer, "other guest", {LAMP: 1})
    assert sent == ["EVALSHA"] * 3


def test_a_guest_cart_is_taken_over_once(carts: RedisCarts, customer: str) -> None:
    carts.add(customer, MUG, 1)
    for _ in range(3):
        merged = carts.merge(customer, "guest", {MUG: 2, LAMP: 1})
        assert merged.cart.items == {MUG: 3, LAMP: 1}
        assert merged.refused == {}
    carts.clear(customer)
    assert carts.merge(customer, "guest", {MUG: 2}).cart.items == {}
    assert carts.merge(customer, "another", {MUG: 2}).cart.items == {MUG: 2}


def test_a_merge_takes_what_fits_and_names_the_rest(carts: RedisCarts, customer: str) -> None:
    carts.add(customer, MUG, MAX_QUANTITY - 1)
    for number in range(MAX_ITEMS - 2):
        carts.add(customer, ItemId("mug", f"v{number}"), 1)
    merged = carts.merge(customer, "guest", {MUG: 3, LAMP: 1, ItemId("lamp", "ash"): 2})
    assert merged.cart.items[MUG] == MAX_QUANTITY
    assert merged.cart.items[LAMP] == 1
    assert merged.refused == {MUG: 2, ItemId("lamp", "ash"): 2}


class TestOrderedLines:
    """What an order took leaves the cart, and nothing else."""

    def test_only_what_was_added_before_the_order_leaves(
        self, carts: RedisCarts, clock: SettableClock, customer: str
    ) -> None:
        carts.add(customer, MUG, 2)
        placed = clock.pass_time(minutes=1)
        clock.pass_time(minutes=1)
        carts.add(customer, MUG, 3)
        carts.add(customer, LAMP, 1)
        assert carts.take_ordered(customer, _ordered("o1", placed, mug=2, lamp=1))
        assert carts.read(customer).items == {LAMP: 1, MUG: 3}

    def test_an_event_that_comes_again_takes_nothing_more(
        self, carts: RedisCarts, clock: SettableClock, customer: str
    ) -> None:
        carts.add(customer, MUG, 5)
        placed = clock.pass_time(minutes=1)
        for expected in (True, False, False):
            assert carts.take_ordered(customer, _ordered("o1", placed, mug=2)) is expected
        assert carts.read(customer).items == {MUG: 3}

    def test_a_reduced_line_keeps_what_the_order_may_take(
        self, carts: RedisCarts, clock: SettableClock, customer: str
    ) -> None:
        carts.add(customer, MUG, 2)
        placed = clock.pass_time(minutes=1)
        clock.pass_time(minutes=1)
        carts.add(customer, MUG, 3)
        carts.change(customer, MUG, 3)
        carts.take_ordered(customer, _ordered("o1", placed, mug=2))
        assert carts.read(customer).items == {MUG: 1}

    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(events=st.permutations(["o1", "o2", "o3", "o1", "o2", "o3"]))
    def test_any_order_of_events_leaves_the_same_cart(
        self,
        carts: RedisCarts,
        clock: SettableClock,
        customer: str,
        events: Sequence[str],
    ) -> None:
        carts.clear(customer)
        placed = {}
        for order in ("o1", "o2", "o3"):
            clock.pass_time(minutes=1)
            carts.add(customer, MUG, 3)
            placed[order] = clock.pass_time(minutes=1)
        clock.pass_time(minutes=1)
        carts.add(customer, MUG, 1)
        for order in events:
            carts.take_ordered(customer, _ordered(order, placed[order], mug=2))
        assert carts.read(customer).items == {MUG: 4}


class TestIdleCarts:
    """Carts that nobody changes are found without going through all of them."""

    def _idle(self, carts: RedisCarts, until: datetime, customer: str) -> list[IdleCart]:
        return [cart for cart in carts.idle(until, 1000) if cart.customer_id == customer]

    def test_a_cart_is_idle_from_its_last_change(
        self, carts: RedisCarts, clock: SettableClock, customer: str
    ) -> None:
        began = clock()
        carts.add(customer, MUG, 2)
        changed = clock.pass_time(hours=1)
        carts.add(customer, LAMP, 1)
        clock.pass_time(hours=1)
        carts.read(customer)
        assert self._idle(carts, began, customer) == []
        (cart,) = self._idle(carts, changed, customer)
        assert cart.items == {MUG: 2, LAMP: 1}

    def test_one_that_was_reported_is_idle_no_more_until_it_is_changed(
        self, carts: RedisCarts, clock: SettableClock, customer: str
    ) -> None:
        carts.add(customer, MUG, 2)
        (cart,) = self._idle(carts, clock(), customer)
        carts.forget(cart)
        assert self._idle(carts, clock(), customer) == []
        clock.pass_time(hours=1)
        carts.add(customer, MUG, 1)
        assert len(self._idle(carts, clock(), customer)) == 1

    def test_one_that_changes_while_it_is_reported_stays(
        self, carts: RedisCarts, clock: SettableClock, customer: str
    ) -> None:
        carts.add(customer, MUG, 2)
        (cart,) = self._idle(carts, clock(), customer)
        clock.pass_time(seconds=1)
        carts.add(customer, MUG, 1)
        carts.forget(cart)
        assert len(self._idle(carts, clock(), customer)) == 1

    @pytest.mark.parametrize("end", ["removed", "cleared", "ordered"])
    def test_an_empty_cart_is_never_idle(
        self, carts: RedisCarts, clock: SettableClock, customer: str, end: str
    ) -> None:
        carts.add(customer, MUG, 2)
        if end == "removed":
            carts.remove(customer, MUG)
        elif end == "cleared":
            carts.clear(customer)
        else:
            carts.take_ordered(customer, _ordered("o1", clock(), mug=2))
        assert self._idle(carts, clock(), customer) == []
