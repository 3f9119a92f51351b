"""The operators' stock: what is left, units that come in, and on how many shards they stand."""

import time
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from contracts.ids import is_sku
from contracts.inventory_api import (
    ChangeShardsRequest,
    ReceiptView,
    ReceiveStockRequest,
    ShardView,
    StockView,
)
from functions.inventory.receipts import ReceiptExists, ReceiveStock
from functions.inventory.resharding import Resharding, UnknownSku
from functions.inventory.stock import Stock
from functions.inventory.store import InventoryWrites
from functions.shared import clients
from functions.shared.clock import utc_now
from functions.shared.dynamodb import Database, DynamoDatabase
from functions.shared.http import http_handler, idempotency_key, parse_body, respond
from functions.shared.logs import logger
from functions.shared.problems import Problem, not_found
from functions.shared.settings import setting

MOVING_SECONDS: Final = 3.0
"""How long a request moves units; what is left is moved by the next."""
_NO_STORE: Final = {"Cache-Control": "no-store"}

app = APIGatewayHttpResolver()


def _database() -> Database:
    return DynamoDatabase(clients.dynamodb)


def _stock() -> Stock:
    return Stock(_database(), setting("INVENTORY_TABLE"))


def _resharding() -> Resharding:
    stock = _stock()
    return Resharding(_database(), stock, InventoryWrites(stock.table))


def _require_sku(sku: str) -> None:
    if not is_sku(sku):
        raise not_found("SKU")


def _view(sku: str) -> StockView:
    _require_sku(sku)
    shelf = _stock().shelf(sku)
    if shelf is None:
        raise not_found("SKU")
    return StockView(
        sku=sku,
        shards=shelf.layout.shards,
        available=sum(shelf.available.values()),
        received=shelf.received,
        levels=tuple(
            ShardView(shard=shard, available=units) for shard, units in shelf.available.items()
        ),
    )


def _even_out(sku: str) -> bool:
    """Moves units for a while; whether all are where they belong."""
    resharding, until = _resharding(), time.monotonic() + MOVING_SECONDS
    while resharding.move(sku):
        if time.monotonic() > until:
            return False
    return True


@app.get("/inventory/<sku>")
def get_stock(sku: str) -> Response[Any]:
    """What is left of a SKU."""
    return respond(HTTPStatus.OK, _view(sku), _NO_STORE)


@app.put("/inventory/<sku>/shards")
def put_shards(sku: str) -> Response[Any]:
    """Splits or merges a SKU's stock: 200, or 202 while units are still to be moved."""
    _require_sku(sku)
    request = parse_body(app, ChangeShardsRequest)
    _resharding().announce(sku, request.shards)
    if _even_out(sku):
        return respond(HTTPStatus.OK, _view(sku), _NO_STORE)
    return respond(HTTPStatus.ACCEPTED, _view(sku), {**_NO_STORE, "Retry-After": "1"})


@app.post("/inventory/<sku>/receipts")
def post_receipt(sku: str) -> Response[Any]:
    """Receives units: 201, also for a repeated request."""
    _require_sku(sku)
    key = idempotency_key(app)
    request = parse_body(app, ReceiveStockRequest)
    receive = ReceiveStock(_database(), _stock(), setting("CATALOG_TABLE"), utc_now)
    receipt = receive(sku, request.quantity, key)
    if not _even_out(sku):
        logger.warning("stock not evened out", sku=sku)
    view = ReceiptView(receipt_id=receipt.receipt_id, sku=sku, quantity=receipt.quantity)
    return respond(HTTPStatus.CREATED, view, _NO_STORE)


def _unknown(_: UnknownSku) -> Problem:
    return not_found("SKU")


def _other_body(_: ReceiptExists) -> Problem:
    detail = "This Idempotency-Key was used with another body."
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)


handler = http_handler(app, {UnknownSku: _unknown, ReceiptExists: _other_body})
