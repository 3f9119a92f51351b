"""An order of a few lines stays below a kilobyte, to its last step: each is one write unit."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from functions.orders.domain import OrderLine, OrderStatus
from functions.orders.progress import FORWARD
from functions.orders.store import order_key, to_item
from functions.shared.dynamodb import to_attributes
from tests.benchmarks.cost.dynamodb_rules import WRITE_STEP, item_size
from tests.support.shop import new_order

ID = str(UUID(int=2**127))
FEW = 3
ADDRESS = {
    "name": "Maximiliane Mustermann",
    "line1": "Lange Strasse 123",
    "city": "Frankfurt am Main",
    "postal_code": "60311",
    "country": "DE",
}


def test_an_order_of_a_few_lines_is_one_write_unit() -> None:
    at = datetime(2026, 11, 27, 12, 34, 56, 789000, tzinfo=UTC)
    line = OrderLine("house-espresso-beans", "250g", "HEB-250G", "House Espresso Beans", 2, 1290)
    order = replace(
        new_order(ID, at, *[("MUG", 1)] * FEW),
        customer_id=ID,
        lines=(line,) * FEW,
        address=ADDRESS,
        status=OrderStatus.CONFIRMING,
        fingerprint="f" * 32,
        steps=dict.fromkeys(FORWARD, at),
    )
    item = to_attributes({**order_key(ID)._asdict(), **to_item(order)})
    assert item_size(item) < WRITE_STEP
