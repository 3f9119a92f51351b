"""The seed catalog as the events that tell of it."""

from collections.abc import Iterator

from contracts.events.catalog import ProductChanged
from functions.catalog.domain import product_changed
from scripts.dev.seed_catalog import products


def seed_events() -> Iterator[ProductChanged]:
    """Every product of the seed."""
    return (product_changed(product.item) for product in products())
