"""The stock of a SKU, shard by shard.

While orders run, the shards are not all of one moment. `scripts/shop audit` adds everything up.
"""

import argparse
import sys

from contracts.ids import is_sku
from functions.inventory.stock import Shelf, Stock
from functions.shared.dynamodb import DynamoDatabase
from scripts.kit.stacks import load_endpoints
from scripts.kit.terminal import fact, heading, table


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("sku", metavar="SKU", help="as the catalog names it, e.g. HEB-250G")


def run(args: argparse.Namespace) -> int:
    """Print the stock; exit code 1 for a SKU of which there is none, 2 for what is no SKU."""
    if not is_sku(args.sku):
        print(not_a_sku(args.sku), file=sys.stderr)
        return 2
    endpoints = load_endpoints()
    clients = endpoints.clients()
    stock = Stock(DynamoDatabase(lambda: clients.dynamodb), endpoints.tables["inventory"])
    shelf = stock.shelf(args.sku)
    if shelf is None:
        print(never_received(args.sku), file=sys.stderr)
        return 1
    show(args.sku, shelf)
    return 0


def not_a_sku(text: str) -> str:
    """What to say of what cannot be a SKU."""
    return f"{text!r} is no SKU: those are capitals, digits and hyphens, like HEB-250G."


def never_received(sku: str) -> str:
    """What to say of a SKU without stock."""
    return f"Nothing was ever received of {sku}."


def show(sku: str, shelf: Shelf) -> None:
    """Print units and shards."""
    left = sum(shelf.available.values())
    heading(f"Stock of {sku}")
    fact("left", f"{left} of {shelf.received} received; {shelf.received - left} held or sold")
    fact("shards", str(shelf.layout.shards))
    rows = [
        (f"shard {shard}", str(units), "" if shard < shelf.layout.shards else "merged away")
        for shard, units in shelf.available.items()
    ]
    print("\n".join(table(rows)))
