"""Search: its routes, what feeds its index, and what looks after the engine."""

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
)
"""Keeps the index up to date with the catalog."""

WATCH_ENGINE: Final = FunctionSpec(
    "WatchSearchEngine",
    "functions.search.watch_engine.handler",
    ("SEARCH_ENDPOINT", "INDEXING_SOURCE"),
    (
        Grant("search/_cluster/health", ("es:ESHttpGet",)),
        Grant(
            "indexing_source", ("lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping")
        ),
    ),
    extras=("search",),
    memory=512,
)
"""Has nothing received for the index while the engine is away."""

SIGNED: Final = (*APIS, INDEX_PRODUCTS, WATCH_ENGINE)
"""Whose requests the engine answers."""

ROUTES: Final = (
    Route("GET", "/search", "SearchApi", public=True, throttle=SEARCHING),
    Route("GET", "/search/suggest", "SearchApi", public=True, throttle=SUGGESTING),
)
