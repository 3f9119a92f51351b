"""Whether a request came by the edge: CloudFront adds a secret header to what it sends on.

WAF cannot stand before an HTTP API. What calls the API by its own address has not passed it, and is
refused.

Source: "Restrict access to Application Load Balancers" of the CloudFront guide (a custom header),
"Choosing between REST APIs and HTTP APIs" of the API Gateway guide (no WAF).
"""

import hmac
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from functions.shared.clients import secrets_manager
from functions.shared.logs import logger
from functions.shared.secrets import MAX_AGE_SECONDS

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

CURRENT: Final = "AWSCURRENT"
PREVIOUS: Final = "AWSPREVIOUS"
LOOK_AGAIN_SECONDS: Final = 10.0
"""What is not known is looked for at most this often: a flood of wrong headers costs no more."""


@dataclass(frozen=True, slots=True)
class _Known:
    value: str | None
    asked_at: float


class OriginCheck:
    """Compares the header with the secret's current value and, where that is another, with the one
    before: while the secret is rotated, edge and functions learn of it at different moments.

    It is fetched with the first request of a process. A value that cannot be fetched anew stays
    good: the shop does not close because Secrets Manager does not answer.

    Args:
        arn: of the secret, whose whole text is the value.
    """

    def __init__(
        self,
        arn: str,
        client: Callable[[], "SecretsManagerClient"] = secrets_manager,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._arn = arn
        self._client = client
        self._monotonic = monotonic
        self._known: dict[str, _Known] = {}

    def passes(self, given: str | None) -> bool:
        """Whether this is what the edge sends.

        Raises:
            ClientError, BotoCoreError: the secret was never read and cannot be.
        """
        if not given:
            return False
        return (
            self._is(given, CURRENT, MAX_AGE_SECONDS)
            or self._is(given, CURRENT, LOOK_AGAIN_SECONDS)
            or self._is(given, PREVIOUS, LOOK_AGAIN_SECONDS)
        )

    def _is(self, given: str, version: str, max_age: float) -> bool:
        known = self._known.get(version, _Known(None, -math.inf))
        if self._monotonic() - known.asked_at > max_age:
            known = self._known[version] = _Known(self._ask(version), self._monotonic())
        return known.value is not None and hmac.compare_digest(known.value.encode(), given.encode())

    def _ask(self, version: str) -> str | None:
        """The value of a version; None if there is none, as before the first rotation."""
        try:
            answer = self._client().get_secret_value(SecretId=self._arn, VersionStage=version)
        except (BotoCoreError, ClientError) as error:
            if version == PREVIOUS and _missing(error):
                return None
            if version not in self._known:
                raise
            logger.warning("the origin secret could not be read anew", error=type(error).__name__)
            return self._known[version].value
        return answer["SecretString"]


def _missing(error: BotoCoreError | ClientError) -> bool:
    return (
        isinstance(error, ClientError)
        and error.response.get("Error", {}).get("Code") == "ResourceNotFoundException"
    )
