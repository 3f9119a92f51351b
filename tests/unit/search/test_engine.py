"""What the engine refuses, and what is made of it."""

from typing import Any

import pytest
from opensearchpy.exceptions import AuthorizationException, RequestError, TransportError

from functions.search.engine import OpenSearchEngine, SearchUnavailable


class Refusing:
    """A client whose every search fails."""

    def __init__(self, error: TransportError) -> None:
        self._error = error

    def search(self, **_: Any) -> Any:
        raise self._error


def _search(error: TransportError) -> None:
    client: Any = Refusing(error)
    OpenSearchEngine(lambda: client).search({}, "q")


@pytest.mark.parametrize(
    "error",
    [
        AuthorizationException(403, "security_exception", {}),
        TransportError(429, "rejected", {}),
        TransportError(503, "no master", {}),
    ],
    ids=["role not told", "overloaded", "no master"],
)
def test_what_passes_is_unavailable(error: TransportError) -> None:
    with pytest.raises(SearchUnavailable, match=str(error.status_code)):
        _search(error)


def test_a_role_that_the_engine_does_not_know_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(SearchUnavailable):
        _search(AuthorizationException(403, "security_exception", {}))
    assert "refuses this function" in caplog.text


def test_a_query_that_is_wrong_is_a_fault() -> None:
    with pytest.raises(RequestError):
        _search(RequestError(400, "parsing_exception", {}))
