"""A catalog for carts."""

from contracts.catalog_items import CatalogStatus, ProductItem, VariantItem
from functions.carts.domain import ItemId
from functions.shared.writes import Key
from tests.support.memory import MemoryDatabase

CATALOG = "catalog"
MUG = ItemId("mug", "blue")


def put_variant(
    database: MemoryDatabase,
    item: ItemId,
    *,
    price: int,
    status: CatalogStatus = CatalogStatus.ACTIVE,
    in_stock: bool = True,
) -> None:
    """A variant of that price in minor units, and its product."""
    product = ProductItem(
        product_id=item.product_id,
        name=item.product_id.title(),
        description="Good to have.",
        category="kitchen",
        created_at="2026-01-01T00:00:00Z",
    )
    variant = VariantItem(
        product_id=item.product_id,
        variant_id=item.variant_id,
        sku=f"{item.product_id}-{item.variant_id}".upper(),
        name=item.variant_id,
        price=price,
        currency="EUR",
        status=status,
        in_stock=in_stock,
    )
    for stored in (product.to_item(), variant.to_item()):
        attributes = dict(stored)
        database.put(CATALOG, Key(attributes.pop("PK"), attributes.pop("SK")), attributes)
