"""The indexes of the search engine, as the commands that rebuild and check them see them."""

import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from opensearchpy import OpenSearch
from opensearchpy.exceptions import ConflictError, NotFoundError

from functions.search.engine import OpenSearchEngine
from functions.search.index import ALIAS, PREFIX, definition, write_alias

LOCK: Final = "reindex-lock"
"""An index of one document: who rebuilds, and until when nobody else may."""
LEASE: Final = 10.0  # seconds
SETTLED: Final = 3.0  # seconds: longer than a search that began before the swap can take
_DOCUMENT: Final = "holder"


class ReindexBusy(Exception):
    """Somebody else rebuilds the index; the message says who."""


class ReindexError(Exception):
    """The index could not be rebuilt; what is searched is as it was."""


class SearchIndexes:
    """Makes, publishes and removes indexes.

    Args:
        client: of the search engine.
    """

    def __init__(self, client: OpenSearch, sleep: Callable[[float], None] = time.sleep) -> None:
        self.client = client
        self.engine = OpenSearchEngine(lambda: client)
        self._sleep = sleep

    def live(self) -> str | None:
        """The index that is searched."""
        try:
            found: Mapping[str, Any] = self.client.indices.get_alias(name=ALIAS)
        except NotFoundError:
            return None
        return next(iter(found))

    def forget_unfinished(self) -> list[str]:
        """Removes what a rebuild that was killed has left; returns its names."""
        names = set(self.client.indices.get(index=f"{PREFIX}*")) - {self.live()}
        for name in sorted(names):
            self.client.indices.delete(index=name)
        return sorted(names)

    def begin(self) -> str:
        """Makes an empty index. From now on it gets every change that the live one gets."""
        now = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
        name = f"{PREFIX}{now}-{secrets.token_hex(2)}"
        body = definition(replicas=0)  # they are copied at once when it is full
        body["settings"]["index"]["refresh_interval"] = "-1"
        self.engine.create(name, body, (write_alias(name),))
        return name

    def finish(self, name: str) -> int:
        """Makes a full index fit to be searched; returns how many documents it has."""
        live = self.live()
        replicas = 0
        if live is not None:
            settings = self.client.indices.get_settings(index=live)[live]["settings"]
            replicas = int(settings["index"]["number_of_replicas"])
        kept = {"index": {"number_of_replicas": replicas, "refresh_interval": None}}
        self.client.indices.put_settings(index=name, body=kept)
        self.client.indices.refresh(index=name)
        health = self.client.cluster.health(
            index=name, params={"wait_for_status": "green" if replicas else "yellow"}
        )
        if health["timed_out"]:
            raise ReindexError(f"{name} is not copied to all nodes: {health['status']}")
        return int(self.client.count(index=name)["count"])

    def publish(self, name: str) -> None:
        """Has the index searched instead of the live one, and removes that."""
        old = self.live()
        actions: list[Mapping[str, Any]] = [{"add": {"index": name, "alias": ALIAS}}]
        if old is not None:
            actions.append({"remove": {"index": old, "alias": ALIAS}})
        self.client.indices.update_aliases(body={"actions": actions})
        if old is not None:
            self._sleep(SETTLED)
            self.client.indices.delete(index=old)

    def documents(self, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """What the live index has of these products, as it was written last."""
        found = self.client.mget(index=ALIAS, body={"ids": list(ids)})["docs"]
        return {one["_id"]: one["_source"] for one in found if one.get("found")}

    def ids(self) -> Iterator[list[str]]:
        """The ids of everything in the live index, page by page."""
        self.client.indices.refresh(index=ALIAS)
        after: list[Any] = []
        while True:
            body: dict[str, Any] = {"size": 1000, "sort": ["productId"], "_source": False}
            answer = self.client.search(
                index=ALIAS, body=body | ({"search_after": after} if after else {})
            )
            hits = answer["hits"]["hits"]
            if not hits:
                return
            yield [hit["_id"] for hit in hits]
            after = hits[-1]["sort"]


class Lease:
    """The right to rebuild, which ends by itself soon after its holder is gone.

    Args:
        seconds: how soon; it is renewed three times as often.
        now: seconds since the epoch.
    """

    def __init__(
        self,
        client: OpenSearch,
        seconds: float = LEASE,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._seconds = seconds
        self._now = now
        self._holder = f"{socket.gethostname()} {secrets.token_hex(4)}"
        self._at: dict[str, int] = {}
        self._lost = threading.Event()
        self._done = threading.Event()

    @contextmanager
    def held(self, say: Callable[[str], None]) -> Iterator[None]:
        """Holds it for the block.

        Raises:
            ReindexBusy: somebody else holds it, and is alive.
        """
        self._take(say)
        keeper = threading.Thread(target=self._keep, daemon=True)
        keeper.start()
        try:
            yield
        finally:
            self._done.set()
            keeper.join()
            if not self._lost.is_set():
                self._write(until=0.0)

    def require(self) -> None:
        """Raises ReindexError if it was lost, because this process stood still for too long."""
        if self._lost.is_set():
            raise ReindexError("another rebuild has taken over from this one")

    def _take(self, say: Callable[[str], None]) -> None:
        self._client.indices.create(index=LOCK, params={"ignore": 400})
        seen: Mapping[str, Any] | None = None
        while True:
            found = self._read()
            if found is None or found["until"] <= self._now():
                if self._write(until=self._now() + self._seconds):
                    return
                seen = None
            elif seen is not None and seen != found:
                raise ReindexBusy(f"{found['holder']} is rebuilding the index: wait until it is.")
            elif seen is None:
                seen = found
                say(f"{found['holder']} holds the rebuild: waiting whether it is alive.")
            time.sleep(0.2)

    def _keep(self) -> None:
        while not self._done.wait(self._seconds / 3):
            if not self._write(until=self._now() + self._seconds):
                self._lost.set()
                return

    def _read(self) -> Mapping[str, Any] | None:
        self._at = {}
        try:
            answer = self._client.get(index=LOCK, id=_DOCUMENT)
        except NotFoundError:
            return None
        self._at = {"if_seq_no": answer["_seq_no"], "if_primary_term": answer["_primary_term"]}
        source: Mapping[str, Any] = answer["_source"]
        return source

    def _write(self, until: float) -> bool:
        """Writes it under the condition that nobody else has since it was read or written."""
        options: dict[str, Any] = self._at or {"op_type": "create"}
        body = {"holder": self._holder, "until": until}
        try:
            answer = self._client.index(index=LOCK, id=_DOCUMENT, body=body, params=options)
        except ConflictError:
            return False
        self._at = {"if_seq_no": answer["_seq_no"], "if_primary_term": answer["_primary_term"]}
        return True
