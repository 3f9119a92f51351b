"""Bodies of answers that say no."""

from pydantic import BaseModel, ConfigDict, Field


class Fault(BaseModel):
    """What is wrong where: in the body (a JSON Pointer, RFC 6901), a parameter, or a header."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    detail: str
    pointer: str | None = None
    parameter: str | None = None
    header: str | None = None


class ProblemDetails(BaseModel):
    """A problem of RFC 9457; it may have further members.

    Attributes:
        detail: one sentence about this occurrence.
        errors: each fault that was found, the first twenty.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    errors: tuple[Fault, ...] | None = None


class GatewayMessage(BaseModel):
    """What API Gateway answers itself, before or instead of a function.

    Source: "Troubleshooting issues with HTTP API Lambda integrations" and "Throttle requests to
    your HTTP APIs" of the API Gateway guide.
    """

    model_config = ConfigDict(frozen=True)

    message: str
