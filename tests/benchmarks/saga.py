"""The saga of the real tasks in the embedded cloud: alone, and with many callers.

From StartExecution to SUCCEEDED, as a caller sees it who asks DescribeExecution. The orders are put
into the table beforehand, since placing them is measured elsewhere; relay and event log run beside.
"""

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Any, Final, NamedTuple
from uuid import uuid4

import urllib3

from functions.orders.api import POLL_SECONDS
from functions.orders.domain import Order, OrderLine, OrderStatus, total_of
from functions.orders.store import OrderWrites
from functions.shared.dynamodb import DynamoDatabase
from scripts.dev.seed_catalog import EXAMPLE_ORDER, products
from tests.benchmarks.orders import subject_of
from tests.benchmarks.platform import Bench
from tests.benchmarks.report import Row, middle

ALONE_MS: Final = 60
A_SECOND: Final = 40
CALLERS: Final = 50
WARM: Final = 2
"""Crowds after the first burst that are not counted: what consumes the orders' events starts."""
ROUNDS: Final = 5
"""Of as many orders as there are callers, counted."""
SINGLES: Final = 31
PATIENCE: Final = 120.0
_ASK_AGAIN: Final = 0.004
_ASK_AGAIN_IN_A_CROWD: Final = float(POLL_SECONDS)
"""As the API tells its customers: every question is answered by the process that all wait for."""


class Span(NamedTuple):
    """How long an execution took, in seconds: as its caller saw it, and by the cloud's clock."""

    seen: float
    began: float
    ended: float


class Caller:
    """Starts executions and waits for them, with as little work of its own as possible."""

    def __init__(self, bench: Bench) -> None:
        self._url = f"{bench.platform.cloud_url}/"
        self._machine = bench.endpoints.state_machines["PlaceOrder"]
        self._pool = urllib3.PoolManager(maxsize=CALLERS, retries=False, timeout=60)
        scope = "20260105/us-east-1/states/aws4_request"
        self._signed = f"AWS4-HMAC-SHA256 Credential=local/{scope}, SignedHeaders=host, Signature=0"

    def run(self, order_id: str, ask_again: float) -> "Span":
        """From the start to SUCCEEDED."""
        began = time.perf_counter()
        text = json.dumps({"orderId": order_id})
        request = {"stateMachineArn": self._machine, "name": order_id, "input": text}
        execution = self._call("StartExecution", request)["executionArn"]
        while True:
            answer = self._call("DescribeExecution", {"executionArn": execution})
            taken = time.perf_counter() - began
            if answer["status"] == "SUCCEEDED":
                return Span(taken, answer["startDate"], answer["stopDate"])
            if answer["status"] != "RUNNING" or taken > PATIENCE:
                raise RuntimeError(f"The saga of order {order_id} is {answer}")
            time.sleep(ask_again)

    def _call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        answer = self._pool.request(
            "POST",
            self._url,
            body=json.dumps(request).encode(),
            headers={
                "X-Amz-Target": f"AWSStepFunctions.{operation}",
                "Content-Type": "application/x-amz-json-1.0",
                "Authorization": self._signed,
            },
        )
        body: dict[str, Any] = json.loads(answer.data)
        if answer.status >= 300:
            raise RuntimeError(f"{operation}: {answer.status} {body}")
        return body


def rows(bench: Bench) -> Iterator[Row]:
    """A burst on functions that never ran, then warm crowds, then one order after the other."""
    orders = iter(_placed(bench, CALLERS * (1 + WARM + ROUNDS) + SINGLES))
    caller = Caller(bench)
    first = _crowd(caller, list(islice(orders, CALLERS)))
    crowds = [_crowd(caller, list(islice(orders, CALLERS))) for _ in range(WARM + ROUNDS)][WARM:]
    alone = middle(caller.run(order, _ASK_AGAIN).seen for order in islice(orders, SINGLES)) * 1000
    yield Row(
        "saga alone, warm",
        f"{alone:.0f} ms",
        f"budget {ALONE_MS} ms",
        alone / ALONE_MS,
        alone <= ALONE_MS,
    )
    rate = CALLERS / middle(crowds)
    yield Row(
        f"sagas with {CALLERS} callers, warm",
        f"{rate:.0f} a second",
        f"at least {A_SECOND} a second",
        A_SECOND / rate,
        rate >= A_SECOND,
    )
    yield Row(f"  their first burst, all cold: {CALLERS} sagas", f"{first:.1f} s")


def _crowd(caller: Caller, orders: Sequence[str]) -> float:
    """Seconds until every caller's saga has ended, all started at once."""
    with ThreadPoolExecutor(max_workers=CALLERS) as pool:
        spans = list(pool.map(lambda order: caller.run(order, _ASK_AGAIN_IN_A_CROWD), orders))
    return max(span.ended for span in spans) - min(span.began for span in spans)


def _placed(bench: Bench, count: int) -> list[str]:
    """Stored orders whose sagas are not started."""
    clients = bench.endpoints.clients()
    database = DynamoDatabase(lambda: clients.dynamodb)
    writes = OrderWrites(bench.endpoints.tables["orders"])
    customer = subject_of(bench)
    orders = list(islice(sample_orders(customer), count))
    for order in orders:
        database.transact(writes.place(order))
    return [order.order_id for order in orders]


def sample_orders(customer: str) -> Iterator[Order]:
    """New orders of one line each, of everything that is in stock."""
    return (_order(line, customer) for line in cycle(_lines()))


def _lines() -> list[OrderLine]:
    return [
        OrderLine(
            one.item.product_id,
            one.item.variant_id,
            one.item.sku,
            f"{product.item.name}, {one.item.name}",
            1,
            one.item.price,
        )
        for product in products()
        for one in product.variants
        if one.units > 20
    ]


def _order(line: OrderLine, customer: str) -> Order:
    address = EXAMPLE_ORDER["shippingAddress"]
    return Order(
        order_id=str(uuid4()),
        customer_id=customer,
        status=OrderStatus.PENDING,
        lines=(line,),
        address={
            "name": address["name"],
            "line1": address["line1"],
            "city": address["city"],
            "postal_code": address["postalCode"],
            "country": address["country"],
        },
        payment_method=EXAMPLE_ORDER["paymentMethodId"],
        total=total_of((line,)),
        currency="EUR",
        fingerprint="0" * 32,
        created_at=datetime.now(UTC),
        steps={},
        saga_open=True,
    )
