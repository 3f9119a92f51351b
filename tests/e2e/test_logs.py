"""One id finds an order in the lines of every function that has worked for it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from scripts.kit.customer import Customer
from scripts.kit.logs import function_groups, read
from tests.e2e.conftest import Shop
from tests.e2e.orders import EVENTS_PATIENCE, body, placed_and_ended
from tests.support.emulator import wait_until

API = "PlaceOrderApi"
TASKS = ("ChargePayment", "ReserveInventory", "ConfirmOrder", "SendConfirmation")
RELAY = "OutboxRelay"
CONSUMERS = ("EventLog", "TakeOrdered", "NotePurchases")


def test_an_order_is_followed_by_its_id_from_the_api_to_the_consumers(
    shop: Shop, ada: Customer
) -> None:
    began = datetime.now(UTC) - timedelta(seconds=1)
    order_id, _ = placed_and_ended(ada, body())
    groups = function_groups(shop.clients, shop.endpoints)
    followed = (API, *TASKS, RELAY, *CONSUMERS)

    def silent() -> list[str]:
        return [
            name
            for name in followed
            if not any(
                line.fields and _is_about(line.fields, order_id)
                for line in read(shop.clients, groups[name], began)
            )
        ]

    wait_until(
        lambda: not silent(),
        lambda: f"lines about {order_id} of {silent()}",
        seconds=EVENTS_PATIENCE,
    )


def _is_about(fields: Any, order_id: str) -> bool:
    """Whether a line names the order as what it is about, or as that of an event in it."""
    events = [fields, *fields.get("events", ())]
    return any(event.get("correlation_id") == order_id for event in events)
