"""Rebuild the search index from the catalog, or compare the two.

scripts/shop reindex           builds a new index and has it searched, while products change
scripts/shop reindex --check   says in what index and catalog do not agree

Search answers all the while. Killed half-way, what is searched is as it was; run it again, it
removes what was left. A second one at the same time is refused.
Exit code 1 if it could not be done, or if index and catalog do not agree.
"""

import argparse
import sys

from opensearchpy.exceptions import ConnectionError as NoConnection
from opensearchpy.exceptions import OpenSearchException

from functions.search.engine import SearchUnavailable
from scripts.kit.endpoints import Endpoints
from scripts.kit.engine import OPERATOR, engine_of
from scripts.kit.products import CatalogProducts
from scripts.kit.progress import Progress
from scripts.kit.reindexing import differences, rebuild
from scripts.kit.search_index import Lease, ReindexBusy, ReindexError, SearchIndexes
from scripts.kit.stacks import load_endpoints

TIMEOUT = 60.0  # seconds that the engine is waited for
SHOWN = 50


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--check", action="store_true", help="only compare index and catalog")


def run(args: argparse.Namespace) -> int:
    """Rebuild or compare on the running platform; returns the exit code."""
    endpoints = load_endpoints()
    client = engine_of(endpoints, TIMEOUT)
    catalog = CatalogProducts(endpoints.clients().dynamodb, endpoints.tables["catalog"])
    try:
        if args.check:
            return check(SearchIndexes(client), catalog)
        return reindex(SearchIndexes(client), catalog, Lease(client))
    except NoConnection as error:
        print(f"Not done: {_unreachable(endpoints, error)}", file=sys.stderr)
        return 1
    except (ReindexBusy, ReindexError, SearchUnavailable, OpenSearchException) as error:
        print(f"Not done: {error}", file=sys.stderr)
        return 1


def _unreachable(endpoints: Endpoints, error: NoConnection) -> str:
    """That nobody answers, and who says why."""
    if endpoints.opensearch is not None:
        answers = f"no search engine answers on {endpoints.opensearch}"
        return f"{answers}: `scripts/shop status` shows what runs."
    return f"{OPERATOR} says {error.error}: `scripts/shop logs {OPERATOR}` shows why."


def reindex(indexes: SearchIndexes, catalog: CatalogProducts, lease: Lease) -> int:
    """Rebuild and say how fast; returns the exit code."""
    progress = Progress()
    done = rebuild(indexes, catalog, lease, lambda text: print(text, flush=True), progress.show)
    progress.clear()
    rate = done.products / max(done.seconds, 0.001)
    print(f"{done.index} is searched now: {done.products} products, {rate:.0f} a second")
    return 0


def check(indexes: SearchIndexes, catalog: CatalogProducts) -> int:
    """Compare and print the differences; returns the exit code."""
    if indexes.live() is None:
        print("There is no index: `scripts/shop reindex` builds it.")
        return 1
    progress = Progress()
    found = differences(indexes, catalog, progress.show)
    progress.clear()
    for name in sorted(found)[:SHOWN]:
        print(f"{name}: {found[name]}")
    if len(found) > SHOWN:
        print(f"... and {len(found) - SHOWN} more")
    agree = "Index and catalog agree."
    print(f"{len(found)} differences: `scripts/shop reindex` mends them." if found else agree)
    return 1 if found else 0
