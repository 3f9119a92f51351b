"""Bodies of the webhook that the payment provider calls."""

from typing import Any

from pydantic import BaseModel, ConfigDict, RootModel


class ProviderEvent(RootModel[dict[str, Any]]):
    """An event of the payment provider, in the provider's own form; its signature is of its bytes.

    Source: "The Event object", https://docs.stripe.com/api/events/object.
    """


class EventTaken(BaseModel):
    """The event is queued."""

    model_config = ConfigDict(frozen=True)

    received: bool
