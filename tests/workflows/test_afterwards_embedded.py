"""Every path of CancelOrder and RefundOrder on the embedded cloud, which must agree with moto's.

There, unlike on moto, executions can run at once.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest

from functions.orders.domain import OrderStatus
from tests.support.saga_world import CANCEL, REFUND, SagaWorld
from tests.workflows.afterwards import PATHS, After, walk


@pytest.mark.parametrize("path", PATHS, ids=str)
def test_path(embedded: SagaWorld, path: After) -> None:
    walk(embedded, path)


def test_a_cancel_and_two_refunds_at_once(embedded: SagaWorld) -> None:
    order_id = embedded.place(stock=((5,),), quantity=3)
    assert embedded.interpreter.run(order_id).status == "SUCCEEDED"
    line = embedded.line(order_id, 1)
    refunds = [embedded.refund(order_id, lines=[line], restock=True) for _ in range(2)]
    embedded.cancel(order_id)
    with ThreadPoolExecutor(3) as pool:
        run = embedded.interpreter.run
        runs = [
            pool.submit(run, order_id, machine=CANCEL),
            *(pool.submit(run, order_id, machine=REFUND, refund_id=one) for one in refunds),
        ]
        assert [each.result().status for each in runs] == ["SUCCEEDED"] * 3
    account = embedded.require_ended(order_id)
    assert account.order.status is OrderStatus.CANCELLED
    assert sum(charge.captured - charge.refunded for charge in account.charges) == 0
    assert embedded.available(order_id) == 5
    embedded.forget(order_id)
