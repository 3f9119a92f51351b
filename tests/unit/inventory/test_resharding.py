"""Splitting and merging: at every point between, each unit is there once and can be sold."""

from collections.abc import Sequence

import pytest

from contracts.errors import OutOfStock
from functions.inventory.domain import Layout, ReservationState
from functions.inventory.resharding import Resharding, UnknownSku
from functions.inventory.stock import Stock
from functions.inventory.store import InventoryWrites
from functions.shared.errors import Contended
from functions.shared.writes import Write
from tests.support.memory import MemoryDatabase
from tests.support.shop import INVENTORY, Shop


class Killed(Exception):
    """The operator's command died here."""


class Mortal(MemoryDatabase):
    """Kills who writes, before the write or after it."""

    def __init__(self, shop: Shop, *, before: int | None = None, after: int | None = None) -> None:
        super().__init__()
        self.tables = shop.database.tables
        self.before, self.after, self.writes = before, after, 0

    def transact(self, writes: Sequence[Write]) -> None:
        """See `Database.transact`."""
        self.writes += 1
        if self.writes == self.before:
            raise Killed
        super().transact(writes)
        if self.writes == self.after:
            raise Killed


def settle(resharding: Resharding, sku: str, shards: int) -> None:
    resharding.announce(sku, shards)
    for _ in range(100):
        if not resharding.move(sku):
            return
    raise AssertionError("never comes to rest")


def levels(shop: Shop, sku: str) -> dict[int, int]:
    return Stock(shop.database, INVENTORY).levels([sku])[sku]


def received(shop: Shop, sku: str) -> int:
    shelf = Stock(shop.database, INVENTORY).shelf(sku)
    return shelf.received if shelf else 0


def test_a_split_gives_every_shard_its_share(shop: Shop, resharding: Resharding) -> None:
    shop.stock("HOT", 20)
    settle(resharding, "HOT", 8)
    assert sorted(levels(shop, "HOT").values()) == [2, 2, 2, 2, 3, 3, 3, 3]
    assert received(shop, "HOT") == 20


def test_a_merge_leaves_nothing_on_the_others(shop: Shop, resharding: Resharding) -> None:
    shop.stock("HOT", 3, 2, 0, 5)
    settle(resharding, "HOT", 1)
    assert levels(shop, "HOT") == {0: 10, 1: 0, 2: 0, 3: 0}
    assert received(shop, "HOT") == 10


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("begin", "shards"), [((21,), 8), ((3, 2, 0, 5, 9, 1), 2)])
def test_killed_anywhere_it_leaves_every_unit_and_goes_on(
    begin: tuple[int, ...], shards: int, when: str
) -> None:
    for point in range(1, 12):
        shop = Shop()
        shop.stock("HOT", *begin)
        mortal = Mortal(shop, **{when: point})
        stock = Stock(mortal, INVENTORY)
        killed = Resharding(mortal, stock, InventoryWrites(INVENTORY))
        try:
            settle(killed, "HOT", shards)
        except Killed:
            assert sum(levels(shop, "HOT").values()) == sum(begin)
        else:
            assert point > 1, "no write was ever killed"
        order_id = shop.place(("HOT", sum(begin)))
        shop.run_all(order_id, "charge", "reserve")
        shop.run_all(order_id, "reject", "release")
        settle(
            Resharding(shop.database, Stock(shop.database, INVENTORY), killed.inventory),
            "HOT",
            shards,
        )
        after = levels(shop, "HOT")
        assert sum(after.values()) == sum(begin)
        assert not any(after[shard] for shard in range(shards, len(after)))


def test_units_come_back_to_a_shard_that_was_merged_away_and_are_sold(
    shop: Shop, resharding: Resharding
) -> None:
    shop.stock("HOT", 0, 0, 0, 1)
    one = shop.place(("HOT", 1))
    shop.run_all(one, "charge", "reserve")
    settle(resharding, "HOT", 1)
    shop.run_all(one, "reject", "release")
    assert levels(shop, "HOT")[3] == 1

    other = shop.place(("HOT", 1))
    shop.run_all(other, "charge", "reserve", "confirm")
    reservation = shop.reservation(other)
    assert reservation is not None
    assert reservation.state is ReservationState.COMMITTED
    with pytest.raises(OutOfStock, match="HOT"):
        shop.run_all(shop.place(("HOT", 1)), "charge", "reserve")


