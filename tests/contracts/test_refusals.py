"""Every route's function refuses who may not call it, whatever the gateway let through."""

import json
from collections.abc import Iterator

import pytest

from functions.shared.access import ROUTES, Access
from tests.support.moto_api import Answer, InProcessApi, in_process_api

GUARDED = [route for route, access in ROUTES.items() if access is not Access.PUBLIC]
OPERATORS = [route for route, access in ROUTES.items() if access is Access.OPERATOR]
ID_TOKEN = {"token_use": "id", "sub": "customer-1", "cognito:groups": "[operator]"}
NAMES = ("orderId", "refundId", "productId", "variantId", "itemId", "sku")


@pytest.fixture(scope="module", name="api")
def _api() -> Iterator[InProcessApi]:
    with in_process_api() as running:
        yield running


def call(api: InProcessApi, route: str, claims: dict[str, str]) -> Answer:
    path = {name: "x" for name in NAMES if f"{{{name}}}" in route}
    url = route.split(" ")[1].format(**path)
    return api.call(route, url, path, {}, b"{}", claims=claims)


@pytest.mark.parametrize("route", GUARDED)
@pytest.mark.parametrize(
    "claims",
    [{}, ID_TOKEN, {"token_use": "access"}],
    ids=["no claims", "ID token", "no subject"],
)
def test_what_is_no_access_token_is_401(
    api: InProcessApi, route: str, claims: dict[str, str]
) -> None:
    answer = call(api, route, claims)
    assert answer.status == 401
    assert json.loads(answer.body)["detail"] == "An access token is required."


@pytest.mark.parametrize("route", OPERATORS)
@pytest.mark.parametrize("groups", ["", "[customer]", "[operators operatorx]"])
def test_operators_routes_are_403_without_their_group(
    api: InProcessApi, route: str, groups: str
) -> None:
    claims = {"token_use": "access", "sub": "customer-1", "cognito:groups": groups}
    answer = call(api, route, claims)
    assert answer.status == 403
    assert json.loads(answer.body)["detail"] == "This is for operators of the shop."
