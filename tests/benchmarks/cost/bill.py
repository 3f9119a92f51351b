"""From what was counted of one order to dollars per million of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from contracts import aws_prices as prices
from infra.table import FUNCTIONS

MILLION: Final = 1_000_000
ORDERS_A_SECOND: Final = MILLION / (365.25 / 12 * 86_400)
"""A million a month, evenly: the rate at which the least can be shared."""
AUDIT: Final = "AuditOrder"
BESIDE: Final[Mapping[str, str]] = {
    AUDIT: "audit, 15 minutes later",
    "NotePurchases": "purchases noted for reviews",
}
"""Consumers of what an order tells that are no part of placing it: shown beside the goal."""
CALL_SECONDS: Final[Mapping[str, float]] = {
    "BatchGetItem": 0.006,
    "GetItem": 0.004,
    "TransactGetItems": 0.01,
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
PROVIDER_CALLS: Final[Mapping[str, int]] = {
    "ChargePayment": 2,
    "ConfirmOrder": 1,
    "RefundPayment": 1,
    AUDIT: 1,
}
"""Create and confirm; capture; cancel; retrieve."""
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


@dataclass(frozen=True, slots=True)
class Gathering:
    """How a queue's messages come to its function.

    Attributes:
        size: most messages of a batch.
        window: seconds in which a batch is gathered.
    """

    size: int
    window: float

    def batch(self, per_order: float) -> float:
        """Messages of a batch, when each order brings so many."""
        return min(self.size, max(1.0, per_order * ORDERS_A_SECOND * self.window))


def bill(counted: Mapping[str, Any], gathered: Mapping[str, Gathering]) -> Iterator[Item]:
    """All lines, those of the goal first.

    Args:
        counted: per order, each event handled alone.
        gathered: by the function behind a queue.
    """
    calls, units = _of_the_order(counted["calls"]), _of_the_order(counted["units"])
    log = Queue(_sum(calls, "EventLog|lambda|Invoke"), gathered["EventLog"])
    invocations = _sum(calls, "|lambda|Invoke") - log.messages + log.batches
    yield Item("state transitions", counted["transitions"], prices.STATE_TRANSITION)
    yield Item("write units, tables", _sum(units, "|write"), prices.WRITE_UNIT)
    yield Item("write units, indexes", _sum(units, "|index"), prices.WRITE_UNIT)
    yield Item("read units", _sum(units, "|read"), prices.READ_UNIT)
    yield Item("function invocations", invocations, prices.LAMBDA_REQUEST)
    yield Item("API requests (POST /orders)", 1, prices.HTTP_API_REQUEST)
    yield Item("events", counted["published"]["chunks"], prices.EVENT)
    yield Item("queue requests", log.requests, prices.SQS_REQUEST)
    yield Item("secrets read", _sum(calls, "|GetSecretValue"), prices.SECRET_CALL)
    yield Item(
        "GB-seconds, assumed waiting", gb_seconds(calls), prices.LAMBDA_GB_SECOND, counted=False
    )
    yield Item("e-mails", _sum(calls, "|SendEmail"), prices.EMAIL, counted=False)
    logged = counted["log_bytes"] + invocations * (START_AND_REPORT + 4 * LOG_OVERHEAD)
    yield Item("GB of logs", logged / 1e9, prices.LOG_GB, counted=False)
    for function in BESIDE:
        yield _consumer(function, counted, gathered[function])


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue's messages of one order."""

    messages: float
    gathering: Gathering

    @property
    def batches(self) -> float:
        """Invocations of its function."""
        return self.messages / self.gathering.batch(self.messages)

    @property
    def requests(self) -> float:
        """EventBridge sends each message and Lambda receives it alone, but deletes a batch."""
        return 2 * self.messages + self.batches


def _consumer(function: str, counted: Mapping[str, Any], gathering: Gathering) -> Item:
    """All that a consumer costs, as one line."""
    calls, units = (_of(function, counted[what]) for what in ("calls", "units"))
    queue = Queue(_sum(calls, "|lambda|Invoke"), gathering)
    dollars = (
        queue.batches * prices.LAMBDA_REQUEST
        + queue.requests * prices.SQS_REQUEST
        + _sum(units, "|read") * prices.READ_UNIT
        + _sum(units, "|write") * prices.WRITE_UNIT
        + gb_seconds(calls) * prices.LAMBDA_GB_SECOND
    )
    return Item(BESIDE[function], queue.messages, dollars, counted=False)


def _of(function: str, counts: Mapping[str, float]) -> dict[str, float]:
    return {key: n for key, n in counts.items() if key.startswith(f"{function}|")}


def _of_the_order(counts: Mapping[str, float]) -> dict[str, float]:
    return {key: n for key, n in counts.items() if key.partition("|")[0] not in BESIDE}


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


def gathered_by(template: Mapping[str, Any]) -> dict[str, Gathering]:
    """What a synthesised stack says, by the function behind a queue."""
    resources = template["Resources"]
    found = {}
    for one in resources.values():
        if one["Type"] != "AWS::Lambda::EventSourceMapping":
            continue
        source = resources[one["Properties"]["EventSourceArn"]["Fn::GetAtt"][0]]
        if source["Type"] == "AWS::SQS::Queue":
            name = source["Properties"]["QueueName"].rpartition("-")[2]
            window = one["Properties"].get("MaximumBatchingWindowInSeconds", 0)
            found[name] = Gathering(one["Properties"]["BatchSize"], window)
    return found


def _sum(counts: Mapping[str, float], suffix: str) -> float:
    return sum(count for key, count in counts.items() if key.endswith(suffix))
