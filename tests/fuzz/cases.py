"""Requests of each operation, right and wrong ones, and what is held against the answers."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from contracts.api import OPERATIONS
from contracts.published import DOCUMENT

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
BASE: Final = "http://shop.invalid"
ROUNDS: Final = 4
"""How often an operation is tried that has not done yet what a case asks for: what Hypothesis draws
depends on the constants of what the process has imported, so on the tests that ran before, too.
"""
PRODUCT: Final = {
    "productId": "fuzz-mug",
    "name": "Mug",
    "description": "Made to be broken.",
    "category": "fuzz",
    "variants": [
        {
            "variantId": "blue",
            "sku": "FUZZ-MUG-BLUE",
            "name": "Blue",
            "price": {"amount": 1290, "currency": "EUR"},
        }
    ],
}
_PRICE: Final = {"amount": 1490, "currency": "EUR"}
_TOLD: Final = {"name": "Mug", "description": "Also broken.", "category": "fuzz"}
_LINE: Final = {"productId": "fuzz-mug", "variantId": "blue"}
ORDER: Final = {
    "items": [{**_LINE, "quantity": 1}],
    "shippingAddress": {
        "name": "Ada Example",
        "line1": "1 Test Street",
        "city": "Berlin",
        "postalCode": "10115",
        "country": "DE",
    },
    "paymentMethodId": "pm_card_visa",
}
_PLACEABLE: Final = ("shippingAddress", "paymentMethodId")

Send = Callable[[Case[Any], requests.PreparedRequest], Response]
"""Sends a request as somebody who may call the operation."""


@dataclass
class Report:
    """What came of the cases: how many there were, by status, and each failure once.

    Attributes:
        done: operations that did what a case asked for.
    """

    statuses: dict[int, int] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def cases(self) -> int:
        """How many there were."""
        return sum(self.statuses.values())


def operations() -> list[APIOperation[Any, Any, Any, Any]]:
    """Of the committed document; what takes something away comes last, products at the very end."""
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    schema = schemathesis.openapi.from_dict(document)
    found = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    assert len(found) == len(OPERATIONS)
    return sorted(found, key=lambda one: -len(one.path) if one.method == "delete" else -1000)


def fuzz(send: Send, known: Mapping[str, str], cases: int, chosen: int) -> Report:
    """Sends about so many cases.

    Args:
        known: path parameters of what there is.
        chosen: the seed.
    """
    report, every = Report(), operations()
    each = -(-cases // len(every))
    for operation in every:
        run = settings(
            max_examples=each,
            derandomize=False,  # the seed is given; where CI is set, Hypothesis would take its own
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )(given(_cases(operation, known))(_checked(send, report)))
        for round_ in range(ROUNDS):
            seed(chosen + round_)(run)()
            if f"{operation.method.upper()} {operation.path}" in report.done:
                break
    return report


def _checked(send: Send, report: Report) -> Callable[[Case[Any]], None]:
    def check(case: Case[Any]) -> None:
        request = requests.Request(**_wire(case)).prepare()
        answer = send(case, request)
        report.statuses[answer.status_code] = report.statuses.get(answer.status_code, 0) + 1
        if answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
            report.done.add(f"{case.method} {case.operation.path}")
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            for failure in group.exceptions:
                name = f"{case.method} {case.operation.path}: {answer.status_code} {failure}"
                report.failures.setdefault(name[:300], case.as_curl_command())

    return check


def _wire(case: Case[Any]) -> dict[str, Any]:
    sent = case.as_transport_kwargs(base_url=BASE)
    taken = ("method", "url", "headers", "params", "cookies", "data", "json", "files")
    return {name: sent[name] for name in taken if name in sent}


def _cases(
    operation: APIOperation[Any, Any, Any, Any], known: Mapping[str, str]
) -> st.SearchStrategy[Case[Any]]:
    """Right ones, right ones on what there is, and wrong ones where anything can be wrong."""
    parameters = operation.definition.raw["parameters"]
    names = [one["name"] for one in parameters if one["in"] == "path"]
    there = {name: known[name] for name in names} or None
    kinds = [
        operation.as_strategy(),
        operation.as_strategy(path_parameters=there).map(_grounded),
    ]
    if names or operation.body or any(map(_limited, parameters)):
        kinds.append(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    return st.one_of(kinds)


def _limited(parameter: Mapping[str, Any]) -> bool:
    return bool(parameter["required"]) or parameter["schema"] != {"type": "string"}


def _grounded(case: Case[Any]) -> Case[Any]:
    """The case with products that there are, and an order that can be placed."""
    if "If-Match" in (case.headers or {}):
        case.headers["If-Match"] = "*"
    if isinstance(case.body, dict | list):
        for node in _nodes(case.body):
            if "sku" not in node and "variants" not in node:
                node.update({name: value for name, value in _LINE.items() if name in node})
            if "cartId" not in node and "shippingAddress" in node:
                node.update({name: ORDER[name] for name in _PLACEABLE})
                node.pop("expectedTotal", None)
            if "price" in node:
                node.update(price=_PRICE, name="Blue", attributes={})
            if "variants" in node:
                node.update(_TOLD, variants=node["variants"][:1])
                node.pop("brand", None)
    return case


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Every object in a body."""
    if isinstance(node, dict):
        yield node
    for value in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        yield from _nodes(value)
