"""Orders as the API shows them."""

from collections.abc import Sequence
from dataclasses import replace

from contracts.money import Money
from contracts.orders_api import (
    Address,
    ExecutionView,
    OrderLineView,
    OrderSummary,
    OrderView,
    RefundedLineView,
    RefundView,
    RejectionView,
    StepView,
)
from functions.orders.domain import Order, OrderStatus
from functions.orders.progress import progress
from functions.orders.refunds import OrderRefund, RefundState


def order_view(order: Order, refunds: Sequence[OrderRefund] = ()) -> OrderView:
    """One order, whole, with its refunds."""
    rejection = order.rejection
    return OrderView(
        order_id=order.order_id,
        status=order.status.public,
        created_at=order.created_at,
        total=Money(amount=order.total, currency=order.currency),
        items=tuple(
            OrderLineView(
                product_id=line.product_id,
                variant_id=line.variant_id,
                sku=line.sku,
                name=line.name,
                quantity=line.quantity,
                unit_price=Money(amount=line.unit_price, currency=order.currency),
            )
            for line in order.lines
        ),
        shipping_address=Address.model_validate(dict(order.address)) if order.address else None,
        rejection=RejectionView(reason=rejection.reason, detail=rejection.detail)
        if rejection
        else None,
        shipped_at=order.shipped_at,
        refunds=tuple(refund_view(refund) for refund in refunds),
    )


def refund_view(refund: OrderRefund) -> RefundView:
    """A refund of a part of an order."""
    return RefundView(
        refund_id=refund.refund_id,
        order_id=refund.order_id,
        status=refund.state,
        amount=Money(amount=refund.amount, currency=refund.currency),
        lines=tuple(
            RefundedLineView(
                product_id=line.product_id,
                variant_id=line.variant_id,
                quantity=line.quantity,
                restock=line.restock,
            )
            for line in refund.lines
        ),
        reason=refund.reason,
        created_at=refund.created_at,
    )


def accepted_refund_view(refund: OrderRefund) -> RefundView:
    """The refund as it was recorded: a repeated request gets the same answer as the first."""
    return refund_view(replace(refund, state=RefundState.PENDING))


def accepted_view(order: Order) -> OrderView:
    """The order as it was accepted: a repeated request gets the same answer as the first."""
    accepted = replace(order, status=OrderStatus.PENDING, rejection=None, shipped_at=None)
    return order_view(accepted)


def order_summary(order: Order) -> OrderSummary:
    """One order in a list."""
    return OrderSummary(
        order_id=order.order_id,
        status=order.status.public,
        created_at=order.created_at,
        total=Money(amount=order.total, currency=order.currency),
    )


def execution_view(order: Order) -> ExecutionView:
    """How far the order's saga is."""
    done = progress(order)
    return ExecutionView(
        order_id=order.order_id,
        order_status=order.status.public,
        status=done.status,
        current_state=done.current_state,
        steps=tuple(StepView(state=state, completed_at=at) for state, at in done.steps),
    )
