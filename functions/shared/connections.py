"""Connections that write a request in one piece.

urllib3 2 writes the head of a request and its body apart: two system calls, two TLS records, two
packets, and its receiver is woken twice. A request of a function is a few KB, so it fits one.
"""

from typing import Any

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class InOnePiece(HTTPConnection):
    """Holds back what a request writes until it is whole.

    Not for bodies that wait for `100 Continue`, as S3's do.
    """

    _held: bytearray | None = None

    def request(self, *args: Any, **options: Any) -> None:
        """See `HTTPConnection.request`."""
        self._held = bytearray()
        try:
            super().request(*args, **options)
        finally:
            whole, self._held = self._held, None
        self.send(whole)

    def send(self, data: Any) -> None:
        """Writes, or holds back while a request is being written."""
        if self._held is None:
            super().send(data)
        else:
            self._held += data


class _AwsConnection(InOnePiece, AWSHTTPConnection):  # type: ignore[misc]  # botocore has no types
    pass


class _AwsTlsConnection(InOnePiece, AWSHTTPSConnection):  # type: ignore[misc]  # as above
    pass


class _TlsConnection(InOnePiece, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = InOnePiece


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


POOLS = {"http": _Pool, "https": _TlsPool}
"""For a `urllib3.PoolManager`'s `pool_classes_by_scheme`."""


def use_for_aws() -> None:
    """Has every client that is made from here on connect so."""
    AWSHTTPConnectionPool.ConnectionCls = _AwsConnection
    AWSHTTPSConnectionPool.ConnectionCls = _AwsTlsConnection
