"""The price reader: which items it asks for, and what it makes of them."""

from dataclasses import replace

from contracts.catalog_items import CatalogStatus, ProductItem, VariantItem
from functions.shared.prices import VariantRef, price_keys, priced
from functions.shared.writes import Key

MUG = ProductItem(
    product_id="mug", name="Mug", description="Holds tea.", category="kitchen", created_at="2026"
)
RED = VariantItem(
    product_id="mug", variant_id="red", sku="MUG-RED", name="Red", price=1250, currency="EUR"
)
BLUE = replace(RED, variant_id="blue", sku="MUG-BLUE", name="Blue", price=1350)


def test_two_keys_a_line_and_none_twice() -> None:
    assert price_keys([("mug", "red"), ("mug", "blue"), ("mug", "red")]) == [
        Key("PRODUCT#mug", "METADATA"),
        Key("PRODUCT#mug", "VARIANT#red"),
        Key("PRODUCT#mug", "VARIANT#blue"),
    ]


def test_variants_are_priced_whatever_order_the_items_come_in() -> None:
    variants = priced([BLUE.to_item(), RED.to_item(), MUG.to_item()])
    assert set(variants) == {("mug", "red"), ("mug", "blue")}
    red = variants[VariantRef("mug", "red")]
    assert (red.sku, red.unit_price, red.currency) == ("MUG-RED", 1250, "EUR")
    assert red.name == "Mug, Red"
    assert red.sellable


def test_unknown_is_what_has_no_item_of_its_own_or_no_product() -> None:
    assert priced([MUG.to_item()]) == {}
    assert priced([RED.to_item()]) == {}


def test_what_is_retired_is_known_but_not_sellable() -> None:
    gone = CatalogStatus.RETIRED
    retired_variant = priced([MUG.to_item(), replace(RED, status=gone).to_item(), BLUE.to_item()])
    assert not retired_variant[VariantRef("mug", "red")].sellable
    assert retired_variant[VariantRef("mug", "blue")].sellable
    retired_product = priced([replace(MUG, status=gone).to_item(), RED.to_item()])
    assert not retired_product[VariantRef("mug", "red")].sellable


def test_other_items_of_the_call_are_passed_over() -> None:
    order = {"PK": "ORDER#1", "SK": "METADATA", "status": "PENDING"}
    review = {"PK": "PRODUCT#mug", "SK": "REVIEW#2026#ada", "stars": 5}
    assert set(priced([order, review, MUG.to_item(), RED.to_item()])) == {("mug", "red")}
