"""What makes each function do everything that it may do: some orders, and what goes wrong."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

import redis

from contracts.orders_api import RefundRequest
from functions.carts.store import _bucket, _idle_key
from functions.checkout.cancel_order import CancelOrder
from functions.checkout.executions import cancel_name, refund_name
from functions.checkout.refund_order import RefundOrder
from functions.orders.settlement import SettlementWrites
from functions.shared.access import OPERATORS, Caller
from functions.shared.clock import utc_now
from functions.shared.dynamodb import DynamoDatabase
from scripts.dev.seed_catalog import EXAMPLE_ORDER, OUT_OF_STOCK_LINE
from scripts.kit.customer import Customer
from scripts.kit.executions import execution_arn
from scripts.kit.records import OrderRecord
from scripts.ops.demo import order_of
from tests.e2e import test_settlement as settlement
from tests.e2e.conftest import Shop
from tests.e2e.orders import EVENTS_PATIENCE, PATIENCE, body, new_key, place, placed_and_ended
from tests.e2e.test_catalog import new_product
from tests.e2e.test_mail import somebody_whose_mail_bounced
from tests.e2e.test_operations import redrive
from tests.e2e.test_payment_webhooks import at_provider, confirmed
from tests.e2e.test_refunds import ask, until
from tests.e2e.test_stock import Product
from tests.support.emulator import wait_until
from tests.support.fake_executions import FakeExecutions

BEANS: Final = {"productId": "house-espresso-beans", "variantId": "250g", "quantity": 1}
A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class People:
    """A deployed shop, a customer and an operator."""

    shop: Shop
    ada: Customer
    grace: Customer

    def ended(self, order_id: str) -> OrderRecord:
        """The order once nothing of it is open."""
        return settlement.eventually(self.shop, order_id, settlement.ended)

    def invoke(self, function: str, event: Any) -> Any:
        """What a function answers to an event."""
        answer = self.shop.clients.functions.invoke(
            FunctionName=self.shop.endpoints.function(function),
            Qualifier="live",
            Payload=json.dumps(event),
        )
        told = json.loads(answer["Payload"].read())
        assert not answer.get("FunctionError"), told
        return told

    @contextmanager
    def fault(self, path: str, **fault: Any) -> Iterator[None]:
        """The provider goes wrong at a path."""
        ordered = {"method": "POST", "path": path, "times": None, **fault}
        at_provider(self.shop, "POST", "faults", ordered)
        try:
            yield
        finally:
            at_provider(self.shop, "DELETE", "faults")

    def stop(self, machine: str, name: str) -> None:
        """Stops an execution in the middle of its first task."""
        states = self.shop.clients.states
        arn = execution_arn(self.shop.endpoints.state_machines[machine], name)

        def at_work() -> bool:
            events = states.get_execution_history(executionArn=arn)["events"]
            return any(event["type"] == "TaskStarted" for event in events)

        wait_until(at_work, f"{name} to be at work", seconds=PATIENCE)
        states.stop_execution(executionArn=arn, error="Operator")

    def database(self) -> DynamoDatabase:
        """The shop's tables."""
        return settlement.database(self.shop)


def orders(on: People) -> None:
    """One that is confirmed, one that is declined, one of goods that are not there."""
    placed_and_ended(on.ada, body())
    placed_and_ended(on.ada, body(paymentMethodId="pm_card_chargeDeclined"))
    placed_and_ended(on.ada, order_of(OUT_OF_STOCK_LINE, "pm_card_visa"))


def lists(on: People) -> None:
    """Lists, and cursors that are none; the first answer may be of a function that starts."""
    for path in ("/orders", "/search", "/categories/kitchen/products"):
        assert on.ada.get(path).status in (200, 503)
        wait_until(
            partial(_is_refused, on.ada, f"{path}?cursor=nonsense"),
            f"{path} to refuse a cursor",
            seconds=PATIENCE,
        )
    on.ada.get(f"/products/{BEANS['productId']}/reviews")


def _is_refused(customer: Customer, path: str) -> bool:
    return customer.get(path).status == 400


