"""Growth: what placing and running an order asks of AWS when many orders are stored.

Counted: calls, and items read and written, which must be the same. Time is only shown, since the
embedded cloud's engine is not DynamoDB's.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from functions.orders.domain import OrderStatus
from functions.orders.store import order_key, to_item
from functions.shared.dynamodb import to_attributes
from tests.benchmarks import orders
from tests.benchmarks.platform import Bench
from tests.benchmarks.report import Row
from tests.benchmarks.saga import sample_orders

SIZES: Final = (1_000, 100_000)
RUNS: Final = 20
_BATCH: Final = 25


def rows(bench: Bench) -> Iterator[Row]:
    """The same orders beside few and beside many."""
    few, many = (_counted(bench, size) for size in SIZES)
    same = {part: few[part] == many[part] for part in ("calls", "read", "written", "units")}
    calls = sum(n for key, n in few["calls"].items() if not key.endswith("|Invoke"))
    items = sum(few["read"].values()), sum(few["written"].values())
    other = [part for part, equal in same.items() if not equal]
    yield Row(
        f"an order beside {SIZES[1]:,} others",
        f"{calls:.0f} calls, {items[0]:.0f} items read, {items[1]:.0f} written",
        f"the same beside {SIZES[0]:,}" + (f"; not: {', '.join(other)}" if other else ""),
        None,
        not other,
        counted=True,
    )
    ratio = many["seconds"] / few["seconds"]
    yield Row(
        "  time of placing and running it, one process",
        f"{many['seconds'] * 1000:.0f} ms",
        f"{few['seconds'] * 1000:.0f} ms",
        ratio,
    )


def _counted(bench: Bench, size: int) -> dict[str, Any]:
    name = f"beside-{size}"
    tables = orders.prepare(bench, name)
    _fill(bench, tables["orders"], size)
    try:
        return orders.run(bench, tables, name, RUNS)
    finally:
        client = bench.endpoints.clients().dynamodb
        for table in tables.values():
            client.delete_table(TableName=table)


def _fill(bench: Bench, table: str, size: int) -> None:
    """Confirmed orders of the customer who is to place another one, and of everybody else."""
    client = bench.endpoints.clients().dynamodb
    subject, first = orders.subject_of(bench), datetime(2026, 1, 5, tzinfo=UTC)
    template = to_item(next(sample_orders(subject)))
    entries: list[Any] = []
    for number in range(size):
        order_id = str(UUID(int=number))
        customer = subject if number % 10 == 0 else f"customer-{number % 1000}"
        created = int((first + timedelta(seconds=number)).timestamp() * 1000)
        item = template | order_key(order_id)._asdict()
        item |= {"customerId": customer, "status": str(OrderStatus.CONFIRMED)}
        item |= {"createdAt": created, "GSI1PK": f"USER#{customer}"}
        item["GSI1SK"] = f"ORDER#{created:014d}#{order_id}"
        if number % 100:  # the others are open still
            del item["GSI2PK"], item["GSI2SK"]
        entries.append({"PutRequest": {"Item": to_attributes(item)}})
        if len(entries) == _BATCH or number == size - 1:
            client.batch_write_item(RequestItems={table: entries})
            entries = []
