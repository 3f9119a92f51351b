"""The fuzz on the handlers in this process."""

import json
from collections.abc import Mapping
from typing import Any

import requests
from schemathesis import Case, Response

from tests.fuzz.cases import ORDER, PRODUCT, Report, fuzz
from tests.support.moto_api import InProcessApi, in_process_api

SKU = "FUZZ-MUG-BLUE"


def fuzz_in_process(cases: int, chosen: int) -> Report:
    """About so many cases of this seed, on a shop with one product and one order."""
    with in_process_api() as api:
        return fuzz(lambda case, request: _send(api, case, request), made_shop(api), cases, chosen)


def made_shop(api: InProcessApi) -> Mapping[str, str]:
    """Path parameters of a product, its stock, and an order of it, which are made here."""
    _make(api, "POST /products", PRODUCT)
    _make(api, "POST /inventory/{sku}/receipts", {"quantity": 1000}, sku=SKU)
    return path_parameters(_make(api, "POST /orders", ORDER)["orderId"])


def path_parameters(order_id: str) -> Mapping[str, str]:
    """What stands in the paths of that product, its stock, and an order of it."""
    return {
        "productId": "fuzz-mug",
        "variantId": "blue",
        "category": "fuzz",
        "itemId": "fuzz-mug.blue",
        "sku": SKU,
        "orderId": order_id,
        "refundId": order_id,
    }


def _make(api: InProcessApi, route: str, body: Mapping[str, Any], **path: str) -> Any:
    url = route.split(" ")[1].format(**path)
    sent = json.dumps(body).encode()
    answer = api.call(route, url, path, {"Idempotency-Key": "made"}, sent)
    assert answer.status in (201, 202), answer
    return json.loads(answer.body)


def _send(api: InProcessApi, case: Case[Any], request: requests.PreparedRequest) -> Response:
    body = request.body or b""
    assert isinstance(body, str | bytes), "a case has no stream"
    answer = api.call(
        f"{case.method} {case.operation.path}",
        request.url or "",
        {name: str(value) for name, value in (case.path_parameters or {}).items()},
        {name: str(value) for name, value in request.headers.items()},
        body.encode() if isinstance(body, str) else body,
    )
    return Response(
        status_code=answer.status,
        headers={name.lower(): [value] for name, value in answer.headers.items()},
        content=answer.body,
        request=request,
        elapsed=0.0,
        verify=False,
    )
