"""From what was counted of one order to dollars per million of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from infra.table import FUNCTIONS
from tests.benchmarks.cost import prices

MILLION: Final = 1_000_000
REQUESTS_PER_EVENT: Final = 3
"""SQS: EventBridge sends, Lambda receives and deletes, each event alone: the dearest way."""
CALL_SECONDS: Final[Mapping[str, float]] = {
    "BatchGetItem": 0.006,
    "GetItem": 0.004,
    "PutItem": 0.006,
    "UpdateItem": 0.006,
    "TransactWriteItems": 0.015,
    "StartExecution": 0.03,
    "PutEvents": 0.02,
    "AdminGetUser": 0.03,
    "SendEmail": 0.06,
}
"""Assumed time of a call within the region; a function waits for it and is paid for the waiting."""
PROVIDER_SECONDS: Final = 0.6
"""Assumed time of a call to the payment provider."""
PROVIDER_CALLS: Final[Mapping[str, int]] = {"ChargePayment": 2, "ConfirmOrder": 1}
"""Create and confirm; capture."""
OWN_SECONDS: Final = 0.004
"""Assumed of a function's own, warm."""
START_AND_REPORT: Final = 450
"""Bytes that Lambda itself logs of an invocation: START, END, REPORT."""
LOG_OVERHEAD: Final = 26
"""Bytes that CloudWatch adds to an event."""


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the bill.

    Attributes:
        amount: of one order.
        price: of one, in dollars.
        counted: it belongs to the goal; else it is shown beside it.
    """

    what: str
    amount: float
    price: float
    counted: bool = True

    @property
    def per_million(self) -> float:
        """Dollars per million orders."""
        return self.amount * self.price * MILLION


def bill(counted: Mapping[str, Any]) -> Iterator[Item]:
    """All lines, those of the goal first."""
    calls, units = counted["calls"], counted["units"]
    events = counted["published"]["events"]
    invocations = _sum(calls, "|lambda|Invoke")
    yield Item("state transitions", counted["transitions"], prices.STATE_TRANSITION)
    yield Item("write units, tables", _sum(units, "|write"), prices.WRITE_UNIT)
    yield Item("write units, indexes", _sum(units, "|index"), prices.WRITE_UNIT)
    yield Item("read units", _sum(units, "|read"), prices.READ_UNIT)
    yield Item("function invocations", invocations, prices.LAMBDA_REQUEST)
    yield Item("API requests (POST /orders)", 1, prices.HTTP_API_REQUEST)
    yield Item("events", counted["published"]["chunks"], prices.EVENT)
    yield Item("queue requests", events * REQUESTS_PER_EVENT, prices.SQS_REQUEST)
    yield Item("secrets read", _sum(calls, "|secretsmanager|GetSecretValue"), prices.SECRET_CALL)
    yield Item(
        "GB-seconds, assumed waiting", gb_seconds(calls), prices.LAMBDA_GB_SECOND, counted=False
    )
    yield Item("e-mails", _sum(calls, "|sesv2|SendEmail"), prices.EMAIL, counted=False)
    logged = counted["log_bytes"] + invocations * (START_AND_REPORT + 4 * LOG_OVERHEAD)
    yield Item("GB of logs", logged / 1e9, prices.LOG_GB, counted=False)


def gb_seconds(calls: Mapping[str, float]) -> float:
    """What the functions of one order are paid for while they run and wait."""
    memory = {spec.name: spec.memory / 1024 for spec in FUNCTIONS}
    total = 0.0
    for key, times in calls.items():
        function, _, operation = key.split("|")
        if operation == "Invoke":
            seconds = OWN_SECONDS + PROVIDER_SECONDS * PROVIDER_CALLS.get(function, 0)
        else:
            seconds = CALL_SECONDS.get(operation, 0.0)
        total += times * seconds * memory[function]
    return total


def _sum(counts: Mapping[str, float], suffix: str) -> float:
    return sum(count for key, count in counts.items() if key.endswith(suffix))
