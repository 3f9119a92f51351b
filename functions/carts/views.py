"""Carts as their customers see them."""

from collections.abc import Mapping
from typing import Final

from contracts.cart_api import CartLineView, CartView, ItemsView, ItemView
from contracts.money import Money
from functions.carts.domain import Cart, ItemId
from functions.shared.prices import PricedVariant, VariantRef

IN_STOCK: Final = "IN_STOCK"
OUT_OF_STOCK: Final = "OUT_OF_STOCK"
RETIRED: Final = "RETIRED"


def items_view(cart: Cart, not_merged: Mapping[ItemId, int] | None = None) -> ItemsView:
    """How many of what, after a change."""
    return ItemsView(
        items=_items(cart.items), not_merged=None if not_merged is None else _items(not_merged)
    )


def cart_view(cart: Cart, variants: Mapping[VariantRef, PricedVariant]) -> CartView:
    """A cart at the prices of now. Its total is of what can be ordered."""
    lines = tuple(
        _line(item, quantity, variants.get(VariantRef(*item)))
        for item, quantity in cart.items.items()
    )
    totals = [
        line.line_total for line in lines if line.line_total and line.availability == IN_STOCK
    ]
    total = None
    if totals:
        total = Money.model_construct(
            amount=sum(one.amount for one in totals), currency=totals[0].currency
        )
    return CartView(items=lines, total=total, expires_at=cart.expires_at)


def _items(items: Mapping[ItemId, int]) -> tuple[ItemView, ...]:
    return tuple(
        ItemView(
            item_id=str(item),
            product_id=item.product_id,
            variant_id=item.variant_id,
            quantity=quantity,
        )
        for item, quantity in items.items()
    )


def _line(item: ItemId, quantity: int, variant: PricedVariant | None) -> CartLineView:
    if variant is None:
        return CartLineView(
            item_id=str(item),
            product_id=item.product_id,
            variant_id=item.variant_id,
            quantity=quantity,
            availability=RETIRED,
        )
    return CartLineView(
        item_id=str(item),
        product_id=item.product_id,
        variant_id=item.variant_id,
        quantity=quantity,
        availability=_availability(variant),
        name=variant.name,
        sku=variant.sku,
        unit_price=Money(amount=variant.unit_price, currency=variant.currency),
        line_total=Money.model_construct(
            amount=quantity * variant.unit_price, currency=variant.currency
        ),
    )


def _availability(variant: PricedVariant) -> str:
    if not variant.sellable:
        return RETIRED
    return IN_STOCK if variant.in_stock else OUT_OF_STOCK
