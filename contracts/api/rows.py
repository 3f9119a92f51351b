"""What a row of the operations table holds: an HTTP route, and all that it takes and answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel

Schema = Mapping[str, Any]


class Who(Enum):
    """Who may call an operation."""

    ANYBODY = "anybody"
    CUSTOMER = "customer"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a query, a header or a path.

    Attributes:
        place: `query`, `header` or `path`.
        schema: JSON Schema of its value.
    """

    name: str
    place: str
    description: str
    schema: Schema
    example: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is no problem.

    Attributes:
        body: its model; None: it has no body.
        headers: names of headers that it has, or may have (`HEADERS` says which).
    """

    status: HTTPStatus
    description: str
    body: type[BaseModel] | None = None
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of a path.

    Attributes:
        problems: statuses of RFC 9457 problems, and when they come, beside those that follow from
            what the operation takes.
        media: of the answers that are no problems.
    """

    method: str
    path: str
    name: str
    summary: str
    tag: str
    who: Who
    answers: tuple[Answer, ...]
    request: type[BaseModel] | None = None
    parameters: tuple[Parameter, ...] = ()
    problems: Mapping[HTTPStatus, str] | None = None
    media: str = "application/json"

    @property
    def route(self) -> str:
        """Its key, as API Gateway names routes."""
        return f"{self.method} {self.path}"


CACHED: Final = ("Cache-Control", "ETag")
"""Headers of a representation that a client may keep and ask for again."""
CREATED: Final = ("Cache-Control", "Location")
ACCEPTED: Final = ("Cache-Control", "Location", "Retry-After")
UNCACHED: Final = ("Cache-Control",)

IDEMPOTENCY_KEY: Final = Parameter(
    "Idempotency-Key",
    "header",
    "Names this command: sent again under the same key it is done once. Keep it for a retry.",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    "5f0c7d3e-2f0b-4d0c-9f0e-1f6b5a1f7c11",
    required=True,
)
IF_NONE_MATCH: Final = Parameter(
    "If-None-Match",
    "header",
    "ETags of what the client has: 304 if one is still right (RFC 9110, 13.1.2).",
    {"type": "string"},
    '"0123456789abcdef0123456789abcdef"',
)
IF_MATCH: Final = Parameter(
    "If-Match",
    "header",
    "The ETag of the product that the change is meant for; without it 428, if it changed 412.",
    {"type": "string"},
    '"0123456789abcdef0123456789abcdef"',
)
CURSOR: Final = Parameter(
    "cursor",
    "query",
    "`next` of the page before. It is signed: it goes on with this list, and with no other.",
    {"type": "string", "maxLength": 1024},
    "Zm9sbG93aW5n",
)


def ok(body: type[BaseModel], description: str, headers: tuple[str, ...] = UNCACHED) -> Answer:
    """200 with a body."""
    return Answer(HTTPStatus.OK, description, body, headers)


def nothing(description: str) -> Answer:
    """204."""
    return Answer(HTTPStatus.NO_CONTENT, description, headers=UNCACHED)


NOT_MODIFIED: Final = Answer(
    HTTPStatus.NOT_MODIFIED, "What the client has is still right.", headers=CACHED
)
