"""Carts in Redis (Valkey), in cluster mode: scripts make each change atomic in one round trip.

All keys of one call share a hash tag, or a cluster refuses it: customers are spread over 256
buckets, each with an index of its carts by their last change. That finds idle carts without going
through the keyspace.
Source: "Redis cluster specification", hash tags; "Scripting with Lua".
"""

import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from redis.cluster import RedisCluster
from redis.exceptions import NoScriptError, RedisClusterException, RedisError, ResponseError

from contracts.cart_api import MAX_ITEMS
from contracts.orders_api import MAX_QUANTITY
from functions.carts.domain import (
    LIFETIME,
    Cart,
    CartFull,
    CartsUnavailable,
    IdleCart,
    ItemId,
    Merged,
    NotInCart,
    OrderedLines,
)
from functions.shared.clock import Clock, to_millis
from functions.shared.logs import count

BUCKETS: Final = 256

_COMMANDS: Final = ("read", "add", "change", "remove", "clear", "merge", "take", "forget")
_SOURCE: Final = Path(__file__).with_name("store.lua").read_text()
_SCRIPTS: Final = {name: f"{_SOURCE}\nreturn {name}(KEYS, ARGV)" for name in _COMMANDS}
_HASHES: Final = {
    name: hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()
    for name, script in _SCRIPTS.items()
}


class RedisCarts:
    """`Carts` and `IdleCarts` on Redis.

    Args:
        connect: gives the client, at the first call.
    """

    def __init__(self, connect: Callable[[], RedisCluster], now: Clock) -> None:
        self._connect = connect
        self._now = now

    def read(self, customer_id: str) -> Cart:
        """See `Carts.read`."""
        return self._cart(self._call("read", [_cart_key(customer_id)], [LIFETIME]))

    def add(self, customer_id: str, item: ItemId, quantity: int) -> Cart:
        """See `Carts.add`."""
        bounds = [MAX_ITEMS, MAX_QUANTITY]
        before, found = self._change("add", customer_id, [*bounds, str(item), quantity])
        return self._grown(before, found)

    def change(self, customer_id: str, item: ItemId, quantity: int) -> Cart:
        """See `Carts.change`."""
        return self._cart(self._change("change", customer_id, [str(item), quantity]))

    def remove(self, customer_id: str, item: ItemId) -> None:
        """See `Carts.remove`."""
        self._change("remove", customer_id, [str(item)])

    def clear(self, customer_id: str) -> None:
        """See `Carts.clear`."""
        self._change("clear", customer_id, [])

    def merge(self, customer_id: str, cart_id: str, items: Mapping[ItemId, int]) -> Merged:
        """See `Carts.merge`."""
        merged = [_key(customer_id, "merged")]
        arguments = [MAX_ITEMS, MAX_QUANTITY, cart_id, *_flat(items)]
        before, found, refused = self._change("merge", customer_id, arguments, merged)
        return Merged(self._grown(before, found), _items(refused))

    def take_ordered(self, customer_id: str, ordered: OrderedLines) -> bool:
        """See `Carts.take_ordered`."""
        arguments = [customer_id, ordered.order_id, to_millis(ordered.placed_at)]
        keys = [_cart_key(customer_id), _idle_key(_bucket(customer_id))]
        return bool(self._call("take", keys, [*arguments, *_flat(ordered.items)]))

    def idle(self, until: datetime, limit: int) -> Sequence[IdleCart]:
        """See `IdleCarts.idle`. Two round trips to each node, however many carts there are."""
        moment = to_millis(until)
        with _answering():
            client = self._connect()
            indexes = client.pipeline()
            for bucket in range(BUCKETS):
                indexes.zrange(
                    _idle_key(bucket),
                    "-inf",
                    str(moment),
                    byscore=True,
                    offset=0,
                    num=limit,
                    withscores=True,
                )
            due = [(user, int(score)) for found in indexes.execute() for user, score in found]
            carts = client.pipeline()
            for user, _ in due:
                carts.hgetall(_cart_key(user))
            contents = carts.execute() if due else []
        return [
            IdleCart(user, changed_at, _quantities(lines))
            for (user, changed_at), lines in zip(due, contents, strict=True)
        ]

    def forget(self, cart: IdleCart) -> None:
        """See `IdleCarts.forget`."""
        index = [_idle_key(_bucket(cart.customer_id))]
        self._call("forget", index, [cart.customer_id, cart.changed_at])

    def _change(
        self, command: str, customer_id: str, arguments: list[Any], more_keys: Sequence[str] = ()
    ) -> Any:
        keys = [_cart_key(customer_id), _idle_key(_bucket(customer_id)), *more_keys]
        common = [customer_id, to_millis(self._now()), LIFETIME]
        return self._call(command, keys, [*common, *arguments])

    def _call(self, command: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """One script: by its hash, with its text only where a node does not know it yet."""
        with _answering():
            client = self._connect()
            try:
                return client.evalsha(_HASHES[command], len(keys), *keys, *arguments)
            except NoScriptError:
                return client.eval(_SCRIPTS[command], len(keys), *keys, *arguments)

    def _cart(self, found: Sequence[Any]) -> Cart:
        items = _items(found)
        return Cart(items, self._now() + timedelta(seconds=LIFETIME) if items else None)

    def _grown(self, before: int, found: Sequence[Any]) -> Cart:
        cart = self._cart(found)
        if cart.items and not before:
            count("CartsStarted")
        return cart


@contextmanager
def _answering() -> Iterator[None]:
    """Redis' errors in the words of the domain."""
    try:
        yield
    except ResponseError as error:
        refusal, _, field = str(error).partition(" ")
        if refusal == "FULL":
            raise CartFull(field) from error
        if refusal == "ABSENT":
            raise NotInCart from error
        raise CartsUnavailable(refusal) from error
    except (RedisError, RedisClusterException) as error:
        raise CartsUnavailable(type(error).__name__) from error


def _bucket(customer_id: str) -> int:
    return zlib.crc32(customer_id.encode()) % BUCKETS


def _key(customer_id: str, kind: str) -> str:
    return f"{{{_bucket(customer_id)}}}:{kind}:{customer_id}"


def _cart_key(customer_id: str) -> str:
    return _key(customer_id, "cart")


def _idle_key(bucket: int) -> str:
    return f"{{{bucket}}}:idle"


def _flat(items: Mapping[ItemId, int]) -> list[Any]:
    return [part for item, quantity in items.items() for part in (str(item), quantity)]


def _items(flat: Sequence[Any]) -> dict[ItemId, int]:
    return _by_id(zip(flat[::2], map(int, flat[1::2]), strict=True))


def _quantities(lines: Mapping[str, str]) -> dict[ItemId, int]:
    """Of lines as they are stored; see `store.lua`."""
    return _by_id(
        (text, sum(quantity for _, quantity in json.loads(line)["lots"]))
        for text, line in lines.items()
    )


def _by_id(pairs: Iterable[tuple[str, int]]) -> dict[ItemId, int]:
    named = ((ItemId.parse(text), quantity) for text, quantity in pairs)
    return dict(sorted((item, quantity) for item, quantity in named if item is not None))
