"""The payment provider's key is rolled while orders are placed: none of them notices."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from scripts.kit.customer import Customer
from scripts.local.payment_sandbox.core import DEFAULT_API_KEY
from scripts.local.people import seed_payment_key
from tests.e2e.conftest import Shop
from tests.e2e.orders import body, placed_and_ended
from tests.e2e.test_payment_webhooks import at_provider

NEW: str = "sk_test_rolled"


@pytest.fixture
def rolled(shop: Shop) -> Iterator[str]:
    """The secret's name; afterwards it and the provider are as they were."""
    secret = "commerce/local/payments"
    yield secret
    at_provider(shop, "PUT", "api-keys", {"accepted": [DEFAULT_API_KEY, NEW]})
    seed_payment_key(shop.clients, secret)
    at_provider(shop, "PUT", "api-keys", {"accepted": [DEFAULT_API_KEY]})


def confirmed(shop: Shop, customer: Customer) -> list[int]:
    """Places an order that is confirmed; what the provider has answered meanwhile."""
    before = requests(shop)
    order_id, ended = placed_and_ended(customer, body())
    assert ended.body["orderStatus"] == "CONFIRMED", shop.story(order_id)
    known = {request["id"] for request in before}
    return [request["status"] for request in requests(shop) if request["id"] not in known]


def requests(shop: Shop) -> list[Any]:
    found: list[Any] = at_provider(shop, "GET", "requests")["data"]
    return found


def test_a_key_is_rolled_while_orders_are_placed(shop: Shop, ada: Customer, rolled: str) -> None:
    assert 401 not in confirmed(shop, ada), "the functions have the old key"
    at_provider(shop, "PUT", "api-keys", {"accepted": [DEFAULT_API_KEY, NEW]})
    shop.clients.secrets.put_secret_value(SecretId=rolled, SecretString=json.dumps({"apiKey": NEW}))
    assert 401 not in confirmed(shop, ada), "both are accepted"
    at_provider(shop, "PUT", "api-keys", {"accepted": [NEW]})
    assert 401 in confirmed(shop, ada), "an old key that was kept is refused, and replaced"
    assert 401 not in confirmed(shop, ada), "once"
