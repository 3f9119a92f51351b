"""Remove addresses that have been kept long enough, from the orders of everybody.

scripts/shop retain                        as long as the shop has decided: contracts/retention.py
scripts/shop retain --older-than DAYS      another age of orders

It reads the whole table of orders, at most --rate items a second; killed, it goes on where it was.
An order that still has to be shipped keeps its address. Run it every month.
Exit code 1 if it could not be finished.
"""

import argparse
import sys
from datetime import datetime, timedelta
from typing import Final

from boto3.dynamodb.conditions import Attr

from contracts.retention import ADDRESSES, BOOKS_NEED_ADDRESSES
from functions.orders.erasure import StillNeeded, done_with, erase_order
from functions.shared.clock import to_millis, utc_now
from scripts.kit.accounts import METADATA
from scripts.kit.backfill import Backfill, Work
from scripts.kit.endpoints import Endpoints
from scripts.kit.progress import Progress
from scripts.kit.stacks import load_endpoints
from scripts.ops.migrate import RATE, rate

NAME: Final = "addresses"
LEAST: Final = BOOKS_NEED_ADDRESSES.days


def days(text: str) -> int:
    """A number of days."""
    if not text.isascii() or not text.isdigit() or int(text) < max(1, LEAST):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days from {max(1, LEAST)} on")
    return int(text)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--older-than",
        type=days,
        default=ADDRESSES.days,
        metavar="DAYS",
        help=f"default: {ADDRESSES.days}",
    )
    parser.add_argument("--rate", type=rate, default=RATE, help=f"items a second (default: {RATE})")


def run(args: argparse.Namespace) -> int:
    """Remove on the running platform; returns the exit code."""
    placed_before = utc_now() - timedelta(days=args.older_than)
    return retain(load_endpoints(), placed_before, args.rate)


def work(table: str, placed_before: datetime) -> Work:
    """Orders that are done with, were placed before that moment, and have their address."""
    which = (
        Attr("SK").eq(METADATA)
        & Attr("address").exists()
        & Attr("createdAt").lt(to_millis(placed_before))
        & done_with()
    )
    return Work(
        NAME,
        table,
        which,
        lambda item: erase_order(table, item["PK"].removeprefix("ORDER#")),
        overtaken=StillNeeded,
    )


def retain(endpoints: Endpoints, placed_before: datetime, items_a_second: int) -> int:
    """Remove the addresses of a stage's orders; returns the exit code."""
    progress = Progress()
    client = endpoints.clients().dynamodb
    todo = work(endpoints.tables["orders"], placed_before)
    try:
        position = Backfill(client, todo, rate=items_a_second, show=progress.show).run()
    finally:
        progress.clear()
    if position.done is None:
        print(f"{position.total} addresses removed, not all: run it again.", file=sys.stderr)
        return 1
    print(f"{position.total} addresses removed of orders placed before {placed_before:%Y-%m-%d}")
    return 0
