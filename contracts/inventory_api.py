"""Bodies of the operators' stock API."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

MAX_SHARDS: Final = 32
"""Shards of one SKU. An item takes some 50 to 100 transactions a second, so these take thousands;
and one DynamoDB transaction (100 actions) can still read all of them, or take from all."""
MAX_RECEIPT: Final = 1_000_000
"""Units of one receipt: more is a typing error."""


class _Request(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid", strict=True
    )


class _Response(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class ChangeShardsRequest(_Request):
    """Body of `PUT /inventory/{sku}/shards`."""

    shards: Annotated[int, Field(ge=1, le=MAX_SHARDS)]


class ReceiveStockRequest(_Request):
    """Body of `POST /inventory/{sku}/receipts`: units that came in."""

    quantity: Annotated[int, Field(ge=1, le=MAX_RECEIPT)]


class ShardView(_Response):
    """Units left on one shard."""

    shard: int
    available: int


class StockView(_Response):
    """The stock of a SKU. While orders run, the shards are not all of one moment.

    `shards` is how many shards orders try first. `levels` may name more: what comes back late to
    a shard that was merged away stays there, and is sold.
    """

    sku: str
    shards: int
    available: int
    received: int
    levels: tuple[ShardView, ...]


class ReceiptView(_Response):
    """Units that were received, once for each Idempotency-Key."""

    receipt_id: str
    sku: str
    quantity: int
