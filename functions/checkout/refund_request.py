"""What may be refunded of an order: a request judged by the order and its ledger as they are."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus

from contracts.orders_api import RefundRequest
from functions.orders.domain import Order, OrderLine, OrderStatus, Variant
from functions.orders.refunds import OrderRefund, RefundedLine, RefundState
from functions.orders.returns import MAX_REFUNDS
from functions.payments.ledger import Payment
from functions.shared.problems import Problem


def refund_of_request(
    order: Order,
    payment: Payment | None,
    request: RefundRequest,
    refund_id: str,
    operator: str,
    at: datetime,
) -> OrderRefund:
    """The refund that a request asks for.

    Raises:
        Problem: 409 if the order is not to be refunded, 422 for what cannot be refunded of it.
    """
    _require_choice(request)
    ledger = _require_refundable(order, payment)
    lines = _lines(order, request)
    prices = {line.variant: line.unit_price for line in order.lines}
    amount = request.amount or sum(
        line.quantity * prices[Variant(line.product_id, line.variant_id)] for line in lines
    )
    if amount > ledger.refundable:
        detail = f"Only {ledger.refundable} minor units of {ledger.currency} are left."
        raise _invalid([(detail, "/amount" if request.amount else "/lines")])
    return OrderRefund(
        order_id=order.order_id,
        refund_id=refund_id,
        state=RefundState.PENDING,
        amount=amount,
        currency=order.currency,
        lines=lines,
        fingerprint=fingerprint_of(request),
        requested_by=operator,
        created_at=at,
        reason=request.reason,
    )


def fingerprint_of(request: RefundRequest) -> str:
    """Tells two requests apart."""
    text = json.dumps(request.model_dump(exclude_none=True), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _require_choice(request: RefundRequest) -> None:
    if request.lines is None and request.amount is None:
        raise _invalid([("Either lines or an amount is required.", "/lines")])
    if request.lines is not None and request.amount is not None:
        raise _invalid([("Lines have their own amount: leave this out.", "/amount")])
    if request.lines is None and request.restock is not None:
        raise _invalid([("Only lines can be restocked.", "/restock")])


def _require_refundable(order: Order, payment: Payment | None) -> Payment:
    if order.status is not OrderStatus.CONFIRMED or payment is None:
        detail = f"The order is {order.status.public}; only a CONFIRMED one is refunded in part."
        raise Problem(HTTPStatus.CONFLICT, detail)
    if order.shipped_at is not None:
        raise Problem(HTTPStatus.CONFLICT, "The order has been shipped.")
    if len(order.refund_ids) >= MAX_REFUNDS:
        raise Problem(HTTPStatus.CONFLICT, f"The order has {MAX_REFUNDS} refunds already.")
    return payment


def _lines(order: Order, request: RefundRequest) -> tuple[RefundedLine, ...]:
    """Raises a Problem that names each line which the order does not have so often."""
    sold = {line.variant: line for line in order.lines}
    wanted: dict[Variant, int] = {}
    lines: list[RefundedLine] = []
    errors: list[tuple[str, str]] = []
    for i, asked in enumerate(request.lines or ()):
        variant = Variant(asked.product_id, asked.variant_id)
        wanted[variant] = wanted.get(variant, 0) + asked.quantity
        if variant not in sold:
            detail = f"{asked.product_id}/{asked.variant_id} is no line of the order."
            errors.append((detail, f"/lines/{i}/{_unknown_field(variant, sold)}"))
        elif wanted[variant] > _left(order, sold[variant]):
            detail = f"Only {_left(order, sold[variant])} are left to be refunded."
            errors.append((detail, f"/lines/{i}/quantity"))
        else:
            restock = request.restock if asked.restock is None else asked.restock
            lines.append(
                RefundedLine(*variant, sold[variant].sku, asked.quantity, restock or False)
            )
    if errors:
        raise _invalid(errors)
    return tuple(lines)


def _unknown_field(variant: Variant, sold: Mapping[Variant, OrderLine]) -> str:
    known = any(one.product_id == variant.product_id for one in sold)
    return "variantId" if known else "productId"


def _left(order: Order, line: OrderLine) -> int:
    return line.quantity - order.returned.get(line.variant, 0)


def _invalid(errors: Sequence[tuple[str, str]]) -> Problem:
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The refund cannot be made.",
        errors=[{"detail": detail, "pointer": pointer} for detail, pointer in errors],
    )
