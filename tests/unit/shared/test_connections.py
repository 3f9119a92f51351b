"""Requests that are written in one piece."""

from typing import Any

import pytest
from botocore.awsrequest import AWSHTTPConnectionPool, AWSHTTPSConnectionPool

from functions.payments.stripe_http import PooledHttpClient
from functions.shared import clients
from functions.shared.connections import InOnePiece


class Socket:
    """What has been written, piece by piece."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def settimeout(self, seconds: float | None) -> None:
        pass

    def sendall(self, data: bytes) -> None:
        self.written.append(bytes(data))


@pytest.mark.parametrize("body", [b'{"a": 1}', "text", None])
def test_head_and_body_are_one_write(body: bytes | str | None) -> None:
    connection, socket = InOnePiece("shop.example"), Socket()
    connection.sock = socket
    connection.request("POST", "/", body=body, headers={"X-A": "b"})
    (whole,) = socket.written
    assert whole.startswith(b"POST / HTTP/1.1\r\n")
    assert b"\r\nX-A: b\r\n" in whole
    sent = body.encode() if isinstance(body, str) else body or b""
    assert whole.endswith(b"\r\n\r\n" + sent)


def test_a_request_that_fails_half_way_leaves_nothing_for_the_next() -> None:
    connection, socket = InOnePiece("shop.example"), Socket()
    connection.sock = socket

    def broken() -> Any:
        yield b"begun"
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        connection.request("POST", "/", body=broken())
    assert socket.written == []


def test_aws_and_the_provider_are_called_so() -> None:
    clients.dynamodb()
    pools: Any = PooledHttpClient()._pool.pool_classes_by_scheme
    for pool in (AWSHTTPConnectionPool, AWSHTTPSConnectionPool, *pools.values()):
        assert issubclass(pool.ConnectionCls, InOnePiece)
