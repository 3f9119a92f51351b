"""Prices are in a currency that the provider takes, and counts in as we do."""

import json

from contracts.catalog_api import Price
from contracts.currencies import CHARGEABLE
from contracts.events.catalog import ProductChanged
from contracts.events.orders import OrderPlaced
from contracts.money import Money, written
from contracts.published import DOCUMENT
from scripts.local.payment_sandbox.currencies import CURRENCIES

COUNTED_OTHERWISE = {"ISK", "UGX", "MGA", "BHD", "JOD", "KWD", "OMR", "TND"}


def test_prices_are_in_what_the_provider_takes_and_counts_as_the_standard_does() -> None:
    assert {code.upper() for code in CURRENCIES} - COUNTED_OTHERWISE == CHARGEABLE


def test_the_document_lists_them_for_prices_that_are_sent() -> None:
    schemas = json.loads(DOCUMENT.read_text(encoding="utf-8"))["components"]["schemas"]
    assert schemas["Price"]["properties"]["currency"]["enum"] == sorted(CHARGEABLE)
    assert schemas["NewVariant"]["properties"]["price"] == {"$ref": "#/components/schemas/Price"}


def test_what_was_sold_in_another_currency_is_still_shown_and_told() -> None:
    """The list may grow shorter: answers and events are not held to it."""
    assert Money(amount=5, currency="ISK").currency == "ISK"
    placed = OrderPlaced(order_id="o", customer_id="c", lines=(), total=5, currency="ISK")
    assert placed.currency == "ISK"
    for model in (OrderPlaced, ProductChanged):
        assert "JPY" not in json.dumps(model.model_json_schema())
    assert "JPY" in json.dumps(Price.model_json_schema())


def test_amounts_are_written_with_the_decimals_of_their_currency() -> None:
    assert [written(1290, "EUR"), written(5, "EUR"), written(-5, "EUR"), written(0, "EUR")] == [
        "12.90 EUR",
        "0.05 EUR",
        "-0.05 EUR",
        "0.00 EUR",
    ]
    assert [written(1290, "JPY"), written(1290, "KWD")] == ["1290 JPY", "1.290 KWD"]
