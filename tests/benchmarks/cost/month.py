"""What a million orders a month cost beside what stands there: of orders, readers and sign-ins.

Orders are metered by `make bench`; what readers do is assumed as `scripts/shop blackfriday` does.
"""

from collections.abc import Iterator
from typing import Final

from contracts import aws_prices as prices
from contracts.capacity import RESERVED
from infra.table import FUNCTIONS
from scripts.kit.forecast import CART_SHARE, CATALOG_SHARE, SEARCH_SHARE
from tests.benchmarks.cost.bill import LOG_OVERHEAD, MILLION, START_AND_REPORT, Item

READS: Final = 50
"""Requests that buy nothing, for each order."""
CUSTOMERS: Final = 500_000
"""Who sign in within the month."""
ANSWER_GB: Final = 4 / 1e6
"""Of an answer."""
KEPT_GB: Final = 7 / 1e6
"""Of an order with its events, ledger, mail and reservation, indexes as well."""
TRACED: Final = 0.05
"""X-Ray's share of invocations."""
METRICS: Final = 25
"""Metrics that functions emit, each dimension one."""
INVOKED: Final = 9.4
"""Functions of an order (docs/performance.md)."""

METERED: Final = {
    "orders: placed and confirmed": 164.29,
    "orders: functions that wait": 28.5,
    "orders: mails": 100.0,
    "orders: logs": 5.6,
    "orders: judged 15 minutes later": 9.7,
    "orders: purchases noted": 2.1,
}
"""As `make bench` printed it last: the table in docs/performance.md, which a test holds it to."""


def month(*, edge: bool) -> Iterator[Item]:
    """Every line, amounts for one order.

    Args:
        edge: requests come by CloudFront and its firewall, which here cache nothing.
    """
    for what, dollars in METERED.items():
        yield Item(what, 1, dollars / MILLION)
    requests = 1 + READS
    yield Item("reads: API requests", READS, prices.HTTP_API_REQUEST)
    yield Item("reads: functions", READS, prices.LAMBDA_REQUEST)
    yield Item("reads: functions, GB-seconds", READS * _gb_seconds(), prices.LAMBDA_GB_SECOND)
    yield Item("reads: tables", READS * CATALOG_SHARE, prices.READ_UNIT)
    yield Item("reads: carts", READS * CART_SHARE * 2, prices.CACHE_UNIT)
    line = (START_AND_REPORT + 4 * LOG_OVERHEAD) / 1e9
    yield Item("reads: logs", READS * line, prices.LOG_GB)
    if edge:
        yield Item("edge: requests", requests, prices.EDGE_REQUEST)
        yield Item("edge: firewall", requests, prices.FIREWALL_REQUEST)
        yield Item("edge: answers", requests * ANSWER_GB, prices.EDGE_GB)
    else:
        yield Item("answers", requests * ANSWER_GB, prices.INTERNET_GB)
    yield Item("sign-ins", 1, sign_ins(CUSTOMERS) / MILLION)
    yield Item("traces", (READS + INVOKED) * TRACED, prices.TRACE)
    yield Item("metrics", METRICS / MILLION, prices.METRIC)
    yield Item("data, for each month kept", KEPT_GB, prices.TABLE_GB + prices.BACKUP_GB)


def sign_ins(users: int) -> float:
    """Dollars for so many users in a month."""
    dollars, below = 0.0, 0
    for limit, price in prices.SIGNED_IN:
        dollars += max(0, min(users, limit) - below) * price
        below = limit
    return dollars


def _gb_seconds() -> float:
    """Of a read, by what it is of."""
    memory = {spec.name: spec.memory / 1024 for spec in FUNCTIONS}
    shares = {"CatalogApi": CATALOG_SHARE, "SearchApi": SEARCH_SHARE, "CartsApi": CART_SHARE}
    return sum(share * RESERVED[name].seconds * memory[name] for name, share in shares.items())
