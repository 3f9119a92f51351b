"""Lists of objects in pages, the newest first. https://docs.stripe.com/api/pagination"""

from collections.abc import Mapping
from typing import Final

from scripts.local.payment_sandbox.store import Store
from scripts.local.payment_sandbox.wire import (
    Json,
    bad_parameter,
    missing_object,
    take_integer,
    take_text,
)

PAGING: Final = frozenset(("limit", "starting_after"))
"""Parameters of every list."""
_DEFAULT_PAGE: Final = 10
_LARGEST_PAGE: Final = 100
_BOUNDS: Final[Mapping[str, tuple[int, int]]] = {
    "gt": (0, 1),
    "gte": (0, 0),
    "lt": (1, -1),
    "lte": (1, 0),
}
"""Bound → which end of a span it sets, and what makes it inclusive."""


def page(store: Store, kind: str, url: str, params: Json, *, parent: str | None = None) -> Json:
    """A page of the objects of a kind, of one parent or of all."""
    limit = take_integer(params, "limit") or _DEFAULT_PAGE
    if limit > _LARGEST_PAGE:
        raise bad_parameter("limit must be at most 100", "limit")
    before = take_text(params, "starting_after")
    if before is not None and store.get(kind, before) is None:
        raise missing_object(kind, before, param="starting_after", status=400)
    found = store.list(
        kind, parent=parent, before=before, limit=limit + 1, created=_taken_span(params)
    )
    return {
        "object": "list",
        "url": url,
        "has_more": len(found) > limit,
        "data": found[:limit],
    }


def _taken_span(params: Json) -> tuple[int, int] | None:
    """From the optional parameter `created`, a moment or bounds: first and last second."""
    bounds = params.get("created")
    if bounds is None:
        return None
    if not isinstance(bounds, dict):
        moment = take_integer(params, "created") or 0
        return moment, moment
    span = [0, 2**53]
    for name in bounds:
        if name not in _BOUNDS:
            raise bad_parameter(f"Received unknown parameter: created[{name}]", "created")
        end, step = _BOUNDS[name]
        moment = (take_integer(bounds, name) or 0) + step
        span[end] = min(span[end], moment) if end else max(span[end], moment)
    return span[0], span[1]
