"""A fresh shop for every test."""

import pytest

from tests.support.shop import Shop


@pytest.fixture
def shop() -> Shop:
    """A shop with ten mugs and two lamps."""
    shop = Shop()
    shop.stock("MUG", 10)
    shop.stock("LAMP", 2)
    return shop
