"""What a confirmed order costs, from what AWS counts anyway.

Counted as `tests/benchmarks/cost` counts it for one order: state transitions, units of the tables,
invocations and seconds of the functions on an order's way. Left out, because they are small, or
others' as well: requests, events and messages, mails, logs. What stands beside orders in the same
tables and on the same relay is counted as theirs, so that a quiet hour looks dearer than it is.
"""

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from contracts import aws_prices as prices
from contracts.service_levels import CONFIRMED
from infra.metrics import Metrics, shop_metric
from infra.table.events import RELAY
from infra.table.orders import APIS
from infra.table.saga import TASKS

HOUR: Final = cdk.Duration.hours(1)
ORDERS: Final = 1000
_PATH: Final = (*TASKS, *(spec for spec in APIS if spec.name == "PlaceOrderApi"), RELAY)
_TABLES: Final = {
    "orders": (None, "GSI1", "GSI2"),
    "inventory": (None, "GSI1"),
    "catalog": (None,),
}
_UNITS: Final = {
    "writes": ("ConsumedWriteCapacityUnits", prices.WRITE_UNIT),
    "reads": ("ConsumedReadCapacityUnits", prices.READ_UNIT),
}


def cost_of_orders(metrics: Metrics, machines: tuple[str, ...]) -> cloudwatch.MathExpression:
    """Dollars for a thousand confirmed orders, by the hour."""
    using: dict[str, cloudwatch.IMetric] = {}
    terms: list[str] = []

    def charge(name: str, price: float, *counted: cloudwatch.IMetric) -> None:
        using.update({f"{name}{number}": metric for number, metric in enumerate(counted)})
        terms.append(f'SUM(METRICS("{name}")) * {price:.10f}')

    for name, (metric, price) in _UNITS.items():
        tables = [(table, index) for table, indexes in _TABLES.items() for index in indexes]
        charge(name, price, *(metrics.table(table, metric, index, HOUR) for table, index in tables))
    # A retry of a task is a transition, too, and another invocation; so is each start.
    charge(
        "transitions",
        prices.STATE_TRANSITION,
        *(metrics.execution(machine, "ExecutionsStarted", period=HOUR) for machine in machines),
        *(metrics.function(task.name, "Invocations", period=HOUR) for task in TASKS),
    )
    charge(
        "invocations",
        prices.LAMBDA_REQUEST,
        *(metrics.function(spec.name, "Invocations", period=HOUR) for spec in _PATH),
    )
    for memory in sorted({spec.memory for spec in _PATH}):
        charge(
            f"seconds{memory}x",
            prices.LAMBDA_GB_SECOND * memory / 1024 / 1000,
            *(
                metrics.function(spec.name, "Duration", period=HOUR)
                for spec in _PATH
                if spec.memory == memory
            ),
        )
    using["confirmed"] = shop_metric(CONFIRMED.metric, "SampleCount", HOUR)
    return cloudwatch.MathExpression(
        expression=f"{ORDERS} * ({' + '.join(terms)}) / confirmed",
        using_metrics=using,
        label=f"$ for {ORDERS:,} confirmed orders",
        period=HOUR,
    )
