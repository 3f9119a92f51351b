"""GET /products/{productId}."""

import re
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from contracts.ids import SLUG_PATTERN
from functions.catalog.domain import Catalog, visible
from functions.catalog.store import DynamoCatalog
from functions.shared import clients
from functions.shared.http import HttpHandler, http_handler, respond_if_changed
from functions.shared.problems import Problem, not_found
from functions.shared.settings import setting

CACHE_CONTROL: Final = "public, max-age=60"
"""A minute old may be what a page shows; what an order costs is read when it is placed."""

_SLUG: Final = re.compile(SLUG_PATTERN)


def build(catalog: Callable[[], Catalog]) -> HttpHandler:
    """The handler on a catalog, which is made when the first request comes."""
    app = APIGatewayHttpResolver()

    @app.get("/products/<product_id>")
    def get_product(product_id: str) -> Response[Any]:
        view = visible(catalog().product(_product_id(product_id)))
        if view is None:
            raise not_found("product")
        return respond_if_changed(app, view, {"Cache-Control": CACHE_CONTROL})

    return http_handler(app)


def _product_id(text: str) -> str:
    if _SLUG.fullmatch(text) is None:
        detail = "A product id is lower case words and digits, joined by hyphens."
        raise Problem(
            HTTPStatus.BAD_REQUEST, detail, errors=[{"detail": detail, "parameter": "productId"}]
        )
    return text


@cache
def _catalog() -> Catalog:
    return DynamoCatalog(setting("CATALOG_TABLE"), clients.dynamodb)


handler = build(_catalog)
