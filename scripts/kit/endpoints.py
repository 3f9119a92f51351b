"""Where everything of a stage answers, and who may log in.

Of the platform on this machine that is `.local/endpoints.json`, which people script against.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.kit.clients import Clients

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_FILE = ROOT / ".local" / "endpoints.json"
MACHINES = ("PlaceOrder", "CancelOrder", "RefundOrder")
"""The state machines, by the names that the stack's outputs give them."""
TABLES = ("orders", "inventory", "catalog")


class EndpointsError(Exception):
    """There is no usable endpoints file; says what to do."""


@dataclass(frozen=True)
class User:
    """Somebody who can log in."""

    username: str
    password: str
    role: str


@dataclass(frozen=True)
class Endpoints:
    """What a client needs to know of one deployed stage.

    Attributes:
        api: base URL of the HTTP API, without a slash at its end.
        aws: where AWS APIs are answered; None means AWS itself.
        payments, mail: addresses of the local payment sandbox and mailbox; None on AWS.
        opensearch: the search engine's address; None where only functions reach it.
        redis: `host:port` of the carts' store; None where only functions reach it.
    """

    api: str
    aws: str | None
    region: str
    access_key: str | None
    secret_key: str | None
    payments: str | None
    mail: str | None
    opensearch: str | None
    redis: str | None
    state_machines: Mapping[str, str]
    tables: Mapping[str, str]
    bus: str
    archive: str
    user_pool: str
    client: str
    users: tuple[User, ...]

    @classmethod
    def from_outputs(
        cls, outputs: Mapping[str, str], *, api: str, region: str, **local: Any
    ) -> "Endpoints":
        """What a stack says of itself.

        Args:
            local: what else there is to know of a stage that is not in AWS.
        """
        elsewhere = ("aws", "access_key", "secret_key", "payments", "mail", "opensearch", "redis")
        return cls(
            api=api,
            region=region,
            state_machines={name: outputs[f"{name}Arn"] for name in MACHINES},
            tables={name: outputs[f"{name.capitalize()}Table"] for name in TABLES},
            bus=outputs["BusName"],
            archive=outputs["ArchiveName"],
            user_pool=outputs["UserPoolId"],
            client=outputs["UserPoolClientId"],
            **{**dict.fromkeys(elsewhere), "users": (), **local},
        )

    @classmethod
    def read(cls, file: Path) -> "Endpoints":
        """From a file; raises EndpointsError when the platform was never deployed."""
        try:
            found = json.loads(file.read_text())
            return cls.from_json(found)
        except FileNotFoundError:
            raise EndpointsError("There is no platform yet: `make run` starts it.") from None
        except (ValueError, KeyError, TypeError) as error:
            raise EndpointsError(
                f"{file} cannot be read ({error!r}): `make run` writes it anew."
            ) from error

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "Endpoints":
        """From the file's content; raises KeyError for a missing key."""
        return cls(
            api=found["api"],
            aws=found["aws"],
            region=found["region"],
            access_key=found["accessKeyId"],
            secret_key=found["secretAccessKey"],
            payments=found["payments"],
            mail=found["mail"],
            opensearch=found["opensearch"],
            redis=found["redis"],
            state_machines=dict(found["stateMachines"]),
            tables=dict(found["tables"]),
            bus=found["bus"],
            archive=found["archive"],
            user_pool=found["cognito"]["userPoolId"],
            client=found["cognito"]["clientId"],
            users=tuple(User(**user) for user in found["users"]),
        )

    def to_json(self) -> dict[str, Any]:
        """The file's content."""
        return {
            "api": self.api,
            "aws": self.aws,
            "region": self.region,
            "accessKeyId": self.access_key,
            "secretAccessKey": self.secret_key,
            "payments": self.payments,
            "mail": self.mail,
            "opensearch": self.opensearch,
            "redis": self.redis,
            "stateMachines": dict(self.state_machines),
            "tables": dict(self.tables),
            "bus": self.bus,
            "archive": self.archive,
            "cognito": {"userPoolId": self.user_pool, "clientId": self.client},
            "users": [
                {"username": u.username, "password": u.password, "role": u.role} for u in self.users
            ],
        }

    def write(self, file: Path = DEFAULT_FILE) -> None:
        """Write the file for its owner alone: it holds passwords."""
        write_json(file, self.to_json(), mode=0o600)

    def clients(self) -> Clients:
        """Clients pinned to this stage, whatever the environment of the caller says."""
        return Clients(self.region, self.aws, self.access_key, self.secret_key)

    @property
    def prefix(self) -> str:
        """How the names of the stage's functions, queues, rules and machines begin."""
        return f"{self.bus}-"

    def function(self, name: str) -> str:
        """A function of the stage, as AWS calls it."""
        return f"{self.prefix}{name}"

    def user(self, name: str) -> User:
        """A user by name, or by role (the first of it); raises EndpointsError for a stranger."""
        for user in self.users:
            if name in (user.username, user.username.partition("@")[0]):
                return user
        for user in self.users:
            if name == user.role:
                return user
        known = ", ".join(user.username.partition("@")[0] for user in self.users)
        raise EndpointsError(f"There is no user {name!r}; there are: {known}.")


def write_json(file: Path, content: Mapping[str, Any], mode: int = 0o644) -> None:
    """Write a JSON file at once, so that a reader never sees half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(file.name + ".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as target:
        json.dump(content, target, indent=2)
        target.write("\n")
    partial.replace(file)
