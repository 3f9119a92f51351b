"""Bring the items of a table to their current format, while the shop runs.

scripts/shop migrate                lists the migrations: which are done, what they are for
scripts/shop migrate NAME           rewrites the items that are of an earlier format

Readers take both formats, so nothing waits for this. It reads the whole table, at most --rate items
a second, again and again until a pass has found nothing left. Killed, it goes on where it was; what
others write meanwhile is never overwritten.
Exit code 1 if items of the old format are left.
"""

import argparse
import sys

from contracts.item_format import UnknownFormat
from functions.shared.dynamodb import DynamoDatabase
from scripts.kit.backfill import Backfill, Position, read_position
from scripts.kit.endpoints import Endpoints
from scripts.kit.migrations import MIGRATIONS, Migration
from scripts.kit.progress import Progress
from scripts.kit.stacks import load_endpoints
from scripts.kit.terminal import table

RATE = 500


def rate(text: str) -> int:
    """A number of items a second."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of items a second above 0")
    return int(text)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="of the migration")
    parser.add_argument("--rate", type=rate, default=RATE, help=f"items a second (default: {RATE})")


def run(args: argparse.Namespace) -> int:
    """Migrate the running platform; returns the exit code."""
    if args.name is not None and args.name not in MIGRATIONS:
        known = ", ".join(MIGRATIONS)
        print(f"There is no migration {args.name!r}; there are: {known}.", file=sys.stderr)
        return 2
    endpoints = load_endpoints()
    if args.name is None:
        return show_all(endpoints)
    return migrate(endpoints, MIGRATIONS[args.name], args.rate)


def show_all(endpoints: Endpoints) -> int:
    """Print every migration, and how far it is."""
    client = endpoints.clients().dynamodb
    database = DynamoDatabase(lambda: client)
    rows = [
        (
            one.name,
            one.table,
            told(read_position(database, endpoints.tables[one.table], one.name)),
            one.why,
        )
        for one in MIGRATIONS.values()
    ]
    print("\n".join(table(rows)))
    return 0


def told(position: Position) -> str:
    """How far a migration is, in words."""
    if position.done:
        return f"done {position.done:%Y-%m-%d %H:%M} UTC"
    if position == Position():
        return "not begun"
    return f"stopped in pass {position.passed + 1}, after {position.read} items"


def migrate(endpoints: Endpoints, migration: Migration, items_a_second: int) -> int:
    """Run one migration to its end; returns the exit code."""
    progress = Progress()
    work = migration.work(endpoints)
    client = endpoints.clients().dynamodb
    try:
        position = Backfill(client, work, rate=items_a_second, show=progress.show).run()
    except UnknownFormat as error:
        print(f"Not done: {error}, which this release cannot read.", file=sys.stderr)
        return 1
    finally:
        progress.clear()
    if position.done is None:
        print(
            f"{migration.name}: {position.total} items rewritten, and new ones of the old format"
            " keep appearing: is a release still running that writes it?",
            file=sys.stderr,
        )
        return 1
    print(
        f"{migration.name}: {position.total} items rewritten; 0 of {position.read} items read are"
        f" of an earlier format"
    )
    return 0