def test_a_buyer_who_remembers_one_shard_finds_the_units_on_the_others(
    shop: Shop, resharding: Resharding
) -> None:
    shop.stock("HOT", 16)
    shop.run_all(shop.place(("HOT", 1)), "charge", "reserve")  # remembers one shard
    settle(resharding, "HOT", 8)
    order_id = shop.place(("HOT", 15))
    shop.run_all(order_id, "charge", "reserve")
    reservation = shop.reservation(order_id)
    assert reservation is not None
    assert reservation.by_sku() == {"HOT": 15}


def test_the_moment_of_a_read_covers_shards_that_are_opened_meanwhile(shop: Shop) -> None:
    """Between the look at the layout and the look at the shards, half of the units move away."""
    shop.stock("HOT", 8)
    stock = Stock(shop.database, INVENTORY)
    stock.layouts(["HOT"])
    settle(
        Resharding(shop.database, Stock(shop.database, INVENTORY), InventoryWrites(INVENTORY)),
        "HOT",
        4,
    )
    assert stock.levels(["HOT"]) == {"HOT": {0: 2, 1: 2, 2: 2, 3: 2}}


def test_two_operators_end_at_the_layout_that_was_said_last(
    shop: Shop, resharding: Resharding
) -> None:
    shop.stock("HOT", 40)
    resharding.announce("HOT", 8)
    resharding.move("HOT")
    resharding.announce("HOT", 2)
    settle(resharding, "HOT", 2)
    assert Stock(shop.database, INVENTORY).layouts(["HOT"]) == {"HOT": Layout(2, 8)}
    assert levels(shop, "HOT") == {0: 20, 1: 20} | dict.fromkeys(range(2, 8), 0)


def test_a_layout_that_others_change_at_once_never_narrows(shop: Shop, stock: Stock) -> None:
    shop.stock("HOT", 4)
    rival = Resharding(shop.database, stock, InventoryWrites(INVENTORY))

    class Late(MemoryDatabase):
        def transact(self, writes: Sequence[Write]) -> None:
            """The rival splits and merges between this one's read and its write, once."""
            layout = shop.database.item(INVENTORY, writes[0].key)
            assert layout is not None
            if not layout.get("widest"):
                settle(rival, "HOT", 8)
                settle(rival, "HOT", 1)
            super().transact(writes)

    late = Late()
    late.tables = shop.database.tables
    Resharding(late, Stock(late, INVENTORY), InventoryWrites(INVENTORY)).announce("HOT", 2)
    assert Stock(shop.database, INVENTORY).layouts(["HOT"]) == {"HOT": Layout(2, 8)}


def test_a_layout_that_is_changed_all_the_time_is_given_up(shop: Shop) -> None:
    shop.stock("HOT", 4)

    class Restless(MemoryDatabase):
        def transact(self, writes: Sequence[Write]) -> None:
            """Somebody else is always faster."""
            item = shop.database.tables[INVENTORY][writes[0].key]
            item["shards"] += 1
            super().transact(writes)

    restless = Restless()
    restless.tables = shop.database.tables
    resharding = Resharding(restless, Stock(restless, INVENTORY), InventoryWrites(INVENTORY))
    with pytest.raises(Contended):
        resharding.announce("HOT", 32)


@pytest.mark.parametrize("shards", [-1, 0, 33])
def test_nonsense_is_refused_and_changes_nothing(
    shop: Shop, resharding: Resharding, shards: int
) -> None:
    shop.stock("HOT", 4)
    with pytest.raises(ValueError, match="1 to 32"):
        resharding.announce("HOT", shards)
    with pytest.raises(UnknownSku, match="COLD"):
        resharding.announce("COLD", 2)
    with pytest.raises(UnknownSku, match="COLD"):
        resharding.move("COLD")
    assert levels(shop, "HOT") == {0: 4}


def test_an_order_of_more_portions_than_a_transaction_takes_is_served(shop: Shop) -> None:
    skus = [f"SKU-{number}" for number in range(40)]
    for sku in skus:
        shop.stock(sku, 1, 1, 1)
    order_id = shop.place(*((sku, 3) for sku in skus))
    shop.run_all(order_id, "charge", "reserve", "confirm")
    reservation = shop.reservation(order_id)
    assert reservation is not None
    assert reservation.by_sku() == dict.fromkeys(skus, 3)
    assert len(reservation.portions) == 40
    assert {shop.available(sku) for sku in skus} == {0}
