"""OpenSearch behind what the functions need of it."""

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from functions.search.index import ALIAS, WRITE_PREFIX
from functions.shared.errors import RetryableError
from functions.shared.logs import logger

if TYPE_CHECKING:
    from opensearchpy import OpenSearch

MAX_CONNECTIONS: Final = 4

Body = Mapping[str, Any]
Result = TypeVar("Result")


class SearchUnavailable(RetryableError):
    """The engine does not answer in time, is overloaded, has no index yet, or does not know this
    function's role yet.
    """


@dataclass(frozen=True, slots=True)
class Put:
    """A document to be written under a version that grows; an index keeps the greatest."""

    product_id: str
    version: int
    document: Body


class Engine(Protocol):
    """The search engine. Every call raises SearchUnavailable rather than wait for long."""

    def search(self, body: Body, preference: str) -> Body:
        """What `_search` answers, of all shards or none.

        Args:
            preference: requests with the same one are answered by the same copy, so that scores
                are the same from page to page.
        """

    def write(self, puts: Sequence[Put], targets: Sequence[str]) -> list[list[int]]:
        """Writes all to all targets in one call.

        Returns:
            For each document the HTTP status at each target: 409, it has that version or a newer
            one; 404, it was taken away.
        """

    def targets(self) -> tuple[str, ...]:
        """Write aliases of the indexes that are to be kept up to date."""

    def create(self, index: str, definition: Body, aliases: Iterable[str]) -> bool:
        """Makes an index with aliases; False if there is one of that name."""


class OpenSearchEngine:
    """`Engine` on the service itself.

    Args:
        client: a factory, so that the client is built when it is first needed.
    """

    def __init__(self, client: Callable[[], "OpenSearch"]) -> None:
        self._client = client

    def search(self, body: Body, preference: str) -> Body:
        """See `Engine.search`."""
        options = {
            "preference": hashlib.sha256(preference.encode()).hexdigest()[:16],
            "allow_partial_search_results": "false",
        }
        return _answer(lambda: self._client().search(index=ALIAS, body=dict(body), params=options))

    def write(self, puts: Sequence[Put], targets: Sequence[str]) -> list[list[int]]:
        """See `Engine.write`."""
        lines: list[Body] = []
        for put in puts:
            for target in targets:
                action: Body = {
                    "_index": target,
                    "_id": put.product_id,
                    "require_alias": True,
                    "version": put.version,
                    "version_type": "external",
                }
                lines += ({"index": action}, put.document)
        answer = _answer(lambda: self._client().bulk(body=lines))
        statuses = [item["index"]["status"] for item in answer["items"]]
        width = len(targets)
        return [statuses[start : start + width] for start in range(0, len(statuses), width)]

    def targets(self) -> tuple[str, ...]:
        """See `Engine.targets`."""
        found: Body = _answer(lambda: self._client().transport.perform_request("GET", "/_alias"))
        return tuple(
            sorted(
                alias
                for index in found.values()
                for alias in index["aliases"]
                if alias.startswith(WRITE_PREFIX)
            )
        )

    def create(self, index: str, definition: Body, aliases: Iterable[str]) -> bool:
        """See `Engine.create`."""
        from opensearchpy.exceptions import RequestError

        body = {**definition, "aliases": {alias: {} for alias in aliases}}
        try:
            _answer(lambda: self._client().indices.create(index=index, body=body))
        except RequestError as error:
            if error.error != "resource_already_exists_exception":
                raise
            return False
        return True


def _answer(call: Callable[[], Result]) -> Result:
    from opensearchpy.exceptions import ConnectionError as NoConnection
    from opensearchpy.exceptions import NotFoundError, TransportError

    try:
        return call()
    except (NoConnection, NotFoundError) as error:
        raise SearchUnavailable(f"the search engine does not serve: {error.error}") from error
    except TransportError as error:
        status = error.status_code
        if status == HTTPStatus.FORBIDDEN:
            logger.error("the search engine refuses this function", said=str(error.error))
        if isinstance(status, int) and (_overloaded(status) or status == HTTPStatus.FORBIDDEN):
            raise SearchUnavailable(f"the search engine answers {status}") from error
        raise


def _overloaded(status: int) -> bool:
    return status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def connect(endpoint: str, timeout: float) -> "OpenSearch":
    """A client of an endpoint; requests of a managed domain (https) are signed by the role.

    Args:
        timeout: seconds to connect, and to wait for an answer.

    Source: "Signing HTTP requests to Amazon OpenSearch Service".
    """
    from opensearchpy import OpenSearch

    managed = endpoint.startswith("https://")
    return OpenSearch(
        hosts=[endpoint],
        http_auth=_signer() if managed else None,
        timeout=timeout,
        max_retries=1,  # of what found no connection; what ran into its time is not repeated
        retry_on_status=(),
        pool_maxsize=MAX_CONNECTIONS,
    )


def _signer() -> Any:
    import boto3
    from opensearchpy import Urllib3AWSV4SignerAuth

    credentials = boto3.session.Session().get_credentials()
    return Urllib3AWSV4SignerAuth(credentials, os.environ["AWS_REGION"], "es")
