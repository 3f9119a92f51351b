"""Split or merge the stock of a SKU, so that more orders can take from it at once.

scripts/shop shards SKU N              its stock stands on N shards from now on

One shard serves some 50 to 100 reservations a second; split a SKU before it is advertised. Orders
may run meanwhile: nothing is lost or sold twice, and no buyer is told that it is sold out while
there are units. Interrupted anywhere, the same command goes on. Functions that remember the old
number try the new shards within half a minute.

Exit code 1 if units are left to be moved when the waiting ends; 2 for what makes no sense.
"""

import argparse
import sys
import time
from collections.abc import Callable
from typing import Final

from contracts.ids import is_sku
from contracts.inventory_api import MAX_SHARDS
from functions.inventory.resharding import Resharding, UnknownSku
from functions.inventory.stock import Stock
from functions.inventory.store import InventoryWrites
from functions.shared.dynamodb import DynamoDatabase
from functions.shared.errors import RetryableError
from scripts.kit.progress import Progress
from scripts.kit.stacks import load_endpoints
from scripts.ops.stock import never_received, not_a_sku, show

WAIT: Final = 120.0  # seconds


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("sku", metavar="SKU", help="as the catalog names it, e.g. HEB-250G")
    parser.add_argument("shards", metavar="N", help=f"how many shards: 1 to {MAX_SHARDS}")
    parser.add_argument(
        "--wait", type=float, default=WAIT, metavar="SECONDS", help="at most (default: 120)"
    )


def run(args: argparse.Namespace) -> int:
    """Split or merge; returns the exit code."""
    nonsense = _nonsense(args)
    if nonsense:
        print(nonsense, file=sys.stderr)
        return 2
    endpoints = load_endpoints()
    clients = endpoints.clients()
    database = DynamoDatabase(lambda: clients.dynamodb)
    stock = Stock(database, endpoints.tables["inventory"])
    resharding = Resharding(database, stock, InventoryWrites(stock.table))
    return reshard(resharding, args.sku, int(args.shards), args.wait)


def _nonsense(args: argparse.Namespace) -> str | None:
    """What makes no sense about the arguments, in a sentence."""
    if not is_sku(args.sku):
        return not_a_sku(args.sku)
    try:
        shards = int(args.shards)
    except ValueError:
        return f"N is a whole number of shards, not {args.shards!r}."
    if not 1 <= shards <= MAX_SHARDS:
        return f"A SKU has 1 to {MAX_SHARDS} shards, not {shards}."
    if not args.wait > 0:
        return f"--wait is a number of seconds above 0, not {args.wait:g}."
    return None


def reshard(
    resharding: Resharding,
    sku: str,
    shards: int,
    wait: float,
    monotonic: Callable[[], float] = time.monotonic,
) -> int:
    """Split or merge on a stage; returns the exit code."""
    progress, until = Progress(), monotonic() + wait
    try:
        resharding.announce(sku, shards)
        while left := resharding.move(sku):
            progress.show(f"{sku}: {left} units still to be moved")
            if monotonic() > until:
                progress.clear()
                print(f"{left} units of {sku} are still to be moved: {AGAIN}", file=sys.stderr)
                return 1
    except UnknownSku:
        print(never_received(sku), file=sys.stderr)
        return 1
    except RetryableError as error:
        progress.clear()
        print(f"{str(error).capitalize()}: {AGAIN}", file=sys.stderr)
        return 1
    progress.clear()
    shelf = resharding.stock.shelf(sku)
    if shelf is not None:
        show(sku, shelf)
    return 0


AGAIN: Final = "run the same command again, it goes on."
