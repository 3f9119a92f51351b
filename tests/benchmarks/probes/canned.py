"""AWS in the process: every call is answered at botocore's transport, after it was serialised and
signed, with bytes that are then parsed. Nothing is sent.
"""

import zlib
from collections.abc import Iterator
from typing import Any

Answers = dict[str, str]
"""Body by `X-Amz-Target`."""


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        """The body, as urllib3's response gives it."""
        yield self._body


def install(answers: Answers) -> None:
    """Answers every call of every client from here on."""
    from botocore.awsrequest import AWSResponse
    from botocore.httpsession import URLLib3Session
    from urllib3._collections import HTTPHeaderDict

    session: Any = URLLib3Session

    prepared = {}
    for target, text in answers.items():
        body = text.encode()
        headers: Any = HTTPHeaderDict(
            {
                "Server": "Server",
                "Date": "Mon, 05 Jan 2026 12:00:00 GMT",
                "Content-Type": "application/x-amz-json-1.0",
                "Content-Length": str(len(body)),
                "Connection": "keep-alive",
                "x-amzn-RequestId": "V5J2K1G9A0E6H3C7B8D4F2L1M0N9P8Q7R6S5T4",
                "x-amz-crc32": str(zlib.crc32(body)),
            }
        )
        prepared[target] = (body, headers)

    def send(_session: Any, request: Any) -> Any:
        target = request.headers["X-Amz-Target"]
        if isinstance(target, bytes):
            target = target.decode()
        body, headers = prepared[target]
        return AWSResponse(request.url, 200, headers, _Raw(body))

    session.send = send
