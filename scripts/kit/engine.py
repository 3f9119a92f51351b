"""A client of a stage's search engine, wherever that stands."""

import json
from collections.abc import Collection, Mapping
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from opensearchpy import Connection, OpenSearch
from opensearchpy.exceptions import ConnectionError as NoConnection

from functions.search.engine import connect
from scripts.kit.endpoints import Endpoints

OPERATOR: Final = "OperateSearchEngine"
"""The function that reaches the engine of a private network."""


class Invokes(Protocol):
    """Lambda, as far as it is used here."""

    def invoke(self, *, FunctionName: str, Payload: bytes) -> Any:  # noqa: N803 - Lambda's names
        """An invocation's answer."""


def engine_of(endpoints: Endpoints, timeout: float) -> OpenSearch:
    """The engine itself where it can be reached, else through the function that can.

    Args:
        timeout: seconds that the engine is waited for.
    """
    if endpoints.opensearch is not None:
        return connect(endpoints.opensearch, timeout)
    return through(endpoints.clients().functions, endpoints.function(OPERATOR))


def through(client: Invokes, function: str) -> OpenSearch:
    """The engine as the function reaches it, by the caller's permission to invoke that."""
    return OpenSearch(
        hosts=["http://engine"],
        connection_class=_Operated,
        function=function,
        client=client,
        max_retries=0,
    )


class _Operated(Connection):
    """What the client asks is asked by the function."""

    def __init__(self, *, function: str, client: Invokes, **options: Any) -> None:
        super().__init__(**options)
        self._function = function
        self._client = client

    def perform_request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        timeout: float | None = None,  # noqa: ARG002 - the function has its own
        ignore: Collection[int] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Status, headers and text of the engine's answer; raises as the client's own does."""
        request = {
            "method": method,
            "url": f"{url}?{urlencode(params)}" if params else url,
            "headers": {**self.headers, **(headers or {})},
            "body": None if body is None else body.decode(),
        }
        invoked = self._client.invoke(
            FunctionName=self._function, Payload=json.dumps(request).encode()
        )
        answer = json.load(invoked["Payload"])
        if invoked.get("FunctionError"):
            raise NoConnection("N/A", str(answer.get("errorMessage")), answer)
        status: int = answer["status"]
        found: Mapping[str, str] = {k.lower(): v for k, v in answer["headers"].items()}
        if not 200 <= status < 300 and status not in ignore:
            self._raise_error(status, answer["body"], found.get("content-type"))
        return status, found, answer["body"]
