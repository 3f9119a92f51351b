"""A customer's reviews, without what they say of the customer (docs/personal-data.md)."""

from dataclasses import dataclass

from boto3.dynamodb.conditions import Attr

from contracts.catalog_items import product_pk
from functions.catalog.reviews import (
    AUTHORS,
    REVIEWER_FORMAT,
    Review,
    author,
    from_item,
    listed_key,
    reviewer_key,
)
from functions.shared.dynamodb import Database, Rows
from functions.shared.errors import Inconsistent
from functions.shared.writes import Write


@dataclass(frozen=True, slots=True)
class Authored:
    """A review, the product that it is of, and who wrote it."""

    product_id: str
    customer_id: str
    review: Review

    @property
    def erased(self) -> bool:
        """Whether nothing of the customer is left in it: a text has at least one character."""
        return not self.review.text


def reviews_by(database: Database, table: str, customer_id: str) -> list[Authored]:
    """Every review of a customer, erased ones too. The index may lag behind; what the back-fill has
    not reached is not in it.
    """
    rows = Rows(table, author(customer_id), index=AUTHORS)
    return [
        Authored(
            item["PK"].removeprefix(product_pk("")),
            customer_id,
            from_item(REVIEWER_FORMAT.read(item)),
        )
        for item in database.query(rows).items
    ]


def erase_review(table: str, authored: Authored) -> list[Write]:
    """Takes the text from both items of a review, for it may name its author. The stars stay, and
    with them the product's rating.

    The author's item stays as well: it refuses a second review under the same customer.
    """
    keys = (
        reviewer_key(authored.product_id, authored.customer_id),
        listed_key(authored.product_id, authored.review),
    )
    return [
        Write(
            table=table,
            key=key,
            kind="update",
            changes={"text": ""},
            condition=Attr("reviewId").eq(authored.review.review_id),
            refused=lambda _: Inconsistent("a review has lost one of its two items"),
        )
        for key in keys
    ]
