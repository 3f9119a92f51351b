"""Reviews: one for each customer and product, and the rating that they make.

| PK | SK | item |
|---|---|---|
| `PRODUCT#<productId>` | `REVIEW#<createdAt>#<reviewId>` | `Review`, in the order of time |
| `PRODUCT#<productId>` | `REVIEWER#<customerId>` | the same review, found by product and author |

The second one stands in GSI1 under its author, so that all reviews of a customer are one query.
That is its format 2: those of format 1 stand in no index.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from contracts.catalog_items import product_pk
from contracts.item_format import ItemFormat
from functions.catalog.store import ProductMoved
from functions.shared.clock import from_millis, to_millis
from functions.shared.writes import Item, Key, Write, absent

REVIEW_PREFIX: Final = "REVIEW#"
REVIEWER_PREFIX: Final = "REVIEWER#"
AUTHORS: Final = "GSI1"
"""The index in which a review stands under its author."""


@dataclass(frozen=True, slots=True)
class Review:
    """What a customer thinks of a product.

    Attributes:
        stars: 1 to 5.
        text: empty once its author was erased.
        verified: the customer had bought the product when they wrote it.
    """

    review_id: str
    stars: int
    text: str
    verified: bool
    created_at: datetime


def author(customer_id: str) -> str:
    """The partition of the index that holds a customer's reviews."""
    return f"{REVIEWER_PREFIX}{customer_id}"


def reviewer_key(product_id: str, customer_id: str) -> Key:
    """The key of a customer's review of a product."""
    return Key(product_pk(product_id), author(customer_id))


def listed_key(product_id: str, review: Review) -> Key:
    """The key of a review in the list of its product's."""
    created = to_millis(review.created_at)
    return Key(product_pk(product_id), f"{REVIEW_PREFIX}{created:014d}#{review.review_id}")


def _indexed(item: Mapping[str, Any]) -> Item:
    """The author's item with its place in the index."""
    return {**item, "GSI1PK": item["SK"], "GSI1SK": item["PK"]}


REVIEWER_FORMAT: Final = ItemFormat(2, _indexed)
"""Of the author's item. What is told of the review in it has never changed."""


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
    item = {
        "reviewId": review.review_id,
        "stars": review.stars,
        "text": review.text,
        "verified": review.verified,
        "createdAt": to_millis(review.created_at),
    }
    reviewer = reviewer_key(product_id, customer_id)
    authored = REVIEWER_FORMAT.written(_indexed({**item, **reviewer._asdict()}))
    once = Write(
        table=table,
        key=reviewer,
        kind="put",
        item={name: value for name, value in authored.items() if name not in Key._fields},
        condition=absent(),
        refused=lambda _: ProductMoved(),
    )
    return [once, Write(table, listed_key(product_id, review), "put", item=item)]
