"""What every HTTP handler shares: the router, the caller, problem responses, conditional GET."""

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from typing import Any, Final, TypeVar

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from botocore.exceptions import ClientError
from pydantic import BaseModel, ValidationError

from contracts.edge import ORIGIN_HEADER
from contracts.ids import is_order_id
from functions.shared.access import Caller, authorise
from functions.shared.errors import RetryableError
from functions.shared.logs import about, logger
from functions.shared.origin import OriginCheck
from functions.shared.problems import Problem, busy, invalid_body, not_found, throttled

MAX_BODY_BYTES: Final = 64 * 1024
JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"

Model = TypeVar("Model", bound=BaseModel)
_PATIENCE: Final[Mapping[type[Exception], Callable[[Any], Problem]]] = {
    RetryableError: busy,
    ClientError: throttled,
}
HttpHandler = Callable[[dict[str, Any], Any], dict[str, Any]]


def http_handler(
    app: APIGatewayHttpResolver,
    problems: Mapping[type[Exception], Callable[[Any], Problem]] | None = None,
) -> HttpHandler:
    """The Lambda handler of a router: refuses what did not come by the edge, authorises the route,
    answers problems as RFC 9457.

    Args:
        problems: errors of the domain, each with what it is answered with. What a dependency
            refuses for the moment is answered with 503 anyway.
    """

    def problem(error: Problem) -> Response[str]:
        headers = {"Cache-Control": "no-store", **error.headers}
        return respond(error.status, error.body(), headers, content_type=PROBLEM)

    def no_route(_: NotFoundError) -> Response[str]:
        return problem(not_found("resource"))

    app.exception_handler(Problem)(problem)
    for error, to_problem in {**_PATIENCE, **(problems or {})}.items():
        app.exception_handler(error)(_answers(to_problem, problem))
    app.not_found(no_route)
    app.use(middlewares=[_by_the_edge, _authorised])

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        about(_order_of(event))
        logger.append_keys(request_id=event["requestContext"].get("requestId"))
        return _located(app.resolve(event, context), event["requestContext"]["stage"])

    return handle


def _order_of(event: Mapping[str, Any]) -> str | None:
    """The order that the path names. What is no order's id is the client's text: not for a log."""
    named: str | None = (event.get("pathParameters") or {}).get("orderId")
    return named if named is not None and is_order_id(named) else None


def _answers(
    to_problem: Callable[[Any], Problem], answer: Callable[[Problem], Response[str]]
) -> Callable[[Any], Response[str]]:
    return lambda error: answer(to_problem(error))


@cache
def _origin_check() -> OriginCheck | None:
    """None in a stage without an edge."""
    arn = os.environ.get("ORIGIN_SECRET_ARN")
    return None if arn is None else OriginCheck(arn)


def _by_the_edge(app: Any, next_middleware: Callable[[Any], Any]) -> Any:
    check = _origin_check()
    if check is not None and not check.passes(header(app, ORIGIN_HEADER)):
        raise Problem(HTTPStatus.FORBIDDEN, "The API is reached by the address of the shop.")
    return next_middleware(app)


def _located(answer: dict[str, Any], stage: str) -> dict[str, Any]:
    """The answer with its Location below the gateway's stage, whose name is part of every path."""
    location = answer.get("headers", {}).get("Location")
    if location is not None and stage != "$default":
        answer["headers"]["Location"] = f"/{stage}{location}"
    return answer


def _authorised(app: Any, next_middleware: Callable[[Any], Any]) -> Any:
    request = app.current_event.raw_event["requestContext"]
    claims = request.get("authorizer", {}).get("jwt", {}).get("claims", {})
    app.append_context(caller=authorise(app.current_event.raw_event["routeKey"], claims))
    return next_middleware(app)


def caller_of(app: APIGatewayHttpResolver) -> Caller:
    """Who calls a route that is not public."""
    caller: Caller = app.context["caller"]
    return caller


def arrival(app: APIGatewayHttpResolver) -> datetime:
    """When the gateway got the request: what a cold start takes comes after it.

    Source: `timeEpoch` in "Create AWS Lambda proxy integrations for HTTP APIs".
    """
    epoch: int = app.current_event.raw_event["requestContext"]["timeEpoch"]
    return datetime.fromtimestamp(epoch / 1000, UTC)


def header(app: APIGatewayHttpResolver, name: str) -> str | None:
    """A request header; names come in any case."""
    headers: Mapping[str, str] = app.current_event.raw_event.get("headers") or {}
    return next((value for key, value in headers.items() if key.lower() == name.lower()), None)


