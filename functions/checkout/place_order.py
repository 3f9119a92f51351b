"""POST /orders: accepts an order and starts its saga, in three sequential AWS calls.

One read brings the catalog's prices and the order of this idempotency key; one transaction puts
the order and OrderPlaced; one call starts the execution, which is named like the order.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from contracts.catalog_items import product_key
from contracts.ids import order_id as order_id_of
from contracts.orders_api import MAX_QUANTITY, MAX_SKUS, PlaceOrderRequest
from functions.checkout.executions import Executions, NotStarted, StepFunctionsExecutions
from functions.checkout.task import database
from functions.orders.domain import Order, OrderLine, OrderStatus, total_of
from functions.orders.store import OrderExists, OrderWrites, from_item, order_key
from functions.orders.views import accepted_view
from functions.shared import clients
from functions.shared.clock import Clock, milliseconds_between, utc_now
from functions.shared.dynamodb import Database
from functions.shared.http import (
    arrival,
    caller_of,
    http_handler,
    idempotency_key,
    parse_body,
    respond,
)
from functions.shared.logs import about, logger, measure
from functions.shared.prices import PricedVariant, VariantRef, price_keys, priced
from functions.shared.problems import Problem
from functions.shared.settings import setting
from functions.shared.writes import Item, Key

MAX_TOTAL: Final = 99_999_999
"""In minor units: the payment provider's bound for one charge."""


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Places orders.

    Args:
        catalog_table: name of the table that holds the prices.
    """

    database: Database
    orders: OrderWrites
    catalog_table: str
    executions: Executions
    now: Clock

    def __call__(self, customer_id: str, idempotency_key: str, request: PlaceOrderRequest) -> Order:
        """The order of this key, placed now or before, with its saga started.

        An order that is stored is accepted, whether or not the start is: the sweeper makes up
        for it.

        Raises:
            Problem: 422 for another body under the same key, or for what the catalog does not
                sell; 409 if it costs another sum than the customer expects.
        """
        wanted = merged(request)
        order_id = order_id_of(customer_id, idempotency_key)
        about(order_id)
        fingerprint = fingerprint_of(request, wanted)
        key = order_key(order_id)
        catalog_keys = price_keys(wanted)
        found = self.database.read({self.orders.table: [key], self.catalog_table: catalog_keys})
        if key in found[self.orders.table]:
            order = from_item(found[self.orders.table][key])
        else:
            variants = priced(found[self.catalog_table].values())
            _require_for_sale(request, variants, found[self.catalog_table])
            lines, currency = _lines(wanted, variants)
            total = _total(lines)
            _require_expected(request.expected_total, total, currency)
            order = self._place(
                Order(
                    order_id=order_id,
                    customer_id=customer_id,
                    status=OrderStatus.PENDING,
                    lines=lines,
                    address=request.shipping_address.model_dump(exclude_none=True),
                    payment_method=request.payment_method_id,
                    total=total,
                    currency=currency,
                    fingerprint=fingerprint,
                    created_at=self.now(),
                    steps={},
                    saga_open=True,
                )
            )
        if order.fingerprint != fingerprint:
            detail = "This Idempotency-Key was used with another body."
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
        if order.status is OrderStatus.PENDING and not order.steps:
            self._start(order_id)
        return order

    def _place(self, order: Order) -> Order:
        try:
            self.database.transact(self.orders.place(order))
        except OrderExists as placed:
            return placed.order
        return order

    def _start(self, order_id: str) -> None:
        try:
            self.executions.start_place(order_id)
        except NotStarted as error:
            logger.warning("not started", reason=str(error))


def merged(request: PlaceOrderRequest) -> dict[VariantRef, int]:
    """Variant → units over all its lines.

    Raises:
        Problem: 422 if there are too many units of a variant, or too many variants.
    """
    wanted: dict[VariantRef, int] = {}
    for i, item in enumerate(request.items):
        ref = VariantRef(item.product_id, item.variant_id)
        wanted[ref] = wanted.get(ref, 0) + item.quantity
        if wanted[ref] > MAX_QUANTITY:
            detail = f"More than {MAX_QUANTITY} units of one variant."
            raise _invalid(detail, f"/items/{i}/quantity")
    if len(wanted) > MAX_SKUS:
        raise _invalid(f"More than {MAX_SKUS} different variants.", "/items")
    return wanted


def fingerprint_of(request: PlaceOrderRequest, wanted: dict[VariantRef, int]) -> str:
    """Tells two requests apart; the order of lines and how they were split do not count."""
    canonical: dict[str, Any] = {
        "items": sorted([*ref, quantity] for ref, quantity in wanted.items()),
        "address": request.shipping_address.model_dump(exclude_none=True),
        "payment": request.payment_method_id,
    }
    if request.expected_total is not None:
        canonical["expected"] = request.expected_total
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _require_for_sale(
    request: PlaceOrderRequest,
    variants: Mapping[VariantRef, PricedVariant],
    catalog: Mapping[Key, Item],
) -> None:
    """Raises a Problem that names each line whose product or variant is not for sale."""
    errors = []
    for i, item in enumerate(request.items):
        variant = variants.get(VariantRef(item.product_id, item.variant_id))
        if variant is None or not variant.sellable:
            known = Key(**product_key(item.product_id)) in catalog
            field = "variantId" if known else "productId"
            detail = f"{item.product_id}/{item.variant_id} is not for sale."
            errors.append({"detail": detail, "pointer": f"/items/{i}/{field}"})
    if errors:
        detail = "The order cannot be placed."
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=errors)


def _lines(
    wanted: dict[VariantRef, int], variants: dict[VariantRef, PricedVariant]
) -> tuple[tuple[OrderLine, ...], str]:
    currencies = {variants[ref].currency for ref in wanted}
    if len(currencies) > 1:
        raise _invalid("The variants are sold in different currencies.", "/items")
    lines = tuple(
        OrderLine(
            ref.product_id,
            ref.variant_id,
            variants[ref].sku,
            variants[ref].name,
            quantity,
            variants[ref].unit_price,
        )
        for ref, quantity in wanted.items()
    )
    return lines, currencies.pop()


def _total(lines: Sequence[OrderLine]) -> int:
    total = total_of(lines)
    if not 0 < total <= MAX_TOTAL:
        raise _invalid(f"The total is not between 1 and {MAX_TOTAL} minor units.", "/items")
    return total


def _require_expected(expected: int | None, total: int, currency: str) -> None:
    """Raises a Problem with the total as it is now: a price changed since the customer saw it."""
    if expected is None or expected == total:
        return
    detail = f"The order costs {total} minor units of {currency} now."
    raise Problem(
        HTTPStatus.CONFLICT,
        detail,
        errors=[{"detail": detail, "pointer": "/expectedTotal"}],
        extensions={"total": {"amount": total, "currency": currency}},
    )


def _invalid(detail: str, pointer: str) -> Problem:
    errors = [{"detail": detail, "pointer": pointer}]
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "The order cannot be placed.", errors=errors)


app = APIGatewayHttpResolver()


@cache
def _place_order() -> PlaceOrder:
    return PlaceOrder(
        database(),
        OrderWrites(setting("ORDERS_TABLE")),
        setting("CATALOG_TABLE"),
        StepFunctionsExecutions(clients.step_functions, setting("PLACE_ORDER_ARN")),
        utc_now,
    )


@app.post("/orders")
def post_order() -> Response[Any]:
    """Accepts an order: 202, and its location to poll."""
    key = idempotency_key(app)
    request = parse_body(app, PlaceOrderRequest)
    order = _place_order()(caller_of(app).customer_id, key, request)
    measure("AcceptanceTime", milliseconds_between(arrival(app), utc_now()))
    headers = {
        "Location": f"/orders/{order.order_id}",
        "Retry-After": "1",
        "Cache-Control": "no-store",
    }
    return respond(HTTPStatus.ACCEPTED, accepted_view(order), headers)


handler = http_handler(app)
