"""Who is let in: a customer's own access token, and nothing that looks like one."""

import base64
import json
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from functions.shared.access import ROUTES, Access
from scripts.kit.customer import Customer, call
from scripts.kit.endpoints import User
from scripts.local.people import PASSWORD, add_person
from tests.e2e.conftest import Shop
from tests.e2e.orders import body, new_key, place


def orders_status(shop: Shop, headers: Mapping[str, str]) -> set[int]:
    """The answers of all protected routes, as a set of statuses."""
    api = shop.endpoints.api
    posted = call(f"{api}/orders", "POST", body(), {**headers, "Idempotency-Key": new_key()})
    paths = ("/orders", "/orders/o", "/orders/o/execution")
    return {posted.status, *(call(f"{api}{path}", headers=headers).status for path in paths)}


def tampered(token: str, **claims: object) -> str:
    """The token with other claims under its old signature."""
    header, payload, signature = token.split(".")
    found = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    changed = base64.urlsafe_b64encode(json.dumps({**found, **claims}).encode()).decode()
    return ".".join([header, changed.rstrip("="), signature])


def unsigned(token: str) -> str:
    """The token's claims with algorithm `none`."""
    header = base64.urlsafe_b64encode(b'{"alg": "none", "typ": "JWT"}').decode().rstrip("=")
    return f"{header}.{token.split('.')[1]}."


def signed_anew(shop: Shop, token: str, expires: float) -> str:
    """The token with another expiry, signed by its pool's own key, which lies in a local file."""
    keys = shop.platform.folder / "state" / "cloud" / "state" / "cognito-pool-keys"
    pem = (keys / f"{shop.endpoints.user_pool}-access.pem").read_bytes()
    key: Any = serialization.load_pem_private_key(pem, password=None)
    head, _, _ = tampered(token, exp=int(expires)).rpartition(".")
    signature = base64.urlsafe_b64encode(
        key.sign(head.encode(), padding.PKCS1v15(), hashes.SHA256())
    )
    return f"{head}.{signature.decode().rstrip('=')}"


def test_no_token_is_401(shop: Shop) -> None:
    assert orders_status(shop, {}) == {401}


@pytest.mark.parametrize("value", ["Bearer", "Bearer ", "Bearer abc", "Basic YTpi", "Bearer a.b.c"])
def test_garbage_is_401(shop: Shop, value: str) -> None:
    assert orders_status(shop, {"Authorization": value}) == {401}


def test_a_forged_token_is_401(shop: Shop, ada: Customer, linus: Customer) -> None:
    header, payload, _ = ada.token.split(".")
    forged = (
        tampered(ada.token, sub="somebody-else"),
        tampered(ada.token, exp=4102444800),
        f"{header}.{payload}.{linus.token.split('.')[2]}",
        unsigned(ada.token),
    )
    for token in forged:
        assert orders_status(shop, {"Authorization": f"Bearer {token}"}) == {401}


def test_an_expired_token_is_401(shop: Shop, ada: Customer) -> None:
    now = time.time()
    expired, valid = (signed_anew(shop, ada.token, moment) for moment in (now - 1, now + 3600))
    assert orders_status(shop, {"Authorization": f"Bearer {expired}"}) == {401}
    answer = call(f"{shop.endpoints.api}/orders", headers={"Authorization": f"Bearer {valid}"})
    assert answer.status == 200


def test_an_id_token_is_401(shop: Shop, ada: Customer) -> None:
    answer = shop.clients.cognito.initiate_auth(
        ClientId=shop.endpoints.client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ada", "PASSWORD": ada.user.password},
    )
    token = answer["AuthenticationResult"]["IdToken"]
    assert orders_status(shop, {"Authorization": f"Bearer {token}"}) == {401}


def test_a_token_of_another_pool_is_401(shop: Shop) -> None:
    pool = shop.clients.cognito.create_user_pool(PoolName="another")["UserPool"]["Id"]
    token = token_of(shop, pool, new_client(shop, pool))
    assert orders_status(shop, {"Authorization": f"Bearer {token}"}) == {401}


def test_a_token_of_another_client_is_401(shop: Shop) -> None:
    token = token_of(shop, shop.endpoints.user_pool, new_client(shop, shop.endpoints.user_pool))
    assert orders_status(shop, {"Authorization": f"Bearer {token}"}) == {401}


def new_client(shop: Shop, pool: str) -> str:
    """Another client of a pool."""
    made = shop.clients.cognito.create_user_pool_client(
        UserPoolId=pool, ClientName=new_key(), ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )
    return made["UserPoolClient"]["ClientId"]


def token_of(shop: Shop, pool: str, client: str) -> str:
    """A real access token of a new user of a pool, by one of its clients."""
    user = User(f"user-{new_key()}", PASSWORD, "customer")
    add_person(shop.clients, pool, user, f"{user.username}@example.com")
    answer = shop.clients.cognito.initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user.username, "PASSWORD": user.password},
    )
    return answer["AuthenticationResult"]["AccessToken"]


GUARDED = [route for route, access in ROUTES.items() if access is not Access.PUBLIC]


def statuses(shop: Shop, routes: Iterable[str], token: str | None, **path: str) -> dict[str, int]:
    """What each route answers to a request without a usable body."""
    headers = {"Idempotency-Key": new_key()}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    found = {}
    for route in routes:
        method, pattern = route.split(" ")
        url = shop.endpoints.api + pattern.format_map(defaultdict(lambda: "x", path))
        found[route] = call(url, method, None if method == "GET" else {}, headers).status
    return found


def test_every_route_refuses_what_is_no_access_token(shop: Shop, ada: Customer) -> None:
    signed_in = shop.clients.cognito.initiate_auth(
        ClientId=shop.endpoints.client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ada", "PASSWORD": ada.user.password},
    )
    pool = shop.endpoints.user_pool
    refused = {
        "none": None,
        "forged": tampered(ada.token, sub="somebody-else"),
        "unsigned": unsigned(ada.token),
        "expired": signed_anew(shop, ada.token, time.time() - 1),
        "other client": token_of(shop, pool, new_client(shop, pool)),
        "ID token": signed_in["AuthenticationResult"]["IdToken"],
    }
    found = {kind: statuses(shop, GUARDED, token) for kind, token in refused.items()}
    assert found == {kind: dict.fromkeys(GUARDED, 401) for kind in refused}


def test_every_operators_route_refuses_customers(shop: Shop, ada: Customer) -> None:
    routes = [route for route, access in ROUTES.items() if access is Access.OPERATOR]
    assert statuses(shop, routes, ada.token) == dict.fromkeys(routes, 403)


def test_an_order_does_not_exist_for_another_customer(
    shop: Shop, ada: Customer, linus: Customer
) -> None:
    order_id = place(ada, body())
    routes = [
        route
        for route, access in ROUTES.items()
        if "{orderId}" in route and access is Access.CUSTOMER
    ]
    assert statuses(shop, routes, linus.token, orderId=order_id) == dict.fromkeys(routes, 404)
    assert statuses(shop, ["GET /orders/{orderId}"], ada.token, orderId=order_id) == {
        "GET /orders/{orderId}": 200
    }
