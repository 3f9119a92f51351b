"""Cases made from the OpenAPI document, sent to the deployed template over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from schemathesis import Case, Response

from functions.shared.access import ROUTES, Access
from scripts.kit.customer import TIMEOUT, Customer
from scripts.kit.endpoints import User
from tests.e2e.conftest import Shop
from tests.e2e.orders import new_key
from tests.fuzz.cases import BASE, ORDER, PRODUCT, fuzz
from tests.fuzz.in_process import SKU

SEED = 20260105
PASSWORD = "Fuzz-The-Shop-2026!"


def newcomer(shop: Shop, *groups: str) -> Customer:
    """Somebody of these groups whom no other test knows."""
    user, pool = User(f"fuzz-{new_key()}", PASSWORD, "customer"), shop.endpoints.user_pool
    cognito = shop.clients.cognito
    cognito.admin_create_user(UserPoolId=pool, Username=user.username, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(
        UserPoolId=pool, Username=user.username, Password=PASSWORD, Permanent=True
    )
    for group in groups:
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=user.username, GroupName=group)
    return Customer(shop.endpoints, user)


@pytest.fixture(name="session")
def _session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session


def test_every_answer_is_as_the_document_says(shop: Shop, session: requests.Session) -> None:
    customer, operator = newcomer(shop), newcomer(shop, "operator")
    made = operator.send("POST", "/products", PRODUCT)
    assert made.status == 201, made
    received = operator.send(
        "POST", f"/inventory/{SKU}/receipts", {"quantity": 1000}, Idempotency_Key=new_key()
    )
    assert received.status == 201, received
    placed = customer.place(ORDER, new_key())
    assert placed.status == 202, placed
    order_id = placed.body["orderId"]
    known = {
        "productId": "fuzz-mug",
        "variantId": "blue",
        "category": "fuzz",
        "itemId": "fuzz-mug.blue",
        "sku": SKU,
        "orderId": order_id,
        "refundId": order_id,
    }

    def send(case: Case[Any], request: requests.PreparedRequest) -> Response:
        access = ROUTES[f"{case.method} {case.operation.path}"]
        caller = operator if access is Access.OPERATOR else customer
        if access is not Access.PUBLIC:
            request.headers["Authorization"] = f"Bearer {caller.token}"
        request.url = (request.url or "").replace(BASE, shop.endpoints.api, 1)
        answer = session.send(request, timeout=TIMEOUT, allow_redirects=False)
        return Response.from_any(answer)

    report = fuzz(send, known, 500, SEED)
    assert report.failures == {}
    assert report.cases >= 500
    assert {200, 201, 202, 204, 304, 400, 404, 409, 422, 428} <= report.statuses.keys()
