"""What anybody may read of the catalog: products, categories, reviews.

All of it is public and cached by the CDN. What an order costs is read when it is placed, so a page
may be as old as its max-age says.
"""

from functools import cache
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from contracts.catalog_api import CategoryList, CategoryView, ProductPage, ReviewPage
from contracts.catalog_items import CatalogStatus, ProductItem, category_partition, product_pk
from contracts.edge import PRODUCT_PAGE_SECONDS
from functions.catalog.paths import slug
from functions.catalog.reviews import REVIEW_PREFIX
from functions.catalog.reviews import from_item as review_from_item
from functions.catalog.store import CATEGORIES, CatalogReads
from functions.catalog.views import product_summary, product_view, rating_view, review_view
from functions.shared import clients
from functions.shared.cursors import Cursors
from functions.shared.dynamodb import DynamoDatabase, ItemPage, Rows
from functions.shared.http import http_handler, parameters, respond_if_changed
from functions.shared.problems import not_found
from functions.shared.secrets import Secret
from functions.shared.settings import setting

PAGE: Final = 20
CACHED: Final = {"Cache-Control": f"public, max-age={PRODUCT_PAGE_SECONDS}"}

app = APIGatewayHttpResolver()


@app.get("/products/<product_id>")
def get_product(product_id: str) -> Response[Any]:
    """A product with what is sold of it.

    A retired one is as good as absent: its page is gone, while the orders that name it keep their
    own copy of name and price.
    """
    product = _reads().product(slug(product_id, "productId"))
    if product is None or not product.sold:
        raise not_found("product")
    return respond_if_changed(app, product_view(product), CACHED)


@app.get("/categories")
def get_categories() -> Response[Any]:
    """All categories that have products."""
    reads = _reads()
    items = reads.database.query(Rows(reads.table, CATEGORIES)).items
    views = [CategoryView(category=x["category"], products=x["products"]) for x in items]
    body = CategoryList(categories=tuple(view for view in views if view.products))
    return respond_if_changed(app, body, CACHED)


@app.get("/categories/<category>/products")
def get_products(category: str) -> Response[Any]:
    """The products of a category, 20 a page, read from the index alone."""
    partition = category_partition(slug(category, "category"))
    page, following = _page(Rows(_reads().table, partition, index="GSI1"))
    products = [product_summary(ProductItem.from_item(item)) for item in page.items]
    body = ProductPage(products=tuple(products), next=following)
    return respond_if_changed(app, body, CACHED)


@app.get("/products/<product_id>/reviews")
def get_reviews(product_id: str) -> Response[Any]:
    """What customers think of a product, newest first, 20 a page."""
    reads = _reads()
    item = reads.item(slug(product_id, "productId"))
    if item is None or item.status is not CatalogStatus.ACTIVE:
        raise not_found("product")
    page, following = _page(
        Rows(reads.table, product_pk(product_id), REVIEW_PREFIX, descending=True)
    )
    reviews = [review_view(review_from_item(review)) for review in page.items]
    body = ReviewPage(rating=rating_view(item), reviews=tuple(reviews), next=following)
    return respond_if_changed(app, body, CACHED)


def _page(rows: Rows) -> tuple[ItemPage, str | None]:
    """The page that the query's cursor names, and the cursor of the next one."""
    cursor = parameters(app, "cursor").get("cursor")
    cursors = Cursors(_cursor_secret(), f"catalog {rows.partition} {rows.prefix}")
    after = None if cursor is None else cursors.decode(cursor)
    page = _reads().database.query(rows, limit=PAGE, after=after)
    return page, cursors.encode(page.next_key) if page.next_key else None


@cache
def _reads() -> CatalogReads:
    return CatalogReads(DynamoDatabase(clients.dynamodb), setting("CATALOG_TABLE"))


@cache
def _cursor_secret() -> Secret:
    return Secret(setting("CURSOR_SECRET_ARN"), "key")


handler = http_handler(app)
