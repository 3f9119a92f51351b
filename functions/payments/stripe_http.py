"""How the Stripe SDK's calls travel: one pool of kept connections that tells apart a request which
certainly never left from one whose answer was lost.

The SDK's default client (requests) reports both as the same error. This one stands on urllib3,
which every package carries with boto3 anyway; `requests` is not needed at run time and may be left
out of the package, which spares half of the SDK's import time.
"""

import socket
from collections.abc import Mapping
from typing import Any, Final, NoReturn

import stripe
import urllib3
from urllib3.connection import HTTPConnection

from functions.shared.connections import POOLS

CONNECT_TIMEOUT_SECONDS: Final = 2.0
READ_TIMEOUT_SECONDS: Final = 8.0
"""Together well below the 20 s that a Lambda function of the saga has: a provider that hangs is
noticed and reported by our own code, not by a killed runtime."""

_POOLED_CONNECTIONS: Final = 4


class Lost(stripe.APIConnectionError):
    """The request may have arrived; its answer did not."""

    def __init__(self, code: str) -> None:
        super().__init__(code, code=code)  # type: ignore[no-untyped-call]  # the SDK leaves it bare


class NotSent(Lost):
    """No connection came about: the provider has not seen the request."""


class PooledHttpClient(stripe.HTTPClient):
    """An SDK transport that keeps its connections and never retries by itself."""

    name = "urllib3"

    def __init__(self) -> None:
        super().__init__()
        self._pool = urllib3.PoolManager(
            maxsize=_POOLED_CONNECTIONS,
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_SECONDS, read=READ_TIMEOUT_SECONDS),
            retries=False,
            ca_certs=stripe.ca_bundle_path,
            socket_options=[
                *HTTPConnection.default_socket_options,
                (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
            ],
        )
        self._pool.pool_classes_by_scheme = POOLS

    def request(  # type: ignore[override]  # the SDK answers bytes where its base class says str
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """See `stripe.HTTPClient.request`. Raises Lost, or NotSent where nothing has arrived."""
        try:
            answer = self._pool.request(
                method.upper(), url, body=post_data, headers=headers, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            _raise_for_connection(error)
        return answer.data, answer.status, answer.headers

    def close(self) -> None:
        """Closes the connections that are kept."""
        self._pool.clear()


def _raise_for_connection(error: urllib3.exceptions.HTTPError) -> NoReturn:
    """Codes are ours, for the provider gave none. `NewConnectionError` covers names that do not
    resolve; both classes are raised before a byte of the request is written."""
    if isinstance(error, urllib3.exceptions.NewConnectionError):
        raise NotSent("not_connected") from error
    if isinstance(error, urllib3.exceptions.ConnectTimeoutError):
        raise NotSent("connect_timeout") from error
    if isinstance(error, urllib3.exceptions.TimeoutError):
        raise Lost("timeout") from error
    raise Lost("connection_lost") from error
