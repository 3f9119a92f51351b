"""The catalog's routes, and what it projects from the events of others."""

from typing import Final

from contracts.capacity import OPERATING, REVIEWING
from infra.table.rows import API_TIMEOUT, FunctionSpec, Route, dynamodb, reads_secret

_WRITES_PRODUCTS: Final = dynamodb("catalog", "BatchGetItem", "Query", "PutItem", "UpdateItem")

APIS: Final = (
    FunctionSpec(
        "CatalogApi",
        "functions.catalog.api.handler",
        ("CATALOG_TABLE", "CURSOR_SECRET_ARN"),
        (
            dynamodb("catalog", "BatchGetItem", "Query"),
            dynamodb("catalog/index/GSI1", "Query"),
            reads_secret("cursor_secret"),
        ),
        timeout=API_TIMEOUT,
    ),
    FunctionSpec(
        "WriteReviewApi",
        "functions.catalog.write_review.handler",
        ("CATALOG_TABLE",),
        (_WRITES_PRODUCTS,),
        timeout=API_TIMEOUT,
    ),
    FunctionSpec(
        "ManageCatalogApi",
        "functions.catalog.manage_api.handler",
        ("CATALOG_TABLE",),
        (_WRITES_PRODUCTS,),
        timeout=API_TIMEOUT,
    ),
)

NOTE_PURCHASES: Final = FunctionSpec(
    "NotePurchases",
    "functions.catalog.purchases.handler",
    ("CATALOG_TABLE",),
    (dynamodb("catalog", "PutItem"),),
)
"""Notes who has bought what, so that a review can be marked as a buyer's."""

PROJECT_STOCK: Final = FunctionSpec(
    "ProjectStock", "functions.catalog.stock.handler", ("CATALOG_TABLE",), (_WRITES_PRODUCTS,)
)
"""Projects into each product whether it is in stock."""

_VARIANT: Final = "/products/{productId}/variants/{variantId}"
ROUTES: Final = (
    Route("GET", "/products/{productId}", "CatalogApi", public=True),
    Route("GET", "/products/{productId}/reviews", "CatalogApi", public=True),
    Route("GET", "/categories", "CatalogApi", public=True),
    Route("GET", "/categories/{category}/products", "CatalogApi", public=True),
    Route("POST", "/products/{productId}/reviews", "WriteReviewApi", throttle=REVIEWING),
    Route("POST", "/products", "ManageCatalogApi", throttle=OPERATING),
    Route("PATCH", "/products/{productId}", "ManageCatalogApi", throttle=OPERATING),
    Route("DELETE", "/products/{productId}", "ManageCatalogApi", throttle=OPERATING),
    Route("POST", "/products/{productId}/variants", "ManageCatalogApi", throttle=OPERATING),
    Route("PATCH", _VARIANT, "ManageCatalogApi", throttle=OPERATING),
    Route("DELETE", _VARIANT, "ManageCatalogApi", throttle=OPERATING),
)
