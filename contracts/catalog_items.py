"""Items of the catalog table: products and their variants.

The catalog owns them; placing an order reads them for the prices, receiving stock for what is a
SKU. All go through these codecs. Items are plain: `str`, `int`, `list` and `dict` as a DynamoDB
deserialiser yields them.

| PK | SK | item |
|---|---|---|
| `PRODUCT#<productId>` | `METADATA` | `ProductItem`, in GSI1 by its category while it is sold |
| `PRODUCT#<productId>` | `VARIANT#<variantId>` | `VariantItem` |
| `SKU#<sku>` | `METADATA` | which variant it is, for ever, once one has it |
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple, Self

Item = Mapping[str, Any]
"""A deserialised item, or what is serialised into one."""

METADATA: Final = "METADATA"
VARIANT_PREFIX: Final = "VARIANT#"
_PRODUCT_PREFIX: Final = "PRODUCT#"


class CatalogStatus(StrEnum):
    """Whether a product or a variant is sold. What is retired is kept: old orders name it."""

    ACTIVE = "ACTIVE"
    RETIRED = "RETIRED"


class Prices(NamedTuple):
    """The lowest and the highest price of what is sold of a product, in minor units."""

    lowest: int
    highest: int
    currency: str


def category_partition(category: str) -> str:
    """The partition of GSI1 that lists the products of a category, by their ids."""
    return f"CATEGORY#{category}"


def product_pk(product_id: str) -> str:
    """The partition of a product, its variants and its reviews."""
    return f"{_PRODUCT_PREFIX}{product_id}"


def product_key(product_id: str) -> dict[str, str]:
    """The key of a product's own item."""
    return {"PK": product_pk(product_id), "SK": METADATA}


def variant_key(product_id: str, variant_id: str) -> dict[str, str]:
    """The key of a variant's item."""
    return {"PK": product_pk(product_id), "SK": f"{VARIANT_PREFIX}{variant_id}"}


def sku_key(sku: str) -> dict[str, str]:
    """The key of a SKU's item."""
    return {"PK": f"SKU#{sku}", "SK": METADATA}


def names_variant(item: Item) -> bool:
    """Whether a SKU's item says of which variant it is. It may be there before, for its stock."""
    return "productId" in item


def is_product(item: Item) -> bool:
    """Whether a table's item is a product."""
    return item["SK"] == METADATA and str(item["PK"]).startswith(_PRODUCT_PREFIX)


def is_variant(item: Item) -> bool:
    """Whether a table's item is a variant of a product."""
    pk, sk = str(item["PK"]), str(item["SK"])
    return sk.startswith(VARIANT_PREFIX) and pk.startswith(_PRODUCT_PREFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductItem:
    """What all variants of a product share, and what a list shows of them.

    Attributes:
        product_id: the slug in the product's address.
        category: a slug; products are listed by it.
        version: grows with every change of the product; whoever keeps a copy decides by it.
        created_at: ISO 8601, UTC.
        prices: of the variants that are sold; None: none is.
        attributes: what variants differ by, with every value that is sold, sorted.
        in_stock: a variant that is sold has units in stock.
        rating_sum: the stars of all its reviews together.
        rating_count: how many reviews it has.
        origin: a hash of the request that created it.
    """

    product_id: str
    name: str
    description: str
    category: str
    created_at: str
    brand: str | None = None
    tags: tuple[str, ...] = ()
    version: int = 1
    status: CatalogStatus = CatalogStatus.ACTIVE
    prices: Prices | None = None
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    in_stock: bool = False
    rating_sum: int = 0
    rating_count: int = 0
    origin: str | None = None

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read an item.

        Raises:
            KeyError: an attribute that every product has is missing.
            ValueError: the status is none of `CatalogStatus`.
        """
        prices = item.get("prices")
        return cls(
            product_id=item["productId"],
            name=item["name"],
            description=item["description"],
            category=item["category"],
            created_at=item["createdAt"],
            brand=item.get("brand"),
            tags=tuple(item["tags"]),
            version=int(item["version"]),
            status=CatalogStatus(item["status"]),
            prices=Prices(**prices) if prices else None,
            attributes={name: tuple(x) for name, x in item.get("attributes", {}).items()},
            in_stock=item.get("inStock", False),
            rating_sum=item.get("ratingSum", 0),
            rating_count=item.get("ratingCount", 0),
            origin=item.get("origin"),
        )

    def to_item(self) -> dict[str, Any]:
        """The item to write, with its keys."""
        item: dict[str, Any] = {
            **product_key(self.product_id),
            "productId": self.product_id,
            "name": self.name,
            "description": self.description,
            "category": self.category,
            "createdAt": self.created_at,
            "tags": list(self.tags),
            "version": self.version,
            "status": self.status.value,
            "attributes": {name: list(values) for name, values in self.attributes.items()},
            "inStock": self.in_stock,
            "ratingSum": self.rating_sum,
            "ratingCount": self.rating_count,
        }
        if self.status is CatalogStatus.ACTIVE:
            item["GSI1PK"] = category_partition(self.category)
            item["GSI1SK"] = product_pk(self.product_id)
        if self.prices is not None:
            item["prices"] = self.prices._asdict()
        optional = {"brand": self.brand, "origin": self.origin}
        return item | {name: value for name, value in optional.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantItem:
    """What is sold: one variant of a product, with its SKU and its price.

    Attributes:
        variant_id: a slug, unique within the product.
        sku: the stock-keeping unit, unique in the shop; the key of the stock.
        price: in minor units of `currency`.
        currency: ISO 4217 code.
        attributes: what tells it from its siblings, by name ("size": "M").
        in_stock: units of it can be bought, as far as the inventory has told.
    """

    product_id: str
    variant_id: str
    sku: str
    name: str
    price: int
    currency: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    status: CatalogStatus = CatalogStatus.ACTIVE
    in_stock: bool = False

    @classmethod
    def from_item(cls, item: Item) -> Self:
        """Read an item.

        Raises:
            KeyError: an attribute that every variant has is missing.
            ValueError: the status is none of `CatalogStatus`.
        """
        return cls(
            product_id=item["productId"],
            variant_id=item["variantId"],
            sku=item["sku"],
            name=item["name"],
            price=int(item["price"]),
            currency=item["currency"],
            attributes=dict(item["attributes"]),
            status=CatalogStatus(item["status"]),
            in_stock=item.get("inStock", False),
        )

    def to_item(self) -> dict[str, Any]:
        """The item to write, with its keys."""
        return {
            **variant_key(self.product_id, self.variant_id),
            "productId": self.product_id,
            "variantId": self.variant_id,
            "sku": self.sku,
            "name": self.name,
            "price": self.price,
            "currency": self.currency,
            "attributes": dict(self.attributes),
            "status": self.status.value,
            "inStock": self.in_stock,
        }
