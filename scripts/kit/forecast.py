"""From a forecast to what each part must carry, and what does not carry it."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from contracts.capacity import (
    API,
    FOLLOWING,
    PLACING,
    RESERVED,
    SEARCHING,
    SUGGESTING,
    UNRESERVED,
)
from scripts.kit import quotas
from scripts.kit.quotas import Owner, Quota

BUYS_A_MINUTE: Final = 0.06
"""Orders a minute of one who is in the shop: 100,000 people at once are 100 orders a second."""
ROOM: Final = 1.5
"""What to ask for: half again what the forecast needs."""

# Of a confirmed order, metered: the table of costs in docs/performance.md.
TRANSITIONS: Final = 5
EVENTS: Final = 4
WRITE_UNITS: Final = 39
READ_UNITS: Final = 12.4
# By the wiring: the log gets each event; carts, purchases and the audit get OrderConfirmed.
DELIVERIES: Final = 7
PAYMENT_CALLS: Final = 2
WEBHOOKS: Final = 2
MAILS: Final = 1

LOOKS: Final = 5
"""At an order, until it has ended."""
CATALOG_SHARE: Final = 0.5
SEARCH_SHARE: Final = 0.2
CART_SHARE: Final = 0.3
"""What a read is of: products and lists, searches, the customer's cart."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The peak as a shop expects it.

    Attributes:
        users: in the shop at once.
        orders: a minute.
        reads: requests that buy nothing, for each order.
        arrival: minutes within which the users come and sign in.
        hot: share of all orders that take the same SKU.
        shards: on which that SKU's stock stands.
    """

    users: int
    orders: float
    reads: float
    arrival: float
    hot: float
    shards: int
    region: str

    @property
    def orders_a_second(self) -> float:
        """The rate that all others follow from."""
        return self.orders / 60

    @property
    def reads_a_second(self) -> float:
        """Requests that buy nothing."""
        return self.orders_a_second * self.reads


@dataclass(frozen=True, slots=True)
class Need:
    """What one part must carry, beside what it can."""

    part: str
    needed: float
    limit: int
    owner: Owner

    @property
    def use(self) -> float:
        """Needed by limit: above 1 it breaks."""
        return self.needed / self.limit

    @property
    def breaks(self) -> bool:
        """Whether the forecast is more than the part carries."""
        return self.use > 1

    @property
    def ask(self) -> int:
        """What to ask for."""
        return math.ceil(self.needed * ROOM)


def needs(forecast: Forecast) -> list[Need]:
    """Every part, the tightest first."""
    executions = _executions(forecast)
    found = [*_ours(forecast, executions), *_quotas(forecast, executions)]
    return sorted(found, key=lambda need: need.use, reverse=True)


def carried(forecast: Forecast, tightest: Need) -> float:
    """Orders a minute at which the tightest part is full, all else in proportion."""
    return forecast.orders / tightest.use


def _executions(forecast: Forecast) -> Mapping[str, float]:
    """Executions at once of the functions that a peak of sales runs."""
    orders, reads = forecast.orders_a_second, forecast.reads_a_second
    rates = {
        "PlaceOrderApi": orders,
        "ReserveInventory": orders,
        "ChargePayment": orders,
        "ConfirmOrder": orders,
        "SendConfirmation": orders,
        "PaymentWebhookApi": orders * WEBHOOKS,
        "CatalogApi": reads * CATALOG_SHARE,
        "SearchApi": reads * SEARCH_SHARE,
        "CartsApi": reads * CART_SHARE,
    }
    return {name: rate * RESERVED[name].seconds for name, rate in rates.items()}


def _ours(forecast: Forecast, executions: Mapping[str, float]) -> Iterator[Need]:
    for name, needed in executions.items():
        yield Need(f"{name}, executions at once", needed, RESERVED[name].executions, Owner.OURS)
    routes = (
        ("API, all routes", _requests(forecast), API.rate),
        ("API, POST /orders", forecast.orders_a_second, PLACING.rate),
        ("API, GET /orders/{orderId}", forecast.orders_a_second * LOOKS, FOLLOWING.rate),
        (
            "API, searches and suggestions",
            forecast.reads_a_second * SEARCH_SHARE,
            SEARCHING.rate + SUGGESTING.rate,
        ),
    )
    for part, needed, limit in routes:
        yield Need(part, needed, limit, Owner.OURS)


def _quotas(forecast: Forecast, executions: Mapping[str, float]) -> Iterator[Need]:
    orders = forecast.orders_a_second
    together = UNRESERVED + sum(
        max(reserved.executions, executions.get(name, 0)) for name, reserved in RESERVED.items()
    )
    asked: tuple[tuple[Quota, float], ...] = (
        (quotas.LAMBDA, together),
        (quotas.API_REQUESTS, _requests(forecast)),
        (quotas.STARTS, orders),
        (quotas.TRANSITIONS, orders * TRANSITIONS),
        (quotas.PUT_EVENTS, orders * EVENTS),
        (quotas.DELIVERIES, orders * DELIVERIES),
        (quotas.SIGN_INS, forecast.users / (forecast.arrival * 60)),
        (quotas.USER_READS, orders * MAILS),
        (quotas.MAILS, orders * MAILS),
        (quotas.TABLE_WRITES, orders * WRITE_UNITS),
        (quotas.TABLE_READS, orders * READ_UNITS + forecast.reads_a_second * CATALOG_SHARE),
        (quotas.PAYMENTS, orders * PAYMENT_CALLS),
        (quotas.HOT_SKU, orders * forecast.hot / forecast.shards),
    )
    for quota, needed in asked:
        yield Need(quota.name, needed, quota.limit(forecast.region), quota.owner)


def _requests(forecast: Forecast) -> float:
    return forecast.orders_a_second * (1 + LOOKS + WEBHOOKS) + forecast.reads_a_second
