"""The HTTP API as data: each route with what it takes and answers. OpenAPI is made from it."""

from typing import Final

from contracts.api import carts, catalog, inventory, orders, others, search

OPERATIONS: Final = (
    *carts.OPERATIONS,
    *orders.OPERATIONS,
    *catalog.OPERATIONS,
    *search.OPERATIONS,
    *inventory.OPERATIONS,
    *others.OPERATIONS,
)
