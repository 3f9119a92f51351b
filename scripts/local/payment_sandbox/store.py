"""Where the sandbox keeps its objects: one SQLite file, or memory for tests.

Write-ahead logging makes a commit one append, and a killed process loses nothing that it had
committed. Bodies are stored as the JSON that the API answers.
"""

import json
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from scripts.local.payment_sandbox.wire import Json, dumps

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    parent TEXT NOT NULL,
    body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS objects_by_parent ON objects (kind, parent, seq);
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    created INTEGER NOT NULL) WITHOUT ROWID;
"""


class Store:
    """Objects by id, and by kind and parent (an intent's parent is its order, a refund's its
    intent); answers by idempotency key. Everything happens inside `transaction`.

    Args:
        path: the database file, whose folder exists; None keeps everything in memory.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False
        )
        weakref.finalize(self, self._connection.close)  # a test just drops its store
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One at a time; what raises leaves no trace."""
        with self._lock:
            self._connection.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def put(self, kind: str, body: Json, *, parent: str = "") -> None:
        """Insert an object, or replace the body of the one with its id."""
        self._connection.execute(
            "INSERT INTO objects (id, kind, parent, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (body["id"], kind, parent, dumps(body)),
        )

    def drop(self, object_id: str) -> None:
        """Delete an object."""
        self._connection.execute("DELETE FROM objects WHERE id = ?", (object_id,))

    def get(self, kind: str, object_id: str) -> Json | None:
        """A copy of the object, or None."""
        row = self._connection.execute(
            "SELECT body FROM objects WHERE id = ? AND kind = ?", (object_id, kind)
        ).fetchone()
        return None if row is None else _loaded(row[0])

    def known(self, kind: str, object_id: str) -> Json:
        """A copy of an object that another one refers to."""
        found = self.get(kind, object_id)
        if found is None:
            raise LookupError(f"there is no {kind} {object_id}")
        return found

    def list(
        self,
        kind: str,
        *,
        parent: str | None = None,
        before: str | None = None,
        limit: int = -1,
        created: tuple[int, int] | None = None,
    ) -> list[Json]:
        """Objects of a kind, the newest first, optionally only those older than `before`, or
        created between two seconds (inclusive)."""
        first, last = created or (None, None)
        rows = self._connection.execute(
            "SELECT body FROM objects WHERE kind = ?1 AND (?2 IS NULL OR parent = ?2)"
            " AND (?3 IS NULL OR seq < (SELECT seq FROM objects WHERE id = ?3))"
            " AND (?5 IS NULL OR json_extract(body, '$.created') BETWEEN ?5 AND ?6)"
            " ORDER BY seq DESC LIMIT ?4",
            (kind, parent, before, limit, first, last),
        ).fetchall()
        return [_loaded(row[0]) for row in rows]

    def answer(self, key: str) -> tuple[str, int, str] | None:
        """Fingerprint, status and body kept under an idempotency key."""
        row: tuple[str, int, str] | None = self._connection.execute(
            "SELECT fingerprint, status, body FROM answers WHERE key = ?", (key,)
        ).fetchone()
        return row

    def keep_answer(self, key: str, fingerprint: str, status: int, body: str, now: int) -> None:
        """Keep an answer under its key."""
        self._connection.execute(
            "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)",
            (key, fingerprint, status, body, now),
        )

    def forget_answers(self, prefix: str = "") -> int:
        """Expire the keys that begin so, as the provider does after a day. Returns how many."""
        return self._connection.execute(
            "DELETE FROM answers WHERE substr(key, 1, ?) = ?", (len(prefix), prefix)
        ).rowcount

    def clear(self) -> None:
        """Forget everything but where webhooks go."""
        self._connection.execute("DELETE FROM objects WHERE kind <> 'endpoint'")
        self._connection.execute("DELETE FROM answers")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


def _loaded(text: str) -> Json:
    body: Json = json.loads(text)
    return body
