"""Operators' operations on stock."""

from http import HTTPStatus
from typing import Final

from contracts.api.rows import IDEMPOTENCY_KEY, UNCACHED, Answer, Operation, Who, ok
from contracts.inventory_api import (
    ChangeShardsRequest,
    ReceiptView,
    ReceiveStockRequest,
    StockView,
)

OPERATIONS: Final = (
    Operation(
        "GET",
        "/inventory/{sku}",
        "getStock",
        "What is left of a SKU.",
        "inventory",
        Who.OPERATOR,
        (ok(StockView, "The stock."),),
    ),
    Operation(
        "PUT",
        "/inventory/{sku}/shards",
        "changeShards",
        "Spread a SKU's stock over so many items of the table.",
        "inventory",
        Who.OPERATOR,
        (
            ok(StockView, "The stock as it is spread now."),
            Answer(
                HTTPStatus.ACCEPTED,
                "Units are still to be moved: send it again.",
                StockView,
                (*UNCACHED, "Retry-After"),
            ),
        ),
        request=ChangeShardsRequest,
    ),
    Operation(
        "POST",
        "/inventory/{sku}/receipts",
        "receiveStock",
        "Note units that came in.",
        "inventory",
        Who.OPERATOR,
        (Answer(HTTPStatus.CREATED, "The receipt.", ReceiptView, UNCACHED),),
        request=ReceiveStockRequest,
        parameters=(IDEMPOTENCY_KEY,),
    ),
)
