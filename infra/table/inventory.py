"""The operators' routes of stock, and who says that something is sold out."""

from typing import Final

from contracts.capacity import OPERATING
from infra.table.rows import API_TIMEOUT, FunctionSpec, Route, dynamodb

APIS: Final = (
    FunctionSpec(
        "StockApi",
        "functions.inventory.api.handler",
        ("INVENTORY_TABLE", "CATALOG_TABLE"),
        (
            dynamodb("inventory", "BatchGetItem", "PutItem", "UpdateItem"),
            dynamodb("catalog", "BatchGetItem"),
        ),
        timeout=API_TIMEOUT,
    ),
)

ROUTES: Final = (
    Route("GET", "/inventory/{sku}", "StockApi", throttle=OPERATING),
    Route("PUT", "/inventory/{sku}/shards", "StockApi", throttle=OPERATING),
    Route("POST", "/inventory/{sku}/receipts", "StockApi", throttle=OPERATING),
)

WATCH_STOCK: Final = FunctionSpec(
    "WatchStock",
    "functions.inventory.availability.handler",
    ("INVENTORY_TABLE",),
    (dynamodb("inventory", "BatchGetItem", "PutItem", "UpdateItem", "ConditionCheckItem"),),
    memory=512,
)
"""Tells when a SKU is sold out, and when it has units again."""
