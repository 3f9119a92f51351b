"""What operations on the provider's objects need."""

from collections.abc import Callable

from scripts.local.payment_sandbox.store import Store
from scripts.local.payment_sandbox.wire import Json


class Operations:
    """Operations on objects, each inside the caller's transaction.

    Args:
        new_id: makes an id from its prefix.
        now: seconds since the epoch.
        emit: told of every event, by its type and object.
    """

    def __init__(
        self,
        store: Store,
        new_id: Callable[[str], str],
        now: Callable[[], int],
        emit: Callable[[str, Json], None],
    ) -> None:
        self._store = store
        self._new_id = new_id
        self._now = now
        self._emit = emit
