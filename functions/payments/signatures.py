"""Whether a webhook is the payment provider's: its signature over the body as it was sent.

The header `Stripe-Signature` is `t=<seconds>,v1=<hex>,…`; v1 is the HMAC-SHA256 of
`<seconds>.<body>` under the endpoint's secret. While a secret is rolled, the provider signs with
the old one and the new one, and sends both. Other schemes than v1 are to be ignored.
Source: "Verify webhook signatures manually", https://docs.stripe.com/webhooks#verify-manually.

Its SDK does the same; it is not imported here, for that adds a third to what this function imports.
"""

import hmac
from collections.abc import Sequence
from typing import Final

HEADER: Final = "Stripe-Signature"
TOLERANCE_SECONDS: Final = 300
"""How old a signature may be: whoever got hold of a request cannot send it again for long."""
_MOST_DIGITS: Final = 12


class NotSigned(Exception):
    """The body is not, or not lately, signed by the provider. The message says why."""


def verify(body: bytes, header: str | None, secrets: Sequence[str], now: int) -> None:
    """Checks the signature of a webhook.

    Args:
        body: exactly as it was sent.
        header: the request's `Stripe-Signature`.
        secrets: of the endpoint; any of them may have signed. None at all: nothing is accepted.
        now: seconds since the epoch.

    Raises:
        NotSigned: no signature, none of these secrets', or an old one.
    """
    if not header:
        raise NotSigned("no signature")
    signed_at, signatures = _parts(header)
    expected = [
        hmac.new(secret.encode(), b"%d." % signed_at + body, "sha256").hexdigest().encode()
        for secret in secrets
    ]
    # Every pair is compared, so that the time taken tells nothing.
    matches = [hmac.compare_digest(own, given) for own in expected for given in signatures]
    if not any(matches):
        raise NotSigned("another signature")
    if abs(now - signed_at) > TOLERANCE_SECONDS:
        raise NotSigned("an old signature")


def _parts(header: str) -> tuple[int, list[bytes]]:
    """The time of a signature header, and its v1 signatures."""
    pairs = [item.strip().partition("=") for item in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    signatures = [value.encode(errors="replace") for name, _, value in pairs if name == "v1"]
    if not (times and times[0].isascii() and times[0].isdecimal()):
        raise NotSigned("no time")
    if len(times[0]) > _MOST_DIGITS:
        raise NotSigned("no time")
    return int(times[0]), signatures
