"""An order that was lost with its tables and is placed again under its id: the provider still has
the payment of the first, and the keys that it was made with."""

import pytest

from contracts.errors import PaymentDeclined
from functions.orders.domain import OrderStatus
from functions.payments.gateway import IntentStatus, PaymentIntent
from tests.support.shop import Shop, saga_tasks
from tests.support.stripe_in_process import in_process_gateway

ORDER_ID = "order-0"
CONFIRM = ("charge", "reserve", "confirm", "send")
BACK = ("reject", "release", "refund")


class LossyShop(Shop):
    """A shop at the provider's sandbox, whose tables can be set back to before all orders."""

    def __init__(self) -> None:
        super().__init__()
        self.provider, self.sandbox = in_process_gateway()
        self._tasks = saga_tasks(self.database, self.provider, self.mailbox, self.now)
        self.lose()

    def lose(self) -> None:
        """Everything but the stock as it was received."""
        self.database.tables.clear()
        self.stock("MUG", 10)

    def again(self, *tasks: str, mugs: int = 1) -> None:
        """The order is placed under the same key, and its saga runs."""
        assert self.place(("MUG", mugs)) == ORDER_ID
        self.run_all(ORDER_ID, *tasks)

    def intents(self) -> list[PaymentIntent]:
        """All that the provider has."""
        listed = [one["id"] for one in self.sandbox.intents.list({})["data"]]
        return [self.provider.retrieve_intent(one) for one in listed]


@pytest.fixture
def lossy() -> LossyShop:
    return LossyShop()


def test_the_same_order_again_is_paid_once(lossy: LossyShop) -> None:
    lossy.again(*CONFIRM)
    lossy.lose()
    lossy.again(*CONFIRM)
    assert lossy.order(ORDER_ID).status is OrderStatus.CONFIRMED
    (intent,) = lossy.intents()
    assert intent.amount_received == 1_000


@pytest.mark.parametrize("first", [("charge",), CONFIRM])
def test_another_order_under_the_same_key_is_declined_and_not_paid_besides(
    lossy: LossyShop, first: tuple[str, ...]
) -> None:
    lossy.again(*first)
    before = lossy.intents()
    lossy.lose()
    with pytest.raises(PaymentDeclined, match=r"^idempotency_error$"):
        lossy.again("charge", mugs=2)
    lossy.run_all(ORDER_ID, *BACK)
    assert not lossy.order(ORDER_ID).saga_open
    assert lossy.payment(ORDER_ID) is None  # so that the audit sees the payment as a stray
    assert lossy.intents() == before


def test_a_payment_that_was_voided_meanwhile_confirms_nothing(lossy: LossyShop) -> None:
    lossy.again("charge")
    lossy.lose()
    (intent,) = lossy.intents()
    lossy.provider.cancel_intent(intent.id, idempotency_key="given-back")
    with pytest.raises(PaymentDeclined, match=r"^payment_given_back$"):
        lossy.again("charge")
    lossy.run_all(ORDER_ID, *BACK)
    assert not lossy.order(ORDER_ID).saga_open


def test_a_payment_that_was_refunded_meanwhile_confirms_nothing(lossy: LossyShop) -> None:
    lossy.again(*CONFIRM)
    lossy.lose()
    (intent,) = lossy.intents()
    lossy.provider.refund_intent(intent.id, 1_000, idempotency_key="r", reference=ORDER_ID)
    with pytest.raises(PaymentDeclined, match=r"^payment_given_back$"):
        lossy.again("charge")
    lossy.run_all(ORDER_ID, *BACK)
    assert not lossy.order(ORDER_ID).saga_open


def test_a_card_that_was_declined_is_declined_again(lossy: LossyShop) -> None:
    lossy.sandbox.faults.add({"kind": "decline", "path": "*/confirm"})
    with pytest.raises(PaymentDeclined):
        lossy.again("charge")
    lossy.lose()
    with pytest.raises(PaymentDeclined, match=r"^generic_decline$"):
        lossy.again("charge")


def test_what_was_taken_for_an_order_that_is_sold_out_now_is_refunded(lossy: LossyShop) -> None:
    lossy.again(*CONFIRM)
    lossy.lose()
    lossy.again("charge", *BACK)
    (intent,) = lossy.intents()
    assert intent.status is IntentStatus.SUCCEEDED
    assert [one.amount for one in lossy.provider.list_refunds(intent.id)] == [1_000]
    assert not lossy.order(ORDER_ID).saga_open
