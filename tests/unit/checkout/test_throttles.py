"""What is throttled on the way of an order: the start of its executions, and its mail."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.stub import Stubber

from functions.checkout.executions import NotStarted, StepFunctionsExecutions
from functions.checkout.settle_order import SettleOrder
from functions.checkout.settle_refund import SettleRefund
from functions.checkout.sweep_orders import SweepOrders
from functions.notifications.mailer import NotSent, SesMailer, Undeliverable
from functions.notifications.message import Message
from functions.orders.domain import OrderStatus
from functions.orders.settlement import SettlementWrites
from functions.shared import clients
from tests.support.fake_executions import FakeExecutions
from tests.support.shop import ORDERS, Shop

PLACE = "arn:aws:states:eu-central-1:123456789012:stateMachine:PlaceOrder"
CANCEL = "arn:aws:states:eu-central-1:123456789012:stateMachine:CancelOrder"
MESSAGE = Message("Your order", "text", "<p>html</p>")


def _stub(service: Any) -> Stubber:
    client: Any = boto3.client(
        service, region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    return Stubber(client)


@pytest.fixture
def step_functions() -> Iterator[Stubber]:
    with _stub("stepfunctions") as stub:
        yield stub


@pytest.fixture
def started(step_functions: Stubber) -> StepFunctionsExecutions:
    client: Any = step_functions.client
    return StepFunctionsExecutions(lambda: client, PLACE, CANCEL)


@pytest.mark.parametrize(
    "code",
    ["ThrottlingException", "ExecutionLimitExceeded", "InternalFailure", "ServiceUnavailable"],
)
def test_a_start_that_is_refused_is_not_made(
    step_functions: Stubber, started: StepFunctionsExecutions, code: str
) -> None:
    for start in (started.start_place, started.start_cancel):
        step_functions.add_client_error("start_execution", code)
        with pytest.raises(NotStarted):
            start("order-1")


def test_a_start_that_does_not_reach_the_service_is_not_made(
    step_functions: Stubber, started: StepFunctionsExecutions
) -> None:
    def unreachable(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://states")

    step_functions.client.meta.events.register_first("before-call.sfn", unreachable)
    with pytest.raises(NotStarted):
        started.start_place("order-1")


def test_what_was_started_before_is_started(
    step_functions: Stubber, started: StepFunctionsExecutions
) -> None:
    for start in (started.start_place, started.start_cancel):
        step_functions.add_client_error("start_execution", "ExecutionAlreadyExists")
        start("order-1")


def test_an_execution_that_cannot_be_asked_about_is_not_taken_for_absent(
    step_functions: Stubber, started: StepFunctionsExecutions
) -> None:
    step_functions.add_client_error("describe_execution", "ExecutionDoesNotExist")
    assert started.place_status("order-1") is None
    step_functions.add_client_error("describe_execution", "ThrottlingException")
    with pytest.raises(ClientError, match="ThrottlingException"):
        started.place_status("order-1")


@pytest.mark.parametrize(("minutes", "outcome"), [(3, "started"), (31, "closed")])
def test_the_sweeper_starts_an_order_when_it_can_or_rejects_it_when_it_is_late(
    shop: Shop, minutes: int, outcome: str
) -> None:
    executions = FakeExecutions(down=True)
    order_id = shop.place(("MUG", 1))
    settle = SettleOrder(shop.database, SettlementWrites(ORDERS), executions, shop.now)
    settle_refund = SettleRefund(shop.database, ORDERS, executions, shop.now)
    sweep = SweepOrders(shop.database, ORDERS, settle, settle_refund, shop.now)
    shop.time += timedelta(minutes=2)
    assert (sweep(), sweep()) == ({"failed": 1}, {"failed": 1})
    assert shop.order(order_id).status is OrderStatus.PENDING
    executions.down = False
    shop.time += timedelta(minutes=minutes - 2)
    assert sweep() == {outcome: 1}
    assert list(executions.placed if outcome == "started" else executions.cancelled) == [order_id]


@pytest.mark.parametrize(
    ("code", "raised"),
    [
        ("TooManyRequestsException", NotSent),
        ("LimitExceededException", NotSent),
        ("SendingPausedException", NotSent),
        ("MessageRejected", Undeliverable),
        ("InternalFailure", ClientError),
    ],
)
def test_a_mail_is_not_sent_never_sent_or_nobody_knows(code: str, raised: type[Exception]) -> None:
    with _stub("sesv2") as ses:
        client: Any = ses.client
        ses.add_client_error("send_email", code)
        with pytest.raises(raised, match=code):
            SesMailer(lambda: client, "shop@example.com").send("ada@example.com", MESSAGE, {})


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (ReadTimeoutError, ReadTimeoutError),
        (ConnectionClosedError, ConnectionClosedError),
        (ConnectTimeoutError, NotSent),
        (EndpointConnectionError, NotSent),
    ],
)
def test_a_mail_whose_answer_is_lost_is_not_asked_for_again(
    error: Any, raised: type[Exception]
) -> None:
    requests: list[str] = []

    def lost(request: Any, **_: object) -> None:
        requests.append(request.url)
        raise error(endpoint_url=request.url)

    events = clients.email().meta.events
    events.register("before-send.sesv2.SendEmail", lost)
    try:
        with pytest.raises(raised):
            SesMailer(clients.email, "shop@example.com").send("ada@example.com", MESSAGE, {})
    finally:
        events.unregister("before-send.sesv2.SendEmail", lost)
    assert len(requests) == 1
