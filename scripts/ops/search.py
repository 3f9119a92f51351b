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
    parser.add_argument("words", nargs="*", help="what to look for (default: all products)")


def run(args: argparse.Namespace) -> int:
    """Search on the running platform."""
    return show(load_endpoints(), " ".join(args.words))


def show(endpoints: Endpoints, words: str) -> int:
    """Search and print the best hits and the facets; returns the exit code.

    Args:
        words: what to look for; none: all products.
    """
    answer = search(endpoints, **({"q": words} if words else {}))
    if answer.status == 503:
        fact("search", answer.body["detail"])
        return 1
    if answer.status != 200:
        raise ApiError(
            f"GET /search answers {answer.status}: {answer.body}\n"
            "`scripts/shop logs SearchApi` shows what the function has written."
        )
    page = answer.body
    total = f"{page['total']} products"
    fact("search", f"{words!r}: {total}" if words else f"all {total}")
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
