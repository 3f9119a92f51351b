"""What a consumer cannot handle while something is away is handled by itself afterwards."""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest

from contracts.events.carts import CartAbandoned, CartLine
from contracts.events.envelope import DomainEvent
from contracts.events.inventory import AvailabilityChanged
from contracts.events.orders import EventLine, OrderConfirmed
from functions.carts import client as carts_client
from functions.carts import ordered
from functions.carts.domain import ItemId
from functions.carts.store import RedisCarts
from functions.catalog import purchases, stock
from functions.checkout import audit_order, payment_events
from functions.events.redrive_parked import TRIED, TRIED_SELDOM, Parked, RedriveParked
from functions.notifications import inform
from functions.search import index_products
from functions.shared import clients
from tests.support.deliveries import NOON, sqs_batch
from tests.support.emulator import Emulator
from tests.support.products import batch, delivered, failures, product
from tests.support.valkey import Valkey, valkey_server

Handler = Callable[[Any, Any], dict[str, Any]]
MUG = ItemId("mug", "blue")
NOBODY = "127.0.0.1:1"
"""Where nothing listens."""


def confirmed(order_id: str, customer_id: str = "customer-1") -> OrderConfirmed:
    line = EventLine(
        product_id="mug", variant_id="blue", sku="MUG-BLUE", quantity=1, unit_price=100
    )
    return OrderConfirmed(
        order_id=order_id,
        customer_id=customer_id,
        lines=(line,),
        total=100,
        currency="EUR",
        placed_at=NOON,
    )


def body(event: DomainEvent) -> str:
    """A message that tells of the event."""
    text: str = sqs_batch((event, 1))["Records"][0]["body"]
    return text


class Consumer:
    """A queue with its dead letters, and the function behind it; Lambda's part is played here."""

    def __init__(self, emulator: Emulator, handler: Handler) -> None:
        self.sqs = emulator.client("sqs")
        self.handler = handler
        name = f"consumer-{uuid4().hex[:8]}"
        self._parked_url, parked = self._queue(f"{name}-parked", {})
        policy = json.dumps({"deadLetterTargetArn": parked, "maxReceiveCount": "3"})
        self._url, queue = self._queue(name, {"RedrivePolicy": policy, "VisibilityTimeout": "0"})
        self.told = Parked(function=name, queue=queue, parked=parked, parked_url=self._parked_url)
        self.redrive = RedriveParked(lambda: self.sqs, lambda: cast("Any", self))

    def _queue(self, name: str, attributes: Mapping[str, str]) -> tuple[str, str]:
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, found["Attributes"]["QueueArn"]

    def send(self, *bodies: str) -> None:
        for one in bodies:
            self.sqs.send_message(QueueUrl=self._url, MessageBody=one)

    def deliver(self) -> None:
        """Lambda's event source, until the queue has nothing more to give."""
        while messages := self.sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            records = [{"messageId": m["MessageId"], "body": m["Body"]} for m in messages]
            failed = failures(self.handler({"Records": records}, None))
            for message in messages:
                if message["MessageId"] not in failed:
                    self.sqs.delete_message(
                        QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"]
                    )

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:
        """The function as Lambda invokes it."""
        assert FunctionName == self.told.function
        answer = self.handler(json.loads(Payload), None)
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}

    @property
    def parked(self) -> int:
        found = self.sqs.get_queue_attributes(QueueUrl=self._parked_url, AttributeNames=["All"])
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return sum(int(found["Attributes"][name]) for name in names)


@pytest.fixture
def server() -> Iterator[Valkey]:
    with valkey_server() as running:
        yield running


