"""Carts: the customer's routes, what orders take out, and what lies idle."""

from typing import Final

from infra.table.rows import API_TIMEOUT, FunctionSpec, Grant, Route, dynamodb

_REDIS: Final = ("CART_REDIS", "CART_REDIS_USER", "CART_REDIS_CACHE")
_CONNECT: Final = (
    Grant("cart_cache", ("elasticache:Connect",)),
    Grant("cart_user", ("elasticache:Connect",)),
)

APIS: Final = (
    FunctionSpec(
        "CartsApi",
        "functions.carts.api.handler",
        ("CATALOG_TABLE", *_REDIS),
        (dynamodb("catalog", "BatchGetItem"), *_CONNECT),
        extras=("carts",),
        timeout=API_TIMEOUT,
        network="carts",
    ),
)

TAKE_ORDERED: Final = FunctionSpec(
    "TakeOrdered",
    "functions.carts.ordered.handler",
    _REDIS,
    _CONNECT,
    extras=("carts",),
    network="carts",
)
"""Takes what was ordered out of carts, and all of an erased customer's."""

REPORT_ABANDONED: Final = FunctionSpec(
    "ReportAbandonedCarts",
    "functions.carts.abandoned.handler",
    ("ORDERS_TABLE", "CART_IDLE_SECONDS", *_REDIS),
    (dynamodb("orders", "PutItem"), *_CONNECT),
    extras=("carts",),
    timeout=50,
    network="carts",
)
"""Publishes carts that nobody changes any more."""

ROUTES: Final = (
    Route("GET", "/cart", "CartsApi"),
    Route("DELETE", "/cart", "CartsApi"),
    Route("POST", "/cart/items", "CartsApi"),
    Route("PATCH", "/cart/items/{itemId}", "CartsApi"),
    Route("DELETE", "/cart/items/{itemId}", "CartsApi"),
    Route("POST", "/cart/merge", "CartsApi"),
)
