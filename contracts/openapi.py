"""The OpenAPI 3.1 document of the API: `python -m contracts.openapi [--out DIR]`.

Source: OpenAPI Specification 3.1.1, https://spec.openapis.org/oas/v3.1.1.html.
"""

import argparse
import json
import re
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from contracts.api import OPERATIONS
from contracts.api.examples import EXAMPLES
from contracts.api.rows import Answer, Operation, Parameter, Who
from contracts.ids import SKU_PATTERN, SLUG_PATTERN
from contracts.page import page
from contracts.problems_api import GatewayMessage, ProblemDetails
from contracts.published import DOCUMENT, PAGE

PROBLEM: Final = "application/problem+json"
JSON: Final = "application/json"
_REF: Final = "#/components/schemas/{model}"

Document = dict[str, Any]

_UUID: Final = {"type": "string", "format": "uuid"}
_SLUG: Final = {"type": "string", "pattern": SLUG_PATTERN}
_PATH_PARAMETERS: Final[dict[str, tuple[str, Document, str]]] = {
    "orderId": ("The order's id.", _UUID, "0b6a1e34-6b1f-5d0e-8c55-2c1a2f9b8a10"),
    "refundId": ("The refund's id.", _UUID, "9d3c5a41-52f6-5a62-a4e4-8f1f2f6f5b20"),
    "productId": ("The product's id.", _SLUG, "mug-harbour"),
    "variantId": ("The variant's id.", _SLUG, "blue"),
    "category": ("A category.", _SLUG, "mugs"),
    "itemId": (
        "A line of the cart: `productId.variantId`.",
        {"type": "string", "pattern": r"^[a-z0-9][a-z0-9-]{0,63}\.[a-z0-9][a-z0-9-]{0,63}$"},
        "mug-harbour.blue",
    ),
    "sku": ("The SKU.", {"type": "string", "pattern": SKU_PATTERN}, "MUG-HARBOUR-BLUE"),
}
HEADERS: Final[dict[str, Document]] = {
    "Cache-Control": {
        "description": "How long it may be kept, and by whom (RFC 9111).",
        "schema": {"type": "string"},
        "required": True,
        "example": "public, max-age=60",
    },
    "ETag": {
        "description": "Names this representation, for If-None-Match and If-Match.",
        "schema": {"type": "string", "pattern": '^"[0-9a-f]{32}"$'},
        "required": True,
        "example": '"0123456789abcdef0123456789abcdef"',
    },
    "Location": {
        "description": "Where it is to be read.",
        "schema": {"type": "string", "format": "uri-reference"},
        "required": True,
        "example": "/orders/0b6a1e34-6b1f-5d0e-8c55-2c1a2f9b8a10",
    },
    "Retry-After": {
        "description": "Seconds to wait before the next request; absent where nothing is awaited.",
        "schema": {"type": "integer", "minimum": 0},
        "example": 1,
    },
}
"""Headers of answers, by name."""

_INFO: Final[Document] = {
    "title": "Commerce",
    "version": "1",
    "summary": "An e-commerce platform on AWS.",
    "description": (
        "Amounts are integers in minor units of their currency. Times are UTC, ISO 8601. An answer"
        " leaves out what it has no value of. What is wrong is answered as a problem of RFC 9457"
        " that names the field, parameter or header; what the gateway itself refuses, as"
        ' `{"message"}`.'
    ),
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}


def document() -> Document:
    """The whole document."""
    paths: Document = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": _INFO,
        "servers": [{"url": ".", "description": "Where this document is served."}],
        "tags": [{"name": name} for name in dict.fromkeys(each.tag for each in OPERATIONS)],
        "paths": paths,
        "components": {
            "schemas": _schemas()[1],
            "headers": HEADERS,
            "responses": {
                status.name: _refusal(status, text) for status, text in _REFUSALS.items()
            },
            "securitySchemes": {
                "accessToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": (
                        "An access token of the user pool (no ID token). Operations that name the"
                        " role `operators` are for members of that Cognito group."
                    ),
                }
            },
        },
    }


def _models() -> list[tuple[type[BaseModel], JsonSchemaMode]]:
    answers = [answer.body for each in OPERATIONS for answer in each.answers if answer.body]
    named: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {
        (each.request, "validation"): None for each in OPERATIONS if each.request
    }
    refusals: tuple[type[BaseModel], ...] = (ProblemDetails, GatewayMessage)
    for model in (*answers, *refusals):
        named[model, "serialization"] = None
    return list(named)


def _schemas() -> tuple[dict[type[BaseModel], Document], Document]:
    """References to the models' schemas, and these by name."""
    models = _models()
    references, schemas = models_json_schema(models, ref_template=_REF)
    return {model: dict(references[model, mode]) for model, mode in models}, schemas["$defs"]


_REFERENCES: Final = _schemas()[0]


def _operation(operation: Operation) -> Document:
    made: Document = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "security": _SECURITY[operation.who],
        "parameters": [_parameter(each) for each in (*_in_path(operation), *operation.parameters)],
        "responses": {
            **{str(int(answer.status)): _answer(answer, operation) for answer in operation.answers},
            **{str(int(status)): said for status, said in sorted(_refusals(operation).items())},
        },
    }
    if operation.request:
        content = {JSON: _content(operation.request)}
        made["requestBody"] = {"required": True, "content": content}
    return made


