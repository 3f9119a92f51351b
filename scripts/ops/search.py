"""Search as a shopper does, and show what is found.

Exit code 1 where search is not available.
"""

import argparse
import urllib.parse

from contracts.money import written
from scripts.kit.customer import Answer, ApiError, call
from scripts.kit.endpoints import Endpoints
from scripts.kit.stacks import load_endpoints
from scripts.kit.terminal import fact, table

SHOWN = 5


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("words", nargs="*", help="what to look for (default: everything)")


def run(args: argparse.Namespace) -> int:
    """Search on the running platform."""
    return show(load_endpoints(), " ".join(args.words))


def show(endpoints: Endpoints, words: str) -> int:
    """Search and print the best hits and the facets; returns the exit code."""
    answer = search(endpoints, q=words)
    if answer.status == 503:
        fact("search", answer.body["detail"])
        return 1
    if answer.status != 200:
        raise ApiError(
            f"GET /search answers {answer.status}: {answer.body}\n"
            "`scripts/shop logs SearchApi` shows what the function has written."
        )
    page = answer.body
    fact("search", f"{words or 'everything'!r}: {page['total']} products")
    rows = [
        (hit["name"], hit["category"], _price(hit), "" if hit["inStock"] else "sold out")
        for hit in page["hits"][:SHOWN]
    ]
    for line in table(rows, indent=12):
        print(line, flush=True)
    counts = (f"{one['category']} {one['products']}" for one in page["facets"]["categories"])
    fact("facets", ", ".join(counts) or "none")
    return 0


def search(endpoints: Endpoints, **query: str) -> Answer:
    """One search."""
    return call(f"{endpoints.api}/search?{urllib.parse.urlencode(query)}")


def _price(hit: dict[str, dict[str, object]]) -> str:
    prices = hit.get("prices")
    if prices is None:
        return ""
    return written(int(str(prices["lowest"])), str(prices["currency"]))
