"""One product for tests that need just any."""

from typing import Any, Final

from contracts.catalog_items import CatalogStatus, ProductItem, VariantItem
from contracts.orders_api import PlaceOrderRequest


def mug(
    price: int = 1250, status: CatalogStatus = CatalogStatus.ACTIVE, variants: int = 1
) -> list[dict[str, Any]]:
    """The items of a mug at a price in minor units: variants `blue`, `colour-1`, …"""
    product = ProductItem(
        product_id="mug",
        name="Mug",
        description="A mug.",
        category="kitchen",
        tags=(),
        status=status,
        version=1,
        created_at="2026-01-05T12:00:00Z",
    )
    made = [
        VariantItem(
            product_id="mug",
            variant_id="blue" if n == 0 else f"colour-{n}",
            sku=f"MUG-{n}",
            name="Blue",
            price=price,
            currency="EUR",
            attributes={},
            status=CatalogStatus.ACTIVE,
        )
        for n in range(variants)
    ]
    items: list[ProductItem | VariantItem] = [product, *made]
    return [dict(item.to_item()) for item in items]


MUG: Final = mug()


def request_of(quantity: int) -> PlaceOrderRequest:
    """An order of that many blue mugs."""
    return PlaceOrderRequest.model_validate_json(
        f'{{"items": [{{"productId": "mug", "variantId": "blue", "quantity": {quantity}}}],'
        '"shippingAddress": {"name": "Ada Example", "line1": "1 Test Street", "city": "Berlin",'
        '"postalCode": "10115", "country": "DE"}, "paymentMethodId": "pm_card_visa"}'
    )
