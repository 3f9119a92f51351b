"""IndexProducts: queue of ProductChanged → the index, a batch in one call.

An event that is older than what the index has changes nothing; so does one that comes twice. How
far the index is behind is measured by the oldest change of a batch; what is replayed says nothing.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from contracts.events.catalog import ProductChanged
from contracts.events.envelope import Envelope
from functions.search.engine import Engine, OpenSearchEngine, Put, SearchUnavailable, connect
from functions.search.index import ALIAS, PREFIX, definition, document, write_alias
from functions.shared.clock import milliseconds_between, utc_now
from functions.shared.deliveries import batch_answer, deliveries
from functions.shared.logs import about, logger, measure
from functions.shared.settings import setting

TIMEOUT: Final = 10.0
"""Seconds that the engine is waited for."""
FIRST: Final = f"{PREFIX}first"
"""The index of a stage that has none yet."""
_WRITTEN: Final = (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.CONFLICT)


class IndexProducts:
    """Takes batches.

    Args:
        replicas: of an index that has to be made first.
    """

    def __init__(self, engine: Engine, replicas: int) -> None:
        self._engine = engine
        self._replicas = replicas

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The partial batch response: messages that are to come again."""
        about(None)
        found, failed = deliveries(event, ProductChanged, "no product to index")
        products = {message_id: _put(one.detail) for message_id, one in found.items()}
        changed = [
            one.detail.metadata.occurred_at for one in found.values() if one.replay_name is None
        ]
        written = self._written(list(products.values())) if products else []
        for (message_id, put), good in zip(products.items(), written, strict=True):
            if not good:
                about(put.product_id)
                logger.error("not indexed", message_id=message_id, product_id=put.product_id)
                failed.append(message_id)
        if changed and not failed:
            about(None)
            measure("IndexLag", milliseconds_between(min(changed), utc_now()))
        return batch_answer(failed)

    def _written(self, puts: Sequence[Put]) -> list[bool]:
        """Whether each stands in all indexes that are kept up to date, itself or a newer one."""
        try:
            for _ in range(2):  # an index that was taken away meanwhile is asked for once more
                statuses = self._write(puts)
                if not any(HTTPStatus.NOT_FOUND in of_one for of_one in statuses):
                    break
        except SearchUnavailable:
            logger.warning("the search engine is away", products=len(puts))
            return [False] * len(puts)
        return [all(status in _WRITTEN for status in of_one) for of_one in statuses]

    def _write(self, puts: Sequence[Put]) -> list[list[int]]:
        return self._engine.write(puts, self._targets())

    def _targets(self) -> Sequence[str]:
        targets = self._engine.targets()
        if targets:
            return targets
        first = write_alias(FIRST)
        self._engine.create(FIRST, definition(self._replicas), (ALIAS, first))
        return (first,)


def _put(found: Envelope[ProductChanged]) -> Put:
    version = found.metadata.aggregate_version
    return Put(found.data.product_id, version, document(found.data, version))


@cache
def _build() -> IndexProducts:
    client = cache(lambda: connect(setting("SEARCH_ENDPOINT"), TIMEOUT))
    return IndexProducts(OpenSearchEngine(client), int(setting("SEARCH_REPLICAS")))


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """The Lambda handler."""
    return _build()(event)
