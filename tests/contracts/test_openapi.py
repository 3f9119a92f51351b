"""The OpenAPI document is of the routes that are deployed and of the models that handlers parse."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from jsonschema import FormatChecker

from contracts.api import OPERATIONS
from contracts.api.examples import EXAMPLES
from contracts.api.rows import Operation, Who
from contracts.openapi import generate
from contracts.published import DOCUMENT, PAGE
from functions.docs.api import handler
from functions.shared.access import ROUTES, Access
from infra import table
from tests.support.requests import http_event

ROOT = Path(__file__).parents[2]
WHO = {
    Who.ANYBODY: Access.PUBLIC,
    Who.CUSTOMER: Access.CUSTOMER,
    Who.OPERATOR: Access.OPERATOR,
}
UNPARSED = {"POST /webhooks/payments": "ProviderEvent"}
"""Bodies that are taken as they come."""


def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    return loaded


def test_committed_documents_are_up_to_date(tmp_path: Path) -> None:
    generate(tmp_path)
    for path in (DOCUMENT, PAGE):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), "run `make generate`"


def test_operations_are_the_routes_and_who_may_call_them() -> None:
    assert {each.route: WHO[each.who] for each in OPERATIONS} == dict(ROUTES)
    assert len({each.name for each in OPERATIONS}) == len(OPERATIONS)


def test_routes_of_the_table_are_public_where_the_operation_is() -> None:
    public = {f"{route.method} {route.path}": route.public for route in table.ROUTES}
    assert public == {each.route: each.who is Who.ANYBODY for each in OPERATIONS}


def test_the_document_has_every_operation_with_its_security() -> None:
    found = {
        f"{method.upper()} {path}": operation["security"]
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    }
    assert found.keys() == ROUTES.keys()
    for route, access in ROUTES.items():
        scheme = [{"accessToken": ["operator"] if access is Access.OPERATOR else []}]
        assert found[route] == ([] if access is Access.PUBLIC else scheme)


def decorated(tree: ast.AST) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Each function that answers a route, with the route as the gateway names it."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef):
            continue
        for call in node.decorator_list:
            match call:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="app"), attr=method),
                    args=[ast.Constant(value=str(path))],
                ):
                    yield f"{method.upper()} {gateway_path(path)}", node


def gateway_path(path: str) -> str:
    """`<order_id>` as `{orderId}`."""
    parts = []
    for part in path.split("/"):
        first, *others = part.strip("<>").split("_")
        camel = first + "".join(word.title() for word in others)
        parts.append(f"{{{camel}}}" if part.startswith("<") else part)
    return "/".join(parts)


def calls(function: ast.FunctionDef, name: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]


def parsed_model(function: ast.FunctionDef) -> str | None:
    for call in calls(function, "parse_body"):
        assert isinstance(call.args[1], ast.Name)
        return call.args[1].id
    return None


def handlers() -> dict[str, ast.FunctionDef]:
    modules = {spec.source.module for spec in table.APIS}
    found: dict[str, ast.FunctionDef] = {}
    for module in modules:
        path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
        found |= dict(decorated(ast.parse(path.read_text(encoding="utf-8"))))
    return found


def test_handlers_parse_the_models_that_operations_name() -> None:
    parsed = {route: parsed_model(function) for route, function in handlers().items()}
    named = {each.route: each.request.__name__ if each.request else None for each in OPERATIONS}
    assert {**parsed, **UNPARSED} == named


def test_handlers_want_an_idempotency_key_where_operations_say_so() -> None:
    wanted = {route for route, function in handlers().items() if calls(function, "idempotency_key")}
    assert wanted == {each.route for each in OPERATIONS if takes(each, "Idempotency-Key")}


def takes(operation: Operation, parameter: str) -> bool:
    return any(each.name == parameter for each in operation.parameters)


@pytest.mark.parametrize("model", EXAMPLES, ids=lambda model: model.__name__)
def test_examples_are_of_their_models(model: Any) -> None:
    made = model.model_validate_json(json.dumps(EXAMPLES[model]))
    assert made.model_dump(mode="json", by_alias=True, exclude_unset=True) == EXAMPLES[model]


def test_every_example_is_in_the_document() -> None:
    text = json.dumps(document()["paths"])
    assert [m for m in EXAMPLES if json.dumps(EXAMPLES[m], ensure_ascii=True) not in text] == []


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for value in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        yield from nodes(value)


def test_references_lead_somewhere() -> None:
    whole = document()
    references = {node["$ref"] for node in nodes(whole) if isinstance(node.get("$ref"), str)}
    for reference in references:
        target: Any = whole
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]


def test_schemas_are_schemas() -> None:
    for schema in document()["components"]["schemas"].values():
        # Formats aside: patterns are ECMA 262's with Unicode classes, which Python's lack.
        jsonschema.Draft202012Validator.check_schema(schema, format_checker=FormatChecker(()))


def test_every_operation_says_how_it_refuses() -> None:
    for methods in document()["paths"].values():
        for operation in methods.values():
            assert {"429", "500", "503"} <= operation["responses"].keys()
            assert not operation["security"] or "401" in operation["responses"]


@pytest.mark.parametrize(
    ("path", "kind", "file"),
    [
        ("/openapi.json", "application/json", DOCUMENT),
        ("/docs", "text/html; charset=utf-8", PAGE),
    ],
)
def test_the_documents_are_served(path: str, kind: str, file: Path) -> None:
    answer = handler(http_event(f"GET {path}"), None)
    assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (200, kind)
    assert answer["body"] == file.read_text(encoding="utf-8")
    known = {"If-None-Match": answer["headers"]["ETag"]}
    assert handler(http_event(f"GET {path}", headers=known), None)["statusCode"] == 304


def test_the_page_loads_and_runs_nothing() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert not [mark for mark in ("<script", "<link", "<img", "src=", "@import") if mark in text]
    assert all(f'id="{each.name}"' in text for each in OPERATIONS)
