"""A refund of a part and a cancel of the same order, in whatever order their steps come."""

from collections.abc import Callable

import pytest

from functions.checkout.refund_order import RefundOrder
from functions.orders.domain import OrderStatus
from functions.orders.refunds import OrderRefund, RefundState
from functions.payments.gateway import GatewayRefused
from functions.payments.ledger import PaymentState
from functions.shared.problems import Problem
from tests.support.shop import Shop
from tests.unit.checkout.refunding import (
    BOSS,
    breaches,
    cancel,
    confirmed,
    of_amount,
    of_lines,
    refunded_at_provider,
    run,
    stored,
)

Step = Callable[[Shop, OrderRefund], None]
STEPS: dict[str, Step] = {
    "cancel": lambda shop, made: cancel(shop, made.order_id),
    "release": lambda shop, made: shop.run("release", made.order_id),
    "void": lambda shop, made: shop.run("refund", made.order_id),
    "issue": lambda shop, made: run(shop, "issue", made),
    "restock": lambda shop, made: run(shop, "restock", made),
}
ORDERS_OF_STEPS = {
    "refund, cancel": "issue restock cancel release void",
    "cancel between": "issue cancel restock release void",
    "cancel all over": "cancel release void issue restock",
    "release between": "cancel issue release restock void",
    "in turns": "cancel release issue void restock",
    "all twice": (
        "cancel release release issue issue void void restock restock release void issue"
    ),
}


@pytest.mark.parametrize("steps", [*map(str.split, ORDERS_OF_STEPS.values())], ids=ORDERS_OF_STEPS)
@pytest.mark.parametrize("restock", [True, False])
@pytest.mark.parametrize("refused", [True, False])
def test_cancel_takes_only_the_rest_in_whatever_order(
    shop: Shop, refund: RefundOrder, steps: list[str], restock: bool, refused: bool
) -> None:
    order_id = confirmed(shop)
    made = refund(order_id, "k", of_lines(("mug", 2), ("lamp", 1), restock=restock), BOSS)
    for step in steps:
        if step == "issue" and refused and stored(shop, made).state is RefundState.PENDING:
            shop.gateway.refusals["refund"] = GatewayRefused("charge_disputed")
        STEPS[step](shop, made)
        if not refused:
            assert breaches(shop, order_id) == []
    order, payment = shop.order(order_id), shop.payment(order_id)
    assert order.status is OrderStatus.CANCELLED
    assert not order.saga_open
    assert not stored(shop, made).saga_open
    assert payment is not None
    late = refused and steps.index("void") < steps.index("issue")
    assert payment.state is (PaymentState.REFUND_FAILED if late else PaymentState.REFUNDED)
    assert refunded_at_provider(shop, order_id) == (2000 if late else 5000)
    undone = refused and steps.index("issue") < steps.index("cancel")
    gone = 0 if restock or undone else 2
    assert shop.available("MUG") == 10 - gone
    words = [breach.words for breach in breaches(shop, order_id)]
    assert words == (["its customer is 3000 short"] if late else [])


def test_cancel_that_comes_first_refuses_the_refund(shop: Shop, refund: RefundOrder) -> None:
    order_id = confirmed(shop)
    cancel(shop, order_id)
    with pytest.raises(Problem) as refused:
        refund(order_id, "k", of_amount(1), BOSS)
    assert refused.value.status == 409
