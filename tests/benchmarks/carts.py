"""A change of a cart: how often it asks Redis, counted at the client of a real server."""

import contextlib
import io
import time
from collections.abc import Iterator
from typing import Any, Final
from unittest.mock import patch

from functions.carts.domain import ItemId
from functions.carts.store import RedisCarts
from functions.shared.clock import utc_now
from tests.benchmarks.report import Row, middle
from tests.support.valkey import valkey_server

CHANGES: Final = 200
_MUG: Final = ItemId("mug", "blue")


def rows() -> Iterator[Row]:
    """Additions, changes of a quantity and mergers of guests' carts, once the server is warm."""
    with valkey_server() as server:
        client = server.client()
        carts = RedisCarts(lambda: client, utc_now)
        _change(carts, "warm")
        with (
            patch.object(client, "execute_command", wraps=client.execute_command) as asked,
            # The functions' metrics go to their log, which nobody reads here.
            contextlib.redirect_stdout(io.StringIO()),
        ):
            seconds = [_change(carts, str(number)) for number in range(CHANGES)]
        client.close()
    trips = asked.call_count / (3 * CHANGES)
    yield Row(
        "round trips of a cart's change",
        f"{trips:g} ({middle(seconds) / 3 * 1000:.2f} ms)",
        "goal 1",
        trips,
        trips == 1,
        counted=True,
    )


def _change(carts: Any, name: str) -> float:
    """One change of each kind; seconds."""
    began = time.perf_counter()
    carts.add(f"customer-{name}", _MUG, 1)
    carts.change(f"customer-{name}", _MUG, 2)
    carts.merge(f"customer-{name}", f"guest-{name}", {_MUG: 1})
    return time.perf_counter() - began
