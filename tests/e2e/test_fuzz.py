"""Cases made from the OpenAPI document, sent to the deployed template over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from schemathesis import Case, Response

from functions.shared.access import ROUTES, Access
from scripts.kit.customer import TIMEOUT, Customer
from scripts.kit.endpoints import User
from scripts.local.people import PASSWORD, add_person
from tests.e2e.conftest import Shop
from tests.e2e.orders import new_key
from tests.fuzz.cases import BASE, ORDER, PRODUCT, fuzz
from tests.fuzz.in_process import SKU, path_parameters

SEED = 20260105


def newcomer(shop: Shop, *groups: str) -> Customer:
    """Somebody of these groups whom no other test knows."""
    user, pool = User(f"fuzz-{new_key()}", PASSWORD, "customer"), shop.endpoints.user_pool
    add_person(shop.clients, pool, user, f"{user.username}@example.com")
    for group in groups:
        shop.clients.cognito.admin_add_user_to_group(
            UserPoolId=pool, Username=user.username, GroupName=group
        )
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
    known = path_parameters(placed.body["orderId"])

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
