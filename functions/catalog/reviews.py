"""Reviews: one for each customer and product, and the rating that they make.

| PK | SK | item |
|---|---|---|
| `PRODUCT#<productId>` | `REVIEW#<createdAt>#<reviewId>` | `Review`, in the order of time |
| `PRODUCT#<productId>` | `REVIEWER#<customerId>` | the same review, found by who wrote it |
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from contracts.catalog_items import product_pk
from functions.catalog.store import ProductMoved
from functions.shared.clock import from_millis, to_millis
from functions.shared.writes import Item, Key, Write, absent

REVIEW_PREFIX: Final = "REVIEW#"


@dataclass(frozen=True, slots=True)
class Review:
    """What a customer thinks of a product.

    Attributes:
        stars: 1 to 5.
        verified: the customer had bought the product when they wrote it.
    """

    review_id: str
    stars: int
    text: str
    verified: bool
    created_at: datetime


def reviewer_key(product_id: str, customer_id: str) -> Key:
    """The key of a customer's review of a product."""
    return Key(product_pk(product_id), f"REVIEWER#{customer_id}")


def from_item(item: Item) -> Review:
    """The stored review, from either of its items."""
    return Review(
        review_id=item["reviewId"],
        stars=item["stars"],
        text=item["text"],
        verified=item["verified"],
        created_at=from_millis(item["createdAt"]),
    )


def review_writes(table: str, product_id: str, customer_id: str, review: Review) -> list[Write]:
    """Stores a review twice, to be listed and to be found. Refused with ProductMoved."""
    created = to_millis(review.created_at)
    item = {
        "reviewId": review.review_id,
        "stars": review.stars,
        "text": review.text,
        "verified": review.verified,
        "createdAt": created,
    }
    listed = Key(product_pk(product_id), f"{REVIEW_PREFIX}{created:014d}#{review.review_id}")
    once = Write(
        table=table,
        key=reviewer_key(product_id, customer_id),
        kind="put",
        item=item,
        condition=absent(),
        refused=lambda _: ProductMoved(),
    )
    return [once, Write(table, listed, "put", item=item)]
