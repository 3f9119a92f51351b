"""What a row of the functions table holds.

Grants name DynamoDB's item actions: a TransactWriteItems or BatchGetItem call is allowed by the
actions of what it does to each item.
Source: "Using IAM with DynamoDB transactions" in the developer guide.
"""

from dataclasses import dataclass
from typing import Final, Literal

from contracts.capacity import Throttle
from infra.packaging import FunctionSource
from workflows.timing import FUNCTION_TIMEOUT

API_TIMEOUT: Final = 10
"""A customer waits; an HTTP API gives up after 30 seconds anyway."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Actions on one resource, named as in `infra.resources.Resources.arns`."""

    resource: str
    actions: tuple[str, ...]


def dynamodb(resource: str, *actions: str) -> Grant:
    """Item actions on a table, or on its index, named `table/index/NAME`."""
    return Grant(resource, tuple(f"dynamodb:{action}" for action in actions))


def reads_secret(resource: str) -> Grant:
    """The value of one secret."""
    return Grant(resource, ("secretsmanager:GetSecretValue",))


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """One Lambda function."""

    name: str
    handler: str
    environment: tuple[str, ...]
    grants: tuple[Grant, ...]
    extras: tuple[str, ...] = ()
    timeout: int = FUNCTION_TIMEOUT
    """Seconds."""
    memory: int = 1024
    """Megabytes; the processor comes with them: less is slower, not cheaper."""
    network: Literal["carts", "search"] | None = None
    """The part of the private network that it runs in, where the stage has that part."""

    @property
    def source(self) -> FunctionSource:
        """What its package is built from."""
        return FunctionSource(self.name, self.handler, self.extras)


@dataclass(frozen=True, slots=True)
class Route:
    """An HTTP route.

    Attributes:
        public: answered without a customer's token.
        throttle: its own, where it is not that of all routes together.
    """

    method: str
    path: str
    function: str
    public: bool = False
    throttle: Throttle | None = None
