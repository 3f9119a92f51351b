"""The table of who may call which route."""

import pytest

from functions.shared import access
from functions.shared.access import Access, authorise
from functions.shared.problems import Problem

TOKEN = {"token_use": "access", "sub": "somebody"}


def test_public_route_needs_no_token() -> None:
    assert authorise("GET /products/{productId}", {}) is None


@pytest.mark.parametrize("claims", [{}, {**TOKEN, "token_use": "id"}, {"token_use": "access"}])
def test_customers_route_needs_an_access_token(claims: dict[str, str]) -> None:
    with pytest.raises(Problem) as refused:
        authorise("POST /orders", claims)
    assert refused.value.status == 401


@pytest.mark.parametrize(
    ("groups", "allowed"),
    [
        ("[operator]", True),
        ("[customer operator]", True),
        (["operator"], True),
        ("[customer]", False),
        ("[not-operator]", False),
        ("", False),
        (None, False),
    ],
)
def test_operators_route_needs_the_group(
    monkeypatch: pytest.MonkeyPatch, groups: object, allowed: bool
) -> None:
    monkeypatch.setattr(access, "ROUTES", {"PUT /stock": Access.OPERATOR})
    claims = {**TOKEN, "cognito:groups": groups}
    if allowed:
        caller = authorise("PUT /stock", claims)
        assert caller is not None
        assert caller.customer_id == "somebody"
    else:
        with pytest.raises(Problem) as refused:
            authorise("PUT /stock", claims)
        assert refused.value.status == 403
