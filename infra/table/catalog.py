"""The catalog's routes."""

from typing import Final

from infra.table.rows import API_TIMEOUT, FunctionSpec, Route, dynamodb

APIS: Final = (
    FunctionSpec(
        "CatalogApi",
        "functions.catalog.api.handler",
        ("CATALOG_TABLE",),
        (dynamodb("catalog", "GetItem", "Query"),),
        timeout=API_TIMEOUT,
    ),
)

ROUTES: Final = (Route("GET", "/products/{productId}", "CatalogApi", public=True),)