def cancelled(on: People) -> None:
    """A confirmed order is cancelled."""
    order_id, _ = placed_and_ended(on.ada, body())
    assert on.ada.post(f"/orders/{order_id}/cancel").status == 202
    on.ended(order_id)


def shipped(on: People) -> None:
    """A confirmed order is shipped."""
    order_id, _ = placed_and_ended(on.ada, body())
    assert on.grace.post(f"/orders/{order_id}/ship").status == 200


def capture_declined(on: People) -> None:
    """The authorisation has expired when the order is confirmed."""
    with on.fault("/v1/payment_intents/*/capture", kind="expire"):
        _, ended = placed_and_ended(on.ada, body())
    assert ended.body["orderStatus"] == "REJECTED", ended


def refunded(on: People) -> None:
    """Lines are refunded and put back; an amount is refused, for the payment is disputed."""
    order_id, intent_id = confirmed(on.shop, on.ada)
    lines = {"lines": [{**EXAMPLE_ORDER["items"][0], "quantity": 1}], "restock": True}
    assert ask(on.shop, on.grace, order_id, lines, new_key()).status == 202
    until(on.shop, order_id, lambda refund: not refund.saga_open)
    at_provider(on.shop, "POST", f"intents/{intent_id}/dispute")
    assert ask(on.shop, on.grace, order_id, {"amount": 100}, new_key()).status == 202
    until(on.shop, order_id, lambda refund: not refund.saga_open)


def managed(on: People) -> None:
    """A product is made, changed, reviewed; units come in and are sold out."""
    product = new_product(f"p-{new_key()[:8]}")
    path = f"/products/{product['productId']}"
    assert on.grace.send("POST", "/products", product).status == 201
    tag = on.ada.get(path).headers["etag"]
    assert on.grace.send("PATCH", path, {"name": "Other"}, If_Match=tag).status == 200
    review = {"rating": 4, "text": "Good."}
    assert on.ada.send("POST", f"{path}/reviews", review).status == 201
    sold = Product(on.shop, on.grace)
    sold.receive(2)
    sold.spread(2)

    def in_stock() -> bool:
        return bool(on.ada.get(f"/products/{sold.id}").body["inStock"])

    wait_until(in_stock, f"units of {sold.id}", seconds=EVENTS_PATIENCE)
    placed_and_ended(on.ada, sold.order(2))
    wait_until(lambda: not in_stock(), f"{sold.id} to be sold out", seconds=EVENTS_PATIENCE)


def provider_events(on: People) -> None:
    """A refund that is made at the provider alone."""
    order_id, intent_id = confirmed(on.shop, on.ada)
    at_provider(on.shop, "POST", f"intents/{intent_id}/refund", {"amount": 100})
    settlement.eventually(
        on.shop, order_id, lambda record: bool(record.payment and record.payment.outside)
    )


def abandoned(on: People) -> None:
    """A cart that nobody has changed for days."""
    order_id, _ = placed_and_ended(on.ada, body())
    record = on.shop.records.order(order_id)
    assert record is not None
    customer = record.order.customer_id
    assert on.ada.send("POST", "/cart/items", BEANS).status == 200
    host, _, port = (on.shop.endpoints.redis or "").partition(":")
    with redis.Redis(host=host, port=int(port)) as store:
        store.zadd(_idle_key(_bucket(customer)), {customer: 1})
    assert on.invoke("ReportAbandonedCarts", {}) == 1
    assert on.ada.send("DELETE", "/cart").status == 204


def swept(on: People) -> None:
    """What was promised and never started: an order in time, one too late, a cancel, a refund."""
    table = on.shop.endpoints.tables["orders"]
    down, yesterday = FakeExecutions(down=True), lambda: utc_now() - A_DAY
    started = settlement.stored_order(on.shop, on.ada, timedelta(minutes=20)).order_id
    late = settlement.stored_order(on.shop, on.ada, timedelta(hours=2)).order_id
    cancel, _ = placed_and_ended(on.ada, body())
    operator = Caller("grace", frozenset({OPERATORS}))
    CancelOrder(on.database(), SettlementWrites(table), down, yesterday)(cancel, operator)
    refund, _ = placed_and_ended(on.ada, body())
    RefundOrder(on.database(), table, down, yesterday)(
        refund, new_key(), RefundRequest.model_validate({"amount": 100}), "grace"
    )
    on.invoke("SweepOrders", {})
    for order_id in (started, late, cancel):
        on.ended(order_id)
    until(on.shop, refund, lambda one: not one.saga_open)


