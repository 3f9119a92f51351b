"""Search: its routes, and what feeds its index."""

from typing import Final

from contracts.capacity import SEARCHING, SUGGESTING
from infra.table.rows import API_TIMEOUT, FunctionSpec, Grant, Route, reads_secret

APIS: Final = (
    FunctionSpec(
        "SearchApi",
        "functions.search.api.handler",
        ("SEARCH_ENDPOINT", "CURSOR_SECRET_ARN"),
        (Grant("search/products/_search", ("es:ESHttpPost",)), reads_secret("cursor_secret")),
        extras=("search",),
        timeout=API_TIMEOUT,
        network="search",
    ),
)

INDEX_PRODUCTS: Final = FunctionSpec(
    "IndexProducts",
    "functions.search.index_products.handler",
    ("SEARCH_ENDPOINT", "SEARCH_REPLICAS"),
    (
        Grant("search/_bulk", ("es:ESHttpPost",)),
        Grant("search/_alias", ("es:ESHttpGet",)),
        Grant("search/products-first", ("es:ESHttpPut",)),
    ),
    extras=("search",),
    network="search",
)
"""Keeps the index up to date with the catalog."""

OPERATE_ENGINE: Final = FunctionSpec(
    "OperateSearchEngine",
    "functions.search.operate.handler",
    ("SEARCH_ENDPOINT",),
    (),
    extras=("search",),
    timeout=120,
    network="search",
)
"""The operators' way to the engine. A domain lets its role do everything, by its own policy."""

SIGNED: Final = (*APIS, INDEX_PRODUCTS)
"""Whose requests a domain answers by the requests' paths."""

ROUTES: Final = (
    Route("GET", "/search", "SearchApi", public=True, throttle=SEARCHING),
    Route("GET", "/search/suggest", "SearchApi", public=True, throttle=SUGGESTING),
)
