"""Items of the inventory table: their keys, and what they hold."""

from collections.abc import Iterable
from typing import Final

from boto3.dynamodb.conditions import Attr, ConditionBase

from functions.inventory.domain import Layout, Portion, Reservation, ReservationState
from functions.shared.clock import from_millis
from functions.shared.writes import Item, Key

EXPIRY_SHARDS: Final = 16
"""Partitions of the index of holds: one takes 1,000 writes a second."""
METADATA: Final = "METADATA"


def partition(order_id: str) -> str:
    """The partition of an order's reservation."""
    return f"RESERVATION#{order_id}"


def reservation_key(order_id: str) -> Key:
    """The key of an order's reservation."""
    return Key(partition(order_id), METADATA)


def stock_key(sku: str, shard: int) -> Key:
    """The key of one shard of a SKU's stock."""
    return Key(f"STOCK#{sku}#{shard}", METADATA)


def sku_key(sku: str) -> Key:
    """The key of the item that says into how many shards a SKU's stock is split."""
    return Key(f"SKU#{sku}", METADATA)


def hold_partitions() -> list[str]:
    """All partitions of the index of holds, by when they expire."""
    return [f"HOLDS#{shard:02d}" for shard in range(EXPIRY_SHARDS)]


def layout_of(item: Item | None) -> Layout:
    """What the SKU's item says. A SKU without one has one shard, which may not exist."""
    if item is None:
        return Layout(1, 1)
    shards: int = item["shards"]
    return Layout(shards, item.get("widest", shards))


def same_shards(item: Item) -> ConditionBase:
    """No shard was opened since the SKU's item was read."""
    widest = Attr("widest")
    return widest.eq(item["widest"]) if "widest" in item else widest.not_exists()


def from_item(item: Item) -> Reservation:
    """The stored reservation."""
    return Reservation(
        order_id=item["PK"].removeprefix("RESERVATION#"),
        state=ReservationState(item["state"]),
        portions=_portions(item["portions"]),
        expires_at=from_millis(item["expiresAt"]),
        kept=_portions(item.get("kept", ())),
        returns=item.get("returns", 0),
    )


def _portions(stored: Iterable[Item]) -> tuple[Portion, ...]:
    return tuple(Portion(p["sku"], p["shard"], p["quantity"]) for p in stored)


def stored(portions: Iterable[Portion]) -> list[Item]:
    """What `from_item` reads again."""
    return [{"sku": p.sku, "shard": p.shard, "quantity": p.quantity} for p in portions]