def idempotency_key(app: APIGatewayHttpResolver) -> str:
    """The request's Idempotency-Key.

    Raises:
        Problem: 400 if there is none, or one that is too long or not printable.
    """
    value = header(app, "Idempotency-Key")
    if value and len(value) <= 255 and value.isascii() and value.isprintable():
        return value
    detail = "The header Idempotency-Key is required: 1 to 255 printable ASCII characters."
    errors = [{"detail": detail, "header": "Idempotency-Key"}]
    raise Problem(HTTPStatus.BAD_REQUEST, detail, errors=errors)


def parameters(app: APIGatewayHttpResolver, *known: str) -> Mapping[str, str]:
    """The query's parameters.

    Raises:
        Problem: 400 naming one that the route does not have: it would be ignored unnoticed.
    """
    given: Mapping[str, str] = app.current_event.raw_event.get("queryStringParameters") or {}
    unknown = [name for name in given if name not in known]
    if unknown:
        detail = "The query has a parameter that this route does not have."
        errors = [{"detail": detail, "parameter": name[:64]} for name in unknown[:20]]
        raise Problem(HTTPStatus.BAD_REQUEST, detail, errors=errors)
    return given


def parse_body(app: APIGatewayHttpResolver, model: type[Model]) -> Model:
    """The body as its model.

    Raises:
        Problem: 413 if it is too large, 400 if it is no JSON or says a member twice, 422 naming
            each wrong field.
    """
    raw = raw_body(app)
    if len(raw) > MAX_BODY_BYTES:
        detail = f"The body is larger than {MAX_BODY_BYTES} bytes."
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    try:
        parsed = model.model_validate_json(raw)
    except ValidationError as error:
        raise invalid_body(error) from error
    _members.decode(raw.decode())  # of a body that is known to be of the model's form and depth
    return parsed


def _each_once(members: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object's members by name. I-JSON (RFC 7493, 2.3) has each once; of two, parsers take
    either, so what stands before us may have judged another body than we would do.

    Raises:
        Problem: 400 naming one that comes twice.
    """
    by_name = dict(members)
    if len(by_name) < len(members):
        names = [name for name, _ in members]
        twice = next(name for name in by_name if names.count(name) > 1)
        detail = f"The body has the member {twice!r} more than once in one object."
        raise Problem(HTTPStatus.BAD_REQUEST, detail)
    return by_name


_members: Final = json.JSONDecoder(object_pairs_hook=_each_once)


def raw_body(app: APIGatewayHttpResolver) -> bytes:
    """The body as it was sent, of any size.

    Raises:
        Problem: 400 if the gateway's encoding of it cannot be undone.
    """
    event = app.current_event.raw_event
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "The body is not valid base64.") from error


def respond(
    status: HTTPStatus,
    body: BaseModel | Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
    *,
    content_type: str = JSON,
) -> Response[str]:
    """A JSON response."""
    return Response(int(status), content_type, _json(body), headers=dict(headers or {}))


def respond_if_changed(
    app: APIGatewayHttpResolver, body: BaseModel, headers: Mapping[str, str]
) -> Response[str]:
    """200 with an ETag, or 304 when the client has this representation (RFC 9110, 13.1.2)."""
    return respond_text_if_changed(app, _json(body), JSON, headers)


def respond_text_if_changed(
    app: APIGatewayHttpResolver, text: str, content_type: str, headers: Mapping[str, str]
) -> Response[str]:
    """The same for a representation that is text already."""
    etag = _tag(text)
    tagged = {**headers, "ETag": etag}
    if matches(header(app, "If-None-Match") or "", etag):
        return Response(int(HTTPStatus.NOT_MODIFIED), body="", headers=dict(tagged))
    return Response(int(HTTPStatus.OK), content_type, text, headers=dict(tagged))


def tag_of(body: BaseModel) -> str:
    """The ETag of a representation: a hash of it, so it is the same wherever it is made."""
    return _tag(_json(body))


def _tag(text: str) -> str:
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def matches(wanted: str, etag: str) -> bool:
    """Whether If-None-Match or If-Match names this ETag.

    A weak tag counts too: a CDN that compresses a response weakens its tag, and what a tag is
    the hash of is the same then.
    """
    candidates = [tag.strip().removeprefix("W/") for tag in wanted.split(",")]
    return etag in candidates or "*" in candidates


def no_content() -> Response[str]:
    """204: it is as asked for."""
    headers = {"Cache-Control": "no-store"}
    return Response(int(HTTPStatus.NO_CONTENT), body="", headers=dict(headers))


def _json(body: BaseModel | Mapping[str, Any]) -> str:
    if isinstance(body, BaseModel):
        return body.model_dump_json(by_alias=True, exclude_none=True)
    return json.dumps(body)
