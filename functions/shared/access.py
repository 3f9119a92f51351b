"""Who may call which route. The gateway has verified the token; this decides what it allows.

Source: "Using the access token" of the Amazon Cognito guide (claims), and "Control access to
HTTP APIs with JWT authorizers" (how claims reach the function).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, Final

from functions.shared.problems import Problem


class Access(Enum):
    """Who may call a route."""

    PUBLIC = auto()
    CUSTOMER = auto()
    OPERATOR = auto()


ROUTES: Final[Mapping[str, Access]] = {
    "POST /orders": Access.CUSTOMER,
    "GET /orders": Access.CUSTOMER,
    "GET /orders/{orderId}": Access.CUSTOMER,
    "GET /orders/{orderId}/execution": Access.CUSTOMER,
    "POST /orders/{orderId}/cancel": Access.CUSTOMER,
    "POST /orders/{orderId}/ship": Access.OPERATOR,
    "GET /inventory/{sku}": Access.OPERATOR,
    "PUT /inventory/{sku}/shards": Access.OPERATOR,
    "POST /inventory/{sku}/receipts": Access.OPERATOR,
    "POST /orders/{orderId}/refunds": Access.OPERATOR,
    "GET /orders/{orderId}/refunds/{refundId}": Access.CUSTOMER,
    "GET /cart": Access.CUSTOMER,
    "DELETE /cart": Access.CUSTOMER,
    "POST /cart/items": Access.CUSTOMER,
    "PATCH /cart/items/{itemId}": Access.CUSTOMER,
    "DELETE /cart/items/{itemId}": Access.CUSTOMER,
    "POST /cart/merge": Access.CUSTOMER,
    "GET /products/{productId}": Access.PUBLIC,
    "GET /products/{productId}/reviews": Access.PUBLIC,
    "GET /categories": Access.PUBLIC,
    "GET /categories/{category}/products": Access.PUBLIC,
    "POST /products/{productId}/reviews": Access.CUSTOMER,
    "POST /products": Access.OPERATOR,
    "PATCH /products/{productId}": Access.OPERATOR,
    "DELETE /products/{productId}": Access.OPERATOR,
    "POST /products/{productId}/variants": Access.OPERATOR,
    "PATCH /products/{productId}/variants/{variantId}": Access.OPERATOR,
    "DELETE /products/{productId}/variants/{variantId}": Access.OPERATOR,
    "GET /search": Access.PUBLIC,
    "GET /search/suggest": Access.PUBLIC,
    "GET /openapi.json": Access.PUBLIC,
    "GET /docs": Access.PUBLIC,
    "POST /webhooks/payments": Access.PUBLIC,  # what it takes is signed
}
OPERATORS: Final = "operator"
"""The Cognito group of the people who run the shop."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, by a verified access token. `customer_id` is the subject of the user pool."""

    customer_id: str
    groups: frozenset[str]


def authorise(route: str, claims: Mapping[str, Any]) -> Caller | None:
    """The caller of a route; None where anybody may call.

    Raises:
        Problem: 401 if the token is no access token, 403 if the route is not for its bearer.
    """
    access = ROUTES[route]
    if access is Access.PUBLIC:
        return None
    if claims.get("token_use") != "access" or not claims.get("sub"):
        raise Problem(HTTPStatus.UNAUTHORIZED, "An access token is required.")
    caller = Caller(customer_id=claims["sub"], groups=_groups(claims.get("cognito:groups")))
    if access is Access.OPERATOR and OPERATORS not in caller.groups:
        raise Problem(HTTPStatus.FORBIDDEN, "This is for operators of the shop.")
    return caller


def _groups(claim: object) -> frozenset[str]:
    """A JWT authoriser hands lists on as text: `[a b]`."""
    if isinstance(claim, list):
        return frozenset(map(str, claim))
    return frozenset(str(claim or "").strip("[]").replace(",", " ").split())
