"""The operators' routes of stock, and who says that something is sold out."""

from typing import Final

from infra.table.rows import API_TIMEOUT, FunctionSpec, Route, dynamodb

APIS: Final = (
    FunctionSpec(
        "StockApi",
        "functions.inventory.api.handler",
        ("INVENTORY_TABLE",),
        (dynamodb("inventory", "BatchGetItem", "PutItem", "UpdateItem"),),
        timeout=API_TIMEOUT,
    ),
)

ROUTES: Final = (
    Route("GET", "/inventory/{sku}", "StockApi"),
    Route("PUT", "/inventory/{sku}/shards", "StockApi"),
    Route("POST", "/inventory/{sku}/receipts", "StockApi"),
)

WATCH_STOCK: Final = FunctionSpec(
    "WatchStock",
    "functions.inventory.availability.handler",
    ("INVENTORY_TABLE",),
    (dynamodb("inventory", "BatchGetItem", "PutItem", "UpdateItem", "ConditionCheckItem"),),
    memory=512,
)
"""Tells when a SKU is sold out, and when it has units again."""
