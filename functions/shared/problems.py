"""Problem responses of RFC 9457."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from botocore.exceptions import ClientError
from pydantic import ValidationError

from functions.shared.errors import RetryableError, Throttled

THROTTLES: Final = frozenset(
    {"ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"}
)
"""Codes by which a service refuses a call for its rate. Source: "Error handling with DynamoDB"."""


class Problem(Exception):
    """An answer that says what is wrong. Raised anywhere in a handler, sent by `http_handler`.

    Args:
        status: the HTTP status.
        detail: one sentence about this occurrence.
        errors: what is wrong where: `detail`, and `pointer` (JSON Pointer into the body),
            `parameter` or `header`.
        headers: of the response, e.g. Retry-After in seconds.
        extensions: further members of the problem (RFC 9457, 3.2).
    """

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}
        self.extensions = extensions or {}

    def body(self) -> dict[str, Any]:
        """The `application/problem+json` object."""
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": int(self.status),
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = [dict(error) for error in self.errors]
        return body | dict(self.extensions)


def invalid_body(error: ValidationError) -> Problem:
    """What a body that does not match its model is answered with. Names fields, never values."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    if problems[0]["type"] == "json_invalid":
        return Problem(HTTPStatus.BAD_REQUEST, "The body is not valid JSON.")
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The body does not have the expected form.",
        errors=[
            {"detail": _words(p["type"], p["msg"]), "pointer": pointer(p["loc"])}
            for p in problems[:20]
        ],
    )


def _words(kind: str, message: str) -> str:
    """What pydantic says of a field, without what only tells how it is checked."""
    if kind == "string_pattern_mismatch":
        return "The value is not in the form that is allowed"
    told = message.removeprefix("Value error, ")
    return told[:1].upper() + told[1:]


def pointer(location: Sequence[str | int]) -> str:
    """A JSON Pointer (RFC 6901)."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in location)
    return "".join(f"/{part}" for part in parts)


def not_found(what: str) -> Problem:
    """The answer for what does not exist, or not for this caller."""
    return Problem(HTTPStatus.NOT_FOUND, f"There is no such {what}.")


def busy(_: RetryableError) -> Problem:
    """The answer where the same request may succeed in a moment: nothing was done."""
    detail = "Too much is going on at the moment. Nothing was done; please try again."
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "1"})


def throttled(error: ClientError) -> Problem:
    """The answer where an AWS service asks for patience. Any other error of it is our fault.

    Raises:
        ClientError: it is another one.
    """
    if error.response.get("Error", {}).get("Code") not in THROTTLES:
        raise error
    return busy(Throttled())