_SECURITY: Final[dict[Who, list[dict[str, list[str]]]]] = {
    Who.ANYBODY: [],
    Who.CUSTOMER: [{"accessToken": []}],
    Who.OPERATOR: [{"accessToken": ["operator"]}],
}


def _content(model: type[BaseModel]) -> Document:
    return {"schema": _REFERENCES[model], "example": EXAMPLES[model]}


def _in_path(operation: Operation) -> list[Parameter]:
    return [
        Parameter(name, "path", *_PATH_PARAMETERS[name], required=True)
        for name in re.findall(r"{(\w+)}", operation.path)
    ]


def _parameter(parameter: Parameter) -> Document:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.description,
        "required": parameter.required,
        "schema": dict(parameter.schema),
        "example": int(parameter.example)
        if parameter.schema.get("type") == "integer"
        else parameter.example,
    }


def _answer(answer: Answer, operation: Operation) -> Document:
    made: Document = {"description": answer.description, "headers": _headers(answer.headers)}
    if answer.body:
        made["content"] = {operation.media: _content(answer.body)}
    elif answer.status is HTTPStatus.OK:
        kind = "object" if operation.media == JSON else "string"
        made["content"] = {operation.media: {"schema": {"type": kind}}}
    return made


def _headers(names: tuple[str, ...]) -> Document:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


_GATEWAYS: Final[dict[HTTPStatus, str]] = {
    HTTPStatus.UNAUTHORIZED: "Unauthorized",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Request Entity Too Large",
    HTTPStatus.TOO_MANY_REQUESTS: "Too Many Requests",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Internal Server Error",
    HTTPStatus.SERVICE_UNAVAILABLE: "Service Unavailable",
}
"""Statuses that the gateway answers with itself, and its messages."""
_GATEWAY_ALONE: Final = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.INTERNAL_SERVER_ERROR}


_REFUSALS: Final[dict[HTTPStatus, str]] = {
    HTTPStatus.BAD_REQUEST: "A parameter, a header or the body's JSON is wrong.",
    HTTPStatus.UNAUTHORIZED: "No valid access token.",
    HTTPStatus.FORBIDDEN: "The caller is no operator.",
    HTTPStatus.NOT_FOUND: "There is none, or not for this caller.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNPROCESSABLE_ENTITY: (
        "The body does not have the expected form, or asks for what is not possible, or its"
        " Idempotency-Key was used with another body."
    ),
    HTTPStatus.TOO_MANY_REQUESTS: "The gateway's throttle.",
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "A fault of the shop; it is logged and looked at. What was asked for may have been done:"
        " ask again, a command under the same Idempotency-Key."
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: "Not at the moment; nothing was done. Try again.",
}
"""Answers that say no and are the same everywhere."""


def _common_refusals(operation: Operation) -> set[HTTPStatus]:
    """Which of them follow from what the operation takes."""
    in_path = "{" in operation.path
    guarded = operation.who is not Who.ANYBODY
    takes = bool(operation.parameters or operation.request or in_path)
    when = {
        HTTPStatus.BAD_REQUEST: takes,
        HTTPStatus.UNAUTHORIZED: guarded,
        HTTPStatus.FORBIDDEN: operation.who is Who.OPERATOR,
        HTTPStatus.NOT_FOUND: in_path,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: operation.request is not None,
        HTTPStatus.UNPROCESSABLE_ENTITY: operation.request is not None,
    }
    return {status for status in _REFUSALS if when.get(status, True)}


def _refusals(operation: Operation) -> dict[HTTPStatus, Document]:
    """Every answer that says no, by status."""
    common = {
        status: {"$ref": f"#/components/responses/{status.name}"}
        for status in _common_refusals(operation)
    }
    own = {status: _refusal(status, text) for status, text in (operation.problems or {}).items()}
    return {**common, **own}


def _refusal(status: HTTPStatus, description: str) -> Document:
    content: Document = {}
    if status not in _GATEWAY_ALONE:
        example = {"type": "about:blank", "title": status.phrase, "status": int(status)}
        content[PROBLEM] = {
            "schema": _REFERENCES[ProblemDetails],
            "example": {**example, "detail": description},
        }
    if status in _GATEWAYS:
        content[JSON] = {
            "schema": _REFERENCES[GatewayMessage],
            "example": {"message": _GATEWAYS[status]},
        }
    made: Document = {"description": description, "content": content}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        made["headers"] = _headers(("Retry-After",))
    if status is HTTPStatus.PRECONDITION_FAILED:
        made["headers"] = _headers(("ETag",))
    return made


def generate(folder: Path) -> None:
    """Writes the document, and its page."""
    folder.mkdir(parents=True, exist_ok=True)
    made = document()
    text = json.dumps(made, indent=1, ensure_ascii=False)
    (folder / DOCUMENT.name).write_text(text + "\n", encoding="utf-8")
    (folder / PAGE.name).write_text(page(made), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=DOCUMENT.parent)
    generate(parser.parse_args().out)
