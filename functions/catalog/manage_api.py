"""Operators' routes of products and variants."""

from functools import cache
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from contracts.catalog_api import NewProduct, NewVariant, ProductChange, VariantChange
from functions.catalog.domain import Product
from functions.catalog.manage import ManageCatalog
from functions.catalog.paths import slug
from functions.catalog.store import CatalogReads, ProductWrites
from functions.catalog.views import product_view
from functions.shared import clients
from functions.shared.clock import utc_now
from functions.shared.dynamodb import DynamoDatabase
from functions.shared.http import header, http_handler, no_content, parse_body, respond, tag_of
from functions.shared.settings import setting

app = APIGatewayHttpResolver()


@cache
def _manage() -> ManageCatalog:
    table = setting("CATALOG_TABLE")
    reads = CatalogReads(DynamoDatabase(clients.dynamodb), table)
    return ManageCatalog(reads, ProductWrites(table), utc_now)


@app.post("/products")
def post_product() -> Response[Any]:
    """Creates a product. Its id is the key of a repeated request."""
    product = _manage().create(parse_body(app, NewProduct))
    return _answer(HTTPStatus.CREATED, product, f"/products/{product.item.product_id}")


@app.patch("/products/<product_id>")
def patch_product(product_id: str) -> Response[Any]:
    """Changes what the body names of a product."""
    slug(product_id, "productId")
    change = parse_body(app, ProductChange)
    return _answer(HTTPStatus.OK, _manage().edit(product_id, header(app, "If-Match"), change))


@app.delete("/products/<product_id>")
def delete_product(product_id: str) -> Response[Any]:
    """Retires a product."""
    slug(product_id, "productId")
    _manage().retire(product_id)
    return no_content()


@app.post("/products/<product_id>/variants")
def post_variant(product_id: str) -> Response[Any]:
    """Adds a variant."""
    slug(product_id, "productId")
    product = _manage().add_variant(product_id, parse_body(app, NewVariant))
    return _answer(HTTPStatus.CREATED, product, f"/products/{product_id}")


@app.patch("/products/<product_id>/variants/<variant_id>")
def patch_variant(product_id: str, variant_id: str) -> Response[Any]:
    """Changes what the body names of a variant, its price for one."""
    slug(product_id, "productId")
    slug(variant_id, "variantId")
    change = parse_body(app, VariantChange)
    product = _manage().change_variant(product_id, variant_id, header(app, "If-Match"), change)
    return _answer(HTTPStatus.OK, product)


@app.delete("/products/<product_id>/variants/<variant_id>")
def delete_variant(product_id: str, variant_id: str) -> Response[Any]:
    """Retires a variant."""
    slug(product_id, "productId")
    slug(variant_id, "variantId")
    _manage().retire_variant(product_id, variant_id)
    return no_content()


def _answer(status: HTTPStatus, product: Product, location: str | None = None) -> Response[Any]:
    view = product_view(product)
    headers = {"Cache-Control": "no-store", "ETag": tag_of(view)}
    return respond(status, view, headers | ({"Location": location} if location else {}))


handler = http_handler(app)
