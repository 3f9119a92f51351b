"""Secrets, fetched when first needed and kept for a while, so that a rotation is picked up."""

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from functions.shared.clients import secrets_manager

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

MAX_AGE_SECONDS: Final = 300.0


class Secret:
    """One field of a JSON secret.

    Args:
        arn: of the secret in Secrets Manager.
        field: of its JSON object.
    """

    def __init__(
        self,
        arn: str,
        field: str,
        client: Callable[[], "SecretsManagerClient"] = secrets_manager,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._arn = arn
        self._field = field
        self._client = client
        self._monotonic = monotonic
        self._value: str | None = None
        self._fetched_at = 0.0

    def __repr__(self) -> str:
        return f"Secret({self._field})"

    def __call__(self) -> str:
        """The current value, at most `MAX_AGE_SECONDS` old."""
        if self._value is None or self._monotonic() - self._fetched_at > MAX_AGE_SECONDS:
            self.refresh()
        assert self._value is not None  # noqa: S101 - refresh sets it or raises
        return self._value

    def refresh(self) -> None:
        """Fetches it anew, after the old value was refused."""
        answer = self._client().get_secret_value(SecretId=self._arn)
        self._value = str(json.loads(answer["SecretString"])[self._field])
        self._fetched_at = self._monotonic()