def expired(on: People) -> None:
    """A hold that nobody gave back."""
    settlement.test_expired_hold_is_given_back_once(on.shop, on.ada)


def stopped(on: People) -> None:
    """Executions that were stopped: of an order, of a cancel, of a refund."""
    with on.fault("/v1/payment_intents/*/confirm", kind="drop-before"):
        order_id = place(on.ada, body())
        on.stop("PlaceOrder", order_id)
        on.ended(order_id)
    cancel, _ = placed_and_ended(on.ada, body())
    refund, _ = placed_and_ended(on.ada, body())
    with on.fault("/v1/refunds", kind="drop-before"):
        assert on.ada.post(f"/orders/{cancel}/cancel").status == 202
        on.stop("CancelOrder", cancel_name(cancel))
        asked = ask(on.shop, on.grace, refund, {"amount": 100}, new_key()).body["refundId"]
        on.stop("RefundOrder", refund_name(asked))
        settlement.eventually(on.shop, cancel, lambda record: bool(record.order.execution))
        until(on.shop, refund, lambda one: one.execution is not None)
    assert redrive(on.shop, cancel_name(cancel), refund_name(asked)) == 0
    on.ended(cancel)
    until(on.shop, refund, lambda one: not one.saga_open)


def audited(on: People) -> None:
    """An order is judged without waiting for its quarter of an hour."""
    order_id, _ = placed_and_ended(on.ada, body())
    told = {"detail": {"data": {"orderId": order_id}}}
    message = {"messageId": "1", "body": json.dumps(told)}
    assert on.invoke("AuditOrder", {"Records": [message]}) == {"batchItemFailures": []}


def parked(on: People) -> None:
    """Of what two consumers have put aside one message is wrong, the other can be handled."""
    order_id, _ = placed_and_ended(on.ada, body())
    sqs, told = on.shop.clients.sqs, {"detail": {"data": {"orderId": order_id}}}
    urls = []
    for name, message in (("AuditOrder", told), ("InformCustomer", {})):
        url = sqs.get_queue_url(QueueName=f"commerce-local-{name}-parked")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(message))
        urls.append(url)
    on.invoke("RedriveParked", {})
    for url in urls:
        sqs.purge_queue(QueueUrl=url)


def bounced(on: People) -> None:
    """A mail comes back."""
    somebody_whose_mail_bounced(on.shop)


Drive = Callable[[People], None]
DRIVES: Final[Mapping[str, tuple[Drive, ...]]] = {
    "AuditOrder": (audited,),
    "CancelOrderApi": (cancelled,),
    "CartsApi": (abandoned,),
    "CatalogApi": (lists,),
    "ChargePayment": (orders,),
    "ConfirmOrder": (orders, capture_declined),
    "ExpireReservations": (expired,),
    "InformCustomer": (cancelled,),
    "IssueRefund": (refunded,),
    "ManageCatalogApi": (managed,),
    "NotePurchases": (orders,),
    "NoteReturnedMail": (bounced,),
    "OrdersApi": (lists,),
    "OutboxRelay": (orders,),
    "PaymentEvents": (provider_events,),
    "PaymentWebhookApi": (provider_events,),
    "PlaceOrderApi": (orders,),
    "ProjectStock": (managed,),
    "ReconcileExecution": (stopped,),
    "RedriveParked": (parked,),
    "RefundOrderApi": (refunded,),
    "RefundPayment": (cancelled,),
    "RejectOrder": (orders,),
    "ReleaseInventory": (cancelled,),
    "ReportAbandonedCarts": (abandoned,),
    "ReserveInventory": (orders,),
    "RestockInventory": (refunded,),
    "SearchApi": (lists,),
    "SendConfirmation": (orders,),
    "ShipOrderApi": (shipped,),
    "StockApi": (managed,),
    "SweepOrders": (swept,),
    "WatchStock": (managed,),
    "WriteReviewApi": (managed,),
}
"""Function → what has it use each of its grants."""
