"""`Engine` in memory: keeps the greatest version of each document, answers as it is told."""

from collections.abc import Iterable, Sequence
from typing import Any

from functions.search.engine import Body, Put, SearchUnavailable


class FakeEngine:
    """What was asked is in `asked`; `down` makes every call fail.

    Args:
        targets: write aliases that exist.
    """

    def __init__(self, *targets: str) -> None:
        self.documents: dict[str, dict[str, tuple[int, Body]]] = {name: {} for name in targets}
        self.created: dict[str, tuple[Body, tuple[str, ...]]] = {}
        self.asked: list[Body] = []
        self.answer: Body = {}
        self.status: int | None = None
        self.down = False

    def search(self, body: Body, preference: str) -> Body:
        """See `Engine.search`."""
        self._reach()
        self.asked.append(body)
        return self.answer

    def write(self, puts: Sequence[Put], targets: Sequence[str]) -> list[list[int]]:
        """See `Engine.write`; `status` stands for what the engine would say of each."""
        self._reach()
        return [[self.status or self._put(put, target) for target in targets] for put in puts]

    def targets(self) -> tuple[str, ...]:
        """See `Engine.targets`."""
        self._reach()
        return tuple(self.documents)

    def create(self, index: str, definition: Body, aliases: Iterable[str]) -> bool:
        """See `Engine.create`."""
        self._reach()
        self.created[index] = (definition, tuple(aliases))
        self.documents |= {name: {} for name in aliases if "write" in name}
        return True

    def _put(self, put: Put, target: str) -> int:
        if target not in self.documents:
            return 404
        version, _ = self.documents[target].get(put.product_id, (0, {}))
        if put.version <= version:
            return 409
        self.documents[target][put.product_id] = (put.version, put.document)
        return 200

    def _reach(self) -> None:
        if self.down:
            raise SearchUnavailable("away")


def no_hits() -> dict[str, Any]:
    """What the engine answers where nothing is found."""
    counts: dict[str, Any] = {"counts": {"buckets": []}}
    return {
        "hits": {"total": {"value": 0}, "hits": []},
        "aggregations": {"categories": counts, "prices": counts, "ratings": counts},
    }
