"""WatchSearchEngine: while the engine is away, nothing is received from the queue that feeds it.

Every minute. Messages that nobody receives burn no receives: they wait in their queue, are indexed
as soon as the engine is back, and the dead-letter queue holds only what is wrong in itself.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, Protocol

from functions.search.engine import Engine, OpenSearchEngine, connect
from functions.shared import clients
from functions.shared.logs import logger
from functions.shared.settings import setting

TIMEOUT: Final = 3.0  # seconds
_ON: Final = ("Enabled", "Enabling", "Creating", "Updating")


class Source(Protocol):
    """The event source that hands the queue to the consumer."""

    def enabled(self) -> bool:
        """Whether it receives messages, or is about to."""

    def enable(self, on: bool) -> None:
        """Has it receive messages or not."""


class EventSource:
    """`Source` on Lambda.

    Args:
        source_id: of the event source mapping.
    """

    def __init__(
        self, source_id: str, client: Callable[[], Any] = clients.lambda_functions
    ) -> None:
        self._id = source_id
        self._client = client

    def enabled(self) -> bool:
        """See `Source.enabled`."""
        return self._client().get_event_source_mapping(UUID=self._id)["State"] in _ON

    def enable(self, on: bool) -> None:
        """See `Source.enable`."""
        self._client().update_event_source_mapping(UUID=self._id, Enabled=on)


def watch(engine: Engine, source: Source) -> None:
    """Brings the source to agree with the engine."""
    healthy = engine.healthy()
    if source.enabled() is not healthy:
        source.enable(healthy)
        logger.warning("indexing goes on" if healthy else "indexing waits for the search engine")


@cache
def _engine() -> Engine:
    client = cache(lambda: connect(setting("SEARCH_ENDPOINT"), TIMEOUT))
    return OpenSearchEngine(client)


def handler(event: Mapping[str, Any], context: object) -> None:  # noqa: ARG001 - Lambda's
    """The Lambda handler."""
    watch(_engine(), EventSource(setting("INDEXING_SOURCE")))
