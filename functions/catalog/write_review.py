"""POST /products/{productId}/reviews: a customer's review, and the rating of the product."""

from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from contracts.catalog_api import NewReview
from contracts.catalog_items import CatalogStatus, ProductItem, product_key
from contracts.ids import review_id
from functions.catalog.attempts import Pause, decided, pause
from functions.catalog.domain import rated
from functions.catalog.paths import slug
from functions.catalog.purchases import Purchases
from functions.catalog.reviews import (
    REVIEWER_FORMAT,
    Review,
    from_item,
    review_writes,
    reviewer_key,
)
from functions.catalog.store import ProductWrites
from functions.catalog.views import review_view
from functions.shared import clients
from functions.shared.clock import Clock, utc_now
from functions.shared.dynamodb import Database, DynamoDatabase
from functions.shared.http import caller_of, http_handler, parse_body, respond
from functions.shared.problems import Problem, not_found
from functions.shared.settings import setting
from functions.shared.writes import Key


@dataclass(frozen=True, slots=True)
class WriteReview:
    """Takes customers' reviews."""

    database: Database
    writes: ProductWrites
    purchases: Purchases
    now: Clock
    pause: Pause = pause

    def __call__(self, product_id: str, customer_id: str, request: NewReview) -> Review:
        """The review, written now or by the same request before.

        Raises:
            Problem: 404 if no such product is sold, 409 if the customer has written another.
            Contended: others kept writing.
        """
        review = decided(lambda: self._write(product_id, customer_id, request), self.pause)
        if (review.stars, review.text) != (request.rating, request.text):
            raise Problem(HTTPStatus.CONFLICT, "You have reviewed this product already.")
        return review

    def _write(self, product_id: str, customer_id: str, request: NewReview) -> Review:
        own, reviewer = Key(**product_key(product_id)), reviewer_key(product_id, customer_id)
        table = self.writes.table
        found = self.database.read({table: [own, reviewer]})[table]
        item = ProductItem.from_item(found[own]) if own in found else None
        if item is None or item.status is not CatalogStatus.ACTIVE:
            raise not_found("product")
        if reviewer in found:
            return from_item(REVIEWER_FORMAT.read(found[reviewer]))
        review = Review(
            review_id=review_id(product_id, customer_id),
            stars=request.rating,
            text=request.text,
            verified=self.purchases.has_bought(customer_id, product_id),
            created_at=self.now(),
        )
        self.database.transact(
            [
                *review_writes(table, product_id, customer_id, review),
                *self.writes.change(item, rated(item, review.stars), review.created_at),
            ]
        )
        return review


app = APIGatewayHttpResolver()


@cache
def _write_review() -> WriteReview:
    database, table = DynamoDatabase(clients.dynamodb), setting("CATALOG_TABLE")
    purchases = Purchases(database, table)
    return WriteReview(database, ProductWrites(table), purchases, utc_now)


@app.post("/products/<product_id>/reviews")
def post_review(product_id: str) -> Response[Any]:
    """Takes a review. The same one again gets the answer of the first."""
    slug(product_id, "productId")
    request = parse_body(app, NewReview)
    review = _write_review()(product_id, caller_of(app).customer_id, request)
    headers = {"Location": f"/products/{product_id}/reviews", "Cache-Control": "no-store"}
    return respond(HTTPStatus.CREATED, review_view(review), headers)


handler = http_handler(app)
