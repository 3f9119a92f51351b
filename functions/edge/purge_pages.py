"""PurgePages: queue of ProductChanged → one purge of the products' pages.

Lists and searches are not purged: they are as old as their headers allow, at most half a minute to
a minute.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, Final

from contracts.edge import PRODUCT_PAGE_SECONDS, product_pages
from contracts.events.catalog import ProductChanged
from functions.edge.invalidations import CloudFront, Edge
from functions.shared import clients
from functions.shared.clock import Clock, utc_now
from functions.shared.deliveries import Delivery, batch_answer, deliveries
from functions.shared.errors import Throttled
from functions.shared.logs import about, logger
from functions.shared.settings import setting

MAX_PATHS: Final = 5
"""Products purged one by one; of more, all products' pages are: one path, a fuller origin."""
STALE_FOR: Final = timedelta(seconds=2 * PRODUCT_PAGE_SECONDS)
"""After this long no cache has a page from before a change: twice what it may keep one."""

Changed = Delivery[ProductChanged]


class PurgePages:
    """Takes batches."""

    def __init__(self, edge: Edge, now: Clock) -> None:
        self._edge = edge
        self._now = now

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The partial batch response.

        Raises:
            ClientError: the edge refuses for another reason than its rate. Then all of the batch
                comes again, and in the end waits for a person.
        """
        changes, failed = deliveries(event, ProductChanged, "no page to purge")
        fresh = {name: change for name, change in changes.items() if not change.replay_name}
        if fresh:
            failed += self._purge(fresh)
        return batch_answer(failed)

    def _purge(self, changes: Mapping[str, Changed]) -> list[str]:
        """Purges once for all. Returns the messages that are to come again."""
        products = {change.detail.data.product_id for change in changes.values()}
        paths = [product_pages(one) for one in sorted(products)]
        if len(paths) > MAX_PATHS:
            paths = [product_pages()]
        try:
            self._edge.purge(paths, _reference(list(changes.values())))
        except Throttled:
            about(None)
            again = [name for name, change in changes.items() if self._may_be_cached(change)]
            logger.warning("the edge takes no purge now", products=len(products), again=len(again))
            return again
        return []

    def _may_be_cached(self, change: Changed) -> bool:
        """Whether a cache may still have a page from before the change."""
        return self._now() - change.detail.metadata.occurred_at <= STALE_FOR


def _reference(changes: Sequence[Changed]) -> str:
    """Names a purge by the events that it is for, so that a batch that comes again is the same."""
    ids = sorted(change.detail.metadata.event_id for change in changes)
    return hashlib.sha256("\n".join(ids).encode()).hexdigest()


@cache
def _purge_pages() -> PurgePages:
    return PurgePages(CloudFront(clients.cloudfront, setting("DISTRIBUTION_ID")), utc_now)


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """A batch of the queue."""
    return _purge_pages()(event)
