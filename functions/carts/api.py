"""The customer's own cart over HTTP."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from contracts.cart_api import (
    MAX_ITEMS,
    AddItemRequest,
    ChangeItemRequest,
    MergeCartRequest,
)
from contracts.orders_api import MAX_QUANTITY
from functions.carts.client import redis
from functions.carts.domain import CartFull, Carts, CartsUnavailable, ItemId, NotInCart
from functions.carts.store import RedisCarts
from functions.carts.views import cart_view, items_view
from functions.shared import clients
from functions.shared.clock import utc_now
from functions.shared.dynamodb import Database, DynamoDatabase
from functions.shared.http import (
    HttpHandler,
    caller_of,
    http_handler,
    no_content,
    parse_body,
    respond,
)
from functions.shared.prices import PricedVariant, VariantRef, price_keys, priced
from functions.shared.problems import Problem, not_found
from functions.shared.settings import setting

RETRY_AFTER: Final = 2
"""Seconds."""

_PRIVATE: Final = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Shop:
    """Carts, and the catalog that says what their lines cost."""

    carts: Carts
    database: Database
    catalog_table: str

    def variants(self, items: Iterable[ItemId]) -> Mapping[VariantRef, PricedVariant]:
        """What the catalog says of these, in one read; what it does not know is missing."""
        keys = price_keys(items)
        if not keys:
            return {}
        return priced(self.database.read({self.catalog_table: keys})[self.catalog_table].values())


def build(shop: Callable[[], Shop]) -> HttpHandler:
    """The handler on a shop, which is made when the first request comes."""
    app = APIGatewayHttpResolver()

    @app.get("/cart")
    def get_cart() -> Response[Any]:
        cart = shop().carts.read(caller_of(app).customer_id)
        return respond(HTTPStatus.OK, cart_view(cart, shop().variants(cart.items)), _PRIVATE)

    @app.delete("/cart")
    def delete_cart() -> Response[Any]:
        shop().carts.clear(caller_of(app).customer_id)
        return no_content()

    @app.post("/cart/items")
    def post_item() -> Response[Any]:
        request = parse_body(app, AddItemRequest)
        item = ItemId(request.product_id, request.variant_id)
        _require_for_sale(item, shop().variants([item]))
        cart = shop().carts.add(caller_of(app).customer_id, item, request.quantity)
        return respond(HTTPStatus.OK, items_view(cart), _PRIVATE)

    @app.patch("/cart/items/<item_id>")
    def patch_item(item_id: str) -> Response[Any]:
        request = parse_body(app, ChangeItemRequest)
        customer_id = caller_of(app).customer_id
        cart = shop().carts.change(customer_id, _item_id(item_id), request.quantity)
        return respond(HTTPStatus.OK, items_view(cart), _PRIVATE)

    @app.delete("/cart/items/<item_id>")
    def delete_item(item_id: str) -> Response[Any]:
        shop().carts.remove(caller_of(app).customer_id, _item_id(item_id))
        return no_content()

    @app.post("/cart/merge")
    def post_merge() -> Response[Any]:
        request = parse_body(app, MergeCartRequest)
        wanted = _wanted(request)
        variants = shop().variants(wanted)
        for_sale = {item: n for item, n in wanted.items() if _is_for_sale(item, variants)}
        customer_id = caller_of(app).customer_id
        merged = shop().carts.merge(customer_id, str(request.cart_id), for_sale)
        unknown = {item: n for item, n in wanted.items() if item not in for_sale}
        view = items_view(merged.cart, not_merged={**unknown, **merged.refused})
        return respond(HTTPStatus.OK, view, _PRIVATE)

    return http_handler(app, {CartsUnavailable: _unavailable, CartFull: _full, NotInCart: _absent})


def _unavailable(_: CartsUnavailable) -> Problem:
    detail = "Carts cannot be reached at the moment. Orders can be placed all the same."
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": str(RETRY_AFTER)}
    )


def _full(error: CartFull) -> Problem:
    bounds = {"quantity": f"{MAX_QUANTITY} of one variant", "items": f"{MAX_ITEMS} variants"}
    pointers = {"quantity": "/quantity", "items": "/variantId"}
    return _invalid(f"A cart holds at most {bounds[error.field]}.", pointers[error.field])


def _absent(_: NotInCart) -> Problem:
    return not_found("line in the cart")


def _require_for_sale(item: ItemId, variants: Mapping[VariantRef, PricedVariant]) -> None:
    if not _is_for_sale(item, variants):
        raise _invalid(f"{item.product_id}/{item.variant_id} is not for sale.", "/variantId")


def _is_for_sale(item: ItemId, variants: Mapping[VariantRef, PricedVariant]) -> bool:
    variant = variants.get(VariantRef(*item))
    return variant is not None and variant.sellable


def _item_id(text: str) -> ItemId:
    item = ItemId.parse(text)
    if item is None:
        raise _absent(NotInCart())
    return item


def _wanted(request: MergeCartRequest) -> dict[ItemId, int]:
    wanted: dict[ItemId, int] = {}
    for line in request.items:
        item = ItemId(line.product_id, line.variant_id)
        wanted[item] = wanted.get(item, 0) + line.quantity
    return wanted


def _invalid(detail: str, pointer: str) -> Problem:
    errors = [{"detail": detail, "pointer": pointer}]
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=errors)


@cache
def _shop() -> Shop:
    return Shop(
        RedisCarts(redis, utc_now), DynamoDatabase(clients.dynamodb), setting("CATALOG_TABLE")
    )


handler = build(_shop)
