"""Operations for machines and for readers: the provider's webhook, and what describes the API."""

from http import HTTPStatus
from typing import Final

from contracts.api.rows import (
    CACHED,
    IF_NONE_MATCH,
    NOT_MODIFIED,
    Answer,
    Operation,
    Parameter,
    Who,
    ok,
)
from contracts.webhooks_api import EventTaken, ProviderEvent

_SIGNATURE: Final = Parameter(
    "Stripe-Signature",
    "header",
    "The provider's signature of the body and of the time, at most five minutes old.",
    {"type": "string"},
    "t=1767225600,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd",
    required=True,
)
_DESCRIBED: Final = Answer(HTTPStatus.OK, "The document.", headers=CACHED)

OPERATIONS: Final = (
    Operation(
        "POST",
        "/webhooks/payments",
        "takePaymentEvent",
        "Take an event of the payment provider. Called by the provider alone.",
        "webhooks",
        Who.ANYBODY,
        (ok(EventTaken, "The event is queued."),),
        request=ProviderEvent,
        parameters=(_SIGNATURE,),
    ),
    Operation(
        "GET",
        "/openapi.json",
        "getDescription",
        "This description.",
        "documents",
        Who.ANYBODY,
        (_DESCRIBED, NOT_MODIFIED),
        parameters=(IF_NONE_MATCH,),
    ),
    Operation(
        "GET",
        "/docs",
        "getPage",
        "This description as a page.",
        "documents",
        Who.ANYBODY,
        (_DESCRIBED, NOT_MODIFIED),
        parameters=(IF_NONE_MATCH,),
        media="text/html",
    ),
)
