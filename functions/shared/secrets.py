"""Secrets, fetched when first needed and kept for a while, so that a rotation is picked up."""

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from functions.shared.clients import secrets_manager
from functions.shared.logs import logger

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
            return self._keep(self._fetch())
        return self._value

    def instead_of(self, refused: str) -> str:
        """Another value after this one was refused: the current one, fetched anew, or the one
        before it where the current one is what was refused. It is kept like any other.

        While a secret is rotated one of the two is accepted: the old one until it is revoked, the
        new one from then on, and again the old one where the new one was mistyped.

        Returns:
            The refused one where there is no other.
        """
        current = self._fetch()
        if current != refused:
            logger.warning("a refused secret is replaced by the current one", secret=self._field)
            return self._keep(current)
        logger.error("the current secret is refused", secret=self._field)
        client = self._client()
        try:
            return self._keep(self._fetch(VersionStage="AWSPREVIOUS"))
        except client.exceptions.ResourceNotFoundException:
            return refused

    def _fetch(self, **version: str) -> str:
        request: Any = {"SecretId": self._arn, **version}
        answer = self._client().get_secret_value(**request)
        return str(json.loads(answer["SecretString"])[self._field])

    def _keep(self, value: str) -> str:
        self._value, self._fetched_at = value, self._monotonic()
        return value