def test_carts_catch_up_by_themselves_after_redis_was_away(
    emulator: Emulator, server: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    carts_client.redis.cache_clear()
    monkeypatch.setenv("CART_REDIS", f"127.0.0.1:{server.port}")
    customers = [f"customer-{number}" for number in range(2 * TRIED)]
    mine = server.client()
    for customer in customers:
        RedisCarts(lambda: mine, lambda: NOON).add(customer, MUG, 1)
    server.stop()

    consumer = Consumer(emulator, ordered.handler)
    consumer.send(*(body(confirmed(f"order-{name}", name)) for name in customers))
    consumer.deliver()
    consumer.redrive(consumer.told)
    assert consumer.parked == len(customers), "nothing is lost while it is away"

    server.start()
    consumer.redrive(consumer.told)
    consumer.deliver()
    assert consumer.parked == 0
    again = server.client()
    carts = RedisCarts(lambda: again, lambda: NOON)
    assert all(carts.read(customer).items == {} for customer in customers)
    for client in (mine, again, carts_client.redis()):
        client.close()
    carts_client.redis.cache_clear()


def test_what_is_wrong_in_itself_stays_parked_and_goes_round_no_more(emulator: Emulator) -> None:
    tried: list[str] = []

    def handle(event: dict[str, Any], _: object) -> dict[str, Any]:
        bodies = {record["messageId"]: record["body"] for record in event["Records"]}
        tried.extend(bodies.values())
        wrong = [one for one, text in bodies.items() if text == "poison"]
        return {"batchItemFailures": [{"itemIdentifier": one} for one in wrong]}

    consumer = Consumer(emulator, handle)
    consumer.send("poison")
    consumer.deliver()
    assert (tried, consumer.parked) == (["poison"] * 3, 1)
    for _ in range(4 * TRIED_SELDOM):
        consumer.redrive(consumer.told)
        consumer.deliver()
    assert consumer.parked == 1
    assert 3 < len(tried) <= 3 + TRIED_SELDOM + 3, "at first by every run, then by every sixth"


def test_a_function_that_breaks_off_has_handled_nothing(emulator: Emulator) -> None:
    consumer = Consumer(emulator, ordered.handler)
    consumer.sqs.send_message(QueueUrl=consumer.told.parked_url, MessageBody="anything")
    broken = RedriveParked(
        lambda: consumer.sqs,
        lambda: cast("Any", SimpleNamespace(invoke=lambda **_: {"FunctionError": "Unhandled"})),
    )
    broken(consumer.told)
    assert consumer.parked == 1


@pytest.fixture
def nothing_answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Neither AWS nor Redis, the search engine, or the payment provider."""
    carts_client.redis.cache_clear()
    clients._client.cache_clear()
    for name in ("AWS_ENDPOINT_URL", "SEARCH_ENDPOINT", "PAYMENT_API_BASE"):
        monkeypatch.setenv(name, f"http://{NOBODY}")
    monkeypatch.setenv("CART_REDIS", NOBODY)
    monkeypatch.setenv("SEARCH_REPLICAS", "0")
    for name in ("ORDERS_TABLE", "INVENTORY_TABLE", "CATALOG_TABLE", "USER_POOL_ID"):
        monkeypatch.setenv(name, "any")
    for name in ("PAYMENT_SECRET_ARN", "SENDER_ADDRESS"):
        monkeypatch.setenv(name, "any@shop.example")
    yield
    clients._client.cache_clear()


REFUND_FAILED = json.dumps(
    {"id": "evt_1", "type": "refund.failed", "data": {"object": {"payment_intent": "pi_1"}}}
)
ABANDONED = CartAbandoned(
    customer_id="c", lines=(CartLine(product_id="mug", variant_id="blue", quantity=1),)
)


@pytest.mark.usefixtures("nothing_answers")
@pytest.mark.parametrize(
    "case",
    {
        "AuditOrder": (audit_order.handler, body(confirmed("order-1"))),
        "IndexProducts": (index_products.handler, delivered(product(), 1)),
        "InformCustomer": (inform.handler, body(ABANDONED)),
        "NotePurchases": (purchases.handler, body(confirmed("order-1"))),
        "PaymentEvents": (payment_events.handler, REFUND_FAILED),
        "ProjectStock": (stock.handler, body(AvailabilityChanged(sku="MUG", in_stock=True))),
        "TakeOrdered": (ordered.handler, body(confirmed("order-1"))),
    }.items(),
    ids=lambda case: case[0],
)
def test_every_consumer_hands_back_what_it_cannot_handle(
    case: tuple[str, tuple[Handler, str]],
) -> None:
    handler, message = case[1]
    assert failures(handler(batch(message), None)) == ["0"]
