"""OperateSearchEngine: passes an operator's request on to an engine that only its network reaches.

Who may invoke it may do everything with the engine, so nobody in the stack may: operators do, by
their own credentials (`scripts/shop reindex`, `access`).
"""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from functions.search.engine import connect
from functions.shared.settings import setting

if TYPE_CHECKING:
    from opensearchpy import Connection

TIMEOUT: Final = 60.0
"""Seconds that the engine is waited for."""


@cache
def _connection() -> "Connection":
    connection: Connection
    connection = connect(setting("SEARCH_ENDPOINT"), TIMEOUT).transport.get_connection()
    return connection


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """The Lambda handler.

    Args:
        event: `method`, `url` (path and query), `headers` and `body`, a text or None.

    Returns:
        `status`, `headers` and `body` of the engine's answer, whatever it is.
    """
    body = event["body"]
    status, headers, answer = _connection().perform_request(
        event["method"],
        event["url"],
        body=None if body is None else body.encode(),
        headers=event["headers"],
        ignore=range(400, 600),
    )
    return {"status": status, "headers": dict(headers), "body": answer}
