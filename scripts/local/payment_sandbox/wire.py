"""Requests, answers and errors as they cross the wire: form-encoded in, JSON out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

Json = dict[str, Any]
"""A JSON object: what the provider's objects are made of."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Header names are in lower case, `path` is without the query."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def parameters(self) -> str:
        """The form-encoded parameters: in the body of a POST, else in the query."""
        return self.body.decode(errors="replace") if self.method == "POST" else self.query


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer; its body is JSON."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> Any:
        """The decoded body."""
        return json.loads(self.body)


class Dropped(Exception):
    """An injected fault wants the connection closed without an answer."""


class ApiError(Exception):
    """An error answer.

    Attributes:
        executed: whether the endpoint had begun: only then is the answer kept under the
            idempotency key (https://docs.stripe.com/api/idempotent_requests).
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str = "invalid_request_error",  # noqa: A002  # the wire's word
        executed: bool = True,
        **fields: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.executed = executed
        self.body: Json = {"error": {"type": type, "message": message, **fields}}


def bad_parameter(message: str, param: str, code: str = "parameter_invalid_integer") -> ApiError:
    """A parameter that fails validation, before anything runs."""
    return ApiError(400, message, code=code, param=param, executed=False)


def missing_object(kind: str, object_id: str, *, param: str, status: int = 404) -> ApiError:
    """No such object: 404 for the one in the path, 400 for one that a parameter names."""
    return ApiError(
        status,
        f"No such {kind}: '{object_id}'",
        code="resource_missing",
        param=param,
        executed=status != 404,
    )


def dumps(body: object) -> str:
    """Compact JSON."""
    return json.dumps(body, separators=(",", ":"))


_MAX_NESTING: Final = 5
_MAX_DIGITS: Final = 15


def parse_form(text: str) -> Json:
    """Decodes `a=1&metadata[orderId]=x&types[0]=card` into nested objects and lists.

    Raises:
        ApiError: 400, for a name that is not well formed or means two things at once.
    """
    parsed: Json = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, *rest = name.replace("]", "").split("[")
        if not head or len(rest) > _MAX_NESTING or name.count("[") != name.count("]"):
            raise bad_parameter(f"Invalid parameter name: {name}", name, "parameter_invalid")
        target = parsed
        for step, following in zip([head, *rest][:-1], rest, strict=True):
            inner = target.setdefault(step or str(len(target)), {})
            if not isinstance(inner, dict):
                raise bad_parameter(f"Invalid parameter: {following}", name, "parameter_invalid")
            target = inner
        last = rest[-1] if rest else head
        target[last or str(len(target))] = value
    return parsed


def take_integer(params: Json, name: str) -> int | None:
    """An optional positive integer parameter."""
    text = params.get(name)
    if text is None:
        return None
    digits = isinstance(text, str) and text.isascii() and text.isdigit()
    if not digits or len(text) > _MAX_DIGITS or int(text) < 1:
        raise bad_parameter(f"Invalid positive integer: {name}", name)
    return int(text)


def take_text(params: Json, name: str) -> str | None:
    """An optional text parameter."""
    value = params.get(name)
    if value is not None and not isinstance(value, str):
        raise bad_parameter(f"Invalid string: {name}", name, "parameter_invalid")
    return value


def take_flag(params: Json, name: str) -> bool:
    """An optional boolean parameter."""
    text = params.get(name, "false")
    if text not in ("true", "false"):
        raise bad_parameter(f"Invalid boolean: {name}", name, "parameter_invalid")
    return bool(text == "true")


def take_texts(params: Json, name: str) -> dict[str, str]:
    """An optional object of texts, as metadata is."""
    value = params.get(name, {})
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise bad_parameter(f"Invalid object: {name}", name, "parameter_invalid")
    return dict(value)


def require_known(params: Json, known: frozenset[str]) -> None:
    """Refuses parameters that the endpoint does not have."""
    for name in params.keys() - known:
        raise bad_parameter(f"Received unknown parameter: {name}", name, "parameter_unknown")
