"""Money: an integer number of minor units and an ISO 4217 currency."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_CURRENCY_CODE = r"^[A-Z]{3}$"
MinorUnits = Annotated[int, Field(ge=0, le=99_999_999)]
"""An amount in minor units (cents). The bound is the payment provider's for one charge."""
Currency = Annotated[str, Field(pattern=_CURRENCY_CODE)]
"""An ISO 4217 code, upper case."""


class Money(BaseModel):
    """An amount of money.

    Attributes:
        amount: in minor units of the currency (cents for EUR).
        currency: ISO 4217 code.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    amount: MinorUnits
    currency: Currency
