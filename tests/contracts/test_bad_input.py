"""What makes no sense is a 4xx problem that names the field, and changes nothing."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.moto_api import Answer, InProcessApi, in_process_api

MUG = {"productId": "mug", "variantId": "blue"}


@pytest.fixture(scope="module", name="api")
def _api() -> Iterator[InProcessApi]:
    with in_process_api() as running:
        yield running


@dataclass(frozen=True)
class Bad:
    """A request, and the field that the answer is to name."""

    names: str
    query: Mapping[str, str] = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


def search(names: str, **query: str) -> tuple[str, Bad]:
    return "GET /search", Bad(names, query=query)


def cart(names: str, **body: Any) -> tuple[str, Bad]:
    return "POST /cart/items", Bad(names, body={**MUG, "quantity": 1, **body})


CASES: dict[str, tuple[str, Bad]] = {
    "q of 10,000 characters": search("q", q="x" * 10_000),
    "q with control characters": search("q", q="a\x00b\x1b[31m"),
    "what is typed, of 10,000 characters": (
        "GET /search/suggest",
        Bad("q", query={"q": "x" * 10_000}),
    ),
    "page 10^9": search("page", page="1000000000"),
    "page 0": search("page", page="0"),
    "minPrice > maxPrice": search("minPrice", minPrice="2", maxPrice="1"),
    "negative minPrice": search("minPrice", minPrice="-1"),
    "unknown sort": search("sort", sort="cheapest"),
    "unknown parameter": search("colour", colour="red"),
    "negative quantity in the cart": cart("/quantity", quantity=-1),
    "quantity 0 in the cart": cart("/quantity", quantity=0),
    "quantity that is no number": cart("/quantity", quantity="two"),
    "control characters in a product's id": cart("/productId", productId="mug\x00"),
    "negative quantity of a line": (
        "PATCH /cart/items/{itemId}",
        Bad("/quantity", path={"itemId": "mug.blue"}, body={"quantity": -1}),
    ),
    "negative quantity in a guest's cart": (
        "POST /cart/merge",
        Bad(
            "/items/0/quantity",
            body={
                "cartId": "7f0c1c9e-6a55-4f0e-8d0a-0f6f8f7f3a11",
                "items": [{**MUG, "quantity": -1}],
            },
        ),
    ),
    "negative quantity received": (
        "POST /inventory/{sku}/receipts",
        Bad("/quantity", path={"sku": "MUG-BLUE"}, body={"quantity": -1}),
    ),
}


def ask(api: InProcessApi, route: str, bad: Bad, claims: Mapping[str, str] | None = None) -> Answer:
    path = route.split(" ")[1].format(**bad.path)
    url = f"{path}?{urlencode(bad.query)}" if bad.query else path
    body = b"" if bad.body is None else json.dumps(bad.body).encode()
    headers = {"content-type": "application/json", "idempotency-key": "key"}
    return api.call(route, url, dict(bad.path), headers, body, claims=claims)


def cart_of(api: InProcessApi) -> Any:
    return json.loads(ask(api, "GET /cart", Bad("")).body)


@pytest.mark.parametrize(("route", "bad"), CASES.values(), ids=CASES)
def test_bad_input_is_a_problem_that_names_the_field(
    api: InProcessApi, route: str, bad: Bad
) -> None:
    before = cart_of(api)
    answer = ask(api, route, bad)
    assert answer.status in (400, 422), answer
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = json.loads(answer.body)
    named = {error.get("parameter") or error.get("pointer") for error in problem["errors"]}
    assert bad.names in named, problem
    assert cart_of(api) == before


def test_another_users_cart_cannot_be_named_nor_reached(api: InProcessApi) -> None:
    """A cart is its token's: no path, parameter or body says whose."""
    stranger = {"token_use": "access", "sub": "stranger", "cognito:groups": "[customer]"}
    mine = Bad("", path={"itemId": "mug.blue"}, body={"quantity": 3})
    before = cart_of(api)
    assert ask(api, "PATCH /cart/items/{itemId}", mine, stranger).status == 404
    whose = ask(api, "POST /cart/items", cart("", customerId="customer-1")[1], stranger)
    assert whose.status == 422
    (error,) = json.loads(whose.body)["errors"]
    assert error["pointer"] == "/customerId"
    assert ask(api, "DELETE /cart", Bad(""), stranger).status == 204
    assert cart_of(api) == before
