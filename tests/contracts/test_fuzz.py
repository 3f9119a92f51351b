"""No case made from the OpenAPI document is answered with 5xx, or outside its schema."""

from typing import Any

import requests
from schemathesis import Case, Response

from contracts.api import OPERATIONS
from tests.fuzz.cases import fuzz
from tests.fuzz.in_process import fuzz_in_process

SEED = 20260105
NEVER_DONE = {
    "GET /orders/{orderId}/refunds/{refundId}",
    "POST /orders/{orderId}/refunds",
    "POST /orders/{orderId}/ship",
    "POST /webhooks/payments",
}
"""No order is confirmed here, and nobody signs."""
KNOWN = dict.fromkeys(
    ("productId", "variantId", "category", "itemId", "sku", "orderId", "refundId"), "known"
)


def test_every_answer_is_as_the_document_says() -> None:
    report = fuzz_in_process(500, SEED)
    assert report.failures == {}
    assert report.cases >= 500
    assert {each.route for each in OPERATIONS} - report.done == NEVER_DONE
    assert {200, 201, 202, 204, 304, 400, 404, 409, 422, 428} <= report.statuses.keys()


def failures(status: int, content: bytes, kind: str) -> dict[str, str]:
    """What is said where everything is answered so."""

    def send(case: Case[Any], request: requests.PreparedRequest) -> Response:
        headers: dict[str, Any] = {"content-type": [kind]}
        return Response(status, headers, content, request, 0.0, False)

    return fuzz(send, KNOWN, len(OPERATIONS), SEED).failures


def test_a_server_error_is_noticed() -> None:
    found = failures(500, b'{"message": "Internal Server Error"}', "application/json")
    assert len([name for name in found if "Server error" in name]) == len(OPERATIONS)


def test_an_answer_outside_its_schema_is_noticed() -> None:
    found = failures(503, b'{"title": "Service Unavailable"}', "application/problem+json")
    assert len([name for name in found if "Response violates schema" in name]) == len(OPERATIONS)


def test_a_status_that_is_not_in_the_document_is_noticed() -> None:
    found = failures(418, b"{}", "application/json")
    assert len([name for name in found if ": 418 " in name]) == len(OPERATIONS)
