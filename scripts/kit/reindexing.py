"""Rebuild the search index from the catalog while products change, and compare the two."""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock
from typing import Any, Final

from functions.search.engine import Put
from functions.search.index import write_alias
from scripts.kit.products import CatalogProducts
from scripts.kit.progress import Tell
from scripts.kit.search_index import Lease, ReindexError, SearchIndexes

SEGMENTS: Final = 4
"""Parts of the table that are read at once."""
PASSES: Final = 5
"""Looks at a difference before it counts: a change is on its way for a moment."""
PAUSE: Final = 2.0  # seconds between two looks
_TAKEN: Final = (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.CONFLICT)


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild did."""

    index: str
    products: int
    seconds: float


def rebuild(
    indexes: SearchIndexes, catalog: CatalogProducts, lease: Lease, say: Tell, progress: Tell
) -> Rebuilt:
    """Builds a new index and has it searched.

    From the moment it exists, the consumer writes every change to it as well as to the live one.
    What changed before that is in the table when it is read. So nothing is missed, and nothing
    needs to stop.

    Raises:
        ReindexBusy: somebody else is at it.
        ReindexError: it could not be done; what is searched is as it was.
    """
    with lease.held(say):
        for name in indexes.forget_unfinished():
            say(f"removed {name}, which a rebuild before has not finished")
        name = indexes.begin()
        say(f"building {name}")
        began = time.monotonic()
        products = _fill(indexes, catalog, lease, write_alias(name), progress)
        seconds = time.monotonic() - began
        found = indexes.finish(name)
        if found < products:
            raise ReindexError(f"{name} has {found} of {products} products")
        lease.require()
        indexes.publish(name)
    return Rebuilt(name, products, seconds)


def _fill(
    indexes: SearchIndexes, catalog: CatalogProducts, lease: Lease, target: str, progress: Tell
) -> int:
    began, lock, done = time.monotonic(), Lock(), [0]

    def part(segment: int) -> None:
        for puts in catalog.part(segment, SEGMENTS):
            lease.require()
            for put, statuses in zip(puts, indexes.engine.write(puts, (target,)), strict=True):
                if statuses[0] not in _TAKEN:
                    raise ReindexError(f"{put.product_id} is not taken: {statuses[0]}")
            with lock:
                done[0] += len(puts)
                rate = done[0] / max(time.monotonic() - began, 0.001)
                progress(f"{done[0]} products, {rate:.0f} a second")

    with ThreadPoolExecutor(SEGMENTS) as pool:
        list(pool.map(part, range(SEGMENTS)))
    return done[0]


def differences(
    indexes: SearchIndexes,
    catalog: CatalogProducts,
    progress: Tell,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, str]:
    """In what table and index do not agree, in words by product id. Nothing is held of the rest."""
    suspects: set[str] = set()
    for number, puts in enumerate(_all(catalog), start=1):
        suspects |= set(_compared({put.product_id: put for put in puts}, indexes))
        progress(f"compared {number} pages of the catalog")
    for ids in indexes.ids():
        suspects |= set(ids) - set(catalog.read(ids))
    found: dict[str, str] = {}
    for look in range(PASSES):
        ids = sorted(suspects)
        wanted = catalog.read(ids)
        found = _compared(wanted, indexes) | _alone(ids, wanted, indexes)
        suspects = set(found)
        if not found:
            break
        if look < PASSES - 1:
            sleep(PAUSE)
    return found


def _all(catalog: CatalogProducts) -> Iterator[list[Put]]:
    for segment in range(SEGMENTS):
        yield from catalog.part(segment, SEGMENTS)


def _compared(wanted: Mapping[str, Put], indexes: SearchIndexes) -> dict[str, str]:
    if not wanted:
        return {}
    found = indexes.documents(list(wanted))
    told = {name: _difference(put, found.get(name)) for name, put in wanted.items()}
    return {name: text for name, text in told.items() if text}


def _difference(put: Put, found: Mapping[str, Any] | None) -> str | None:
    if found is None:
        return f"version {put.version} is not in the index"
    if found["version"] != put.version:
        return f"version {put.version} in the catalog, {found['version']} in the index"
    names = sorted(
        name for name in {*found, *put.document} if found.get(name) != put.document.get(name)
    )
    return f"version {put.version} differs in {', '.join(names)}" if names else None


def _alone(ids: list[str], wanted: Mapping[str, Put], indexes: SearchIndexes) -> dict[str, str]:
    absent = [name for name in ids if name not in wanted]
    found = indexes.documents(absent) if absent else {}
    return dict.fromkeys(found, "is in the index alone")
