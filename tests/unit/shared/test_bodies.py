"""A body says each member of an object once."""

import json
from typing import Any, cast

import pytest

from contracts.api.examples import EXAMPLES
from contracts.orders_api import PlaceOrderRequest
from functions.shared.http import parse_body
from functions.shared.problems import Problem
from tests.support.requests import http_event

ORDER = json.dumps(EXAMPLES[PlaceOrderRequest])


class Request:
    """The router with a request, as far as a body is read from it."""

    def __init__(self, body: str) -> None:
        self.current_event = self
        self.raw_event = http_event("POST /orders", body=body)


def parsed(body: str) -> PlaceOrderRequest:
    return parse_body(cast("Any", Request(body)), PlaceOrderRequest)


def twice(member: str, value: object, written: str | None = None) -> str:
    """The order, with a member once more before the one that would win."""
    begin = ORDER.index(f'"{member}"')
    return f'{ORDER[:begin]}"{written or member}": {json.dumps(value)}, {ORDER[begin:]}'


def test_what_comes_once_is_taken() -> None:
    assert parsed(ORDER).payment_method_id == EXAMPLES[PlaceOrderRequest]["paymentMethodId"]


@pytest.mark.parametrize(
    ("member", "body"),
    [
        ("paymentMethodId", twice("paymentMethodId", "pm_card_visa")),
        ("quantity", twice("quantity", 99)),
        ("country", twice("country", "FR")),
        ("quantity", twice("quantity", 99, written="\\u0071uantity")),
    ],
)
def test_a_member_that_comes_twice_is_400_and_named(member: str, body: str) -> None:
    assert json.loads(body) == json.loads(ORDER), "nothing else is wrong with it"
    with pytest.raises(Problem, match=f"member '{member}' more than once") as refused:
        parsed(body)
    assert refused.value.status == 400


def test_a_body_of_another_form_is_refused_as_before() -> None:
    """What is nested without end never comes to the check."""
    for body, status in (("[" * 30_000, 400), ('{"items": 1, "items": 1}', 422)):
        with pytest.raises(Problem) as refused:
            parsed(body)
        assert refused.value.status == status
