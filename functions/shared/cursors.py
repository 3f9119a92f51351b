"""Cursors of lists: opaque and signed, so that a client can only go on where a page ended."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from functions.shared.problems import Problem

_SIGNATURE_BYTES: Final = 16


class Cursors:
    """Makes and reads cursors.

    Args:
        secret: gives the signing key.
        scope: what the list is, for whom: a cursor is good for this list only.
    """

    def __init__(self, secret: Callable[[], str], scope: str) -> None:
        self._secret = secret
        self._scope = scope

    def encode(self, key: Mapping[str, str]) -> str:
        """The cursor that goes on after this key."""
        payload = json.dumps(key, sort_keys=True, separators=(",", ":")).encode()
        return _text(self._sign(payload) + payload)

    def decode(self, cursor: str) -> dict[str, str]:
        """The key that a cursor of this list goes on after.

        Raises:
            Problem: 400 if it is not one.
        """
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except (binascii.Error, ValueError) as error:
            raise _bad_cursor() from error
        if _text(raw) != cursor:  # the decoder passes over what is none of its characters
            raise _bad_cursor()
        signature, payload = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._sign(payload)):
            raise _bad_cursor()
        key: dict[str, str] = json.loads(payload)
        return key

    def _sign(self, payload: bytes) -> bytes:
        message = self._scope.encode() + b"\n" + payload
        digest = hmac.new(self._secret().encode(), message, hashlib.sha256).digest()
        return digest[:_SIGNATURE_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bad_cursor() -> Problem:
    errors = [{"detail": "This is not a cursor of this list.", "parameter": "cursor"}]
    return Problem(HTTPStatus.BAD_REQUEST, "The cursor is not valid.", errors=errors)
