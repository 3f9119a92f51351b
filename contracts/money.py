"""Money: an integer number of minor units and an ISO 4217 currency."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

_CURRENCY_CODE = r"^[A-Z]{3}$"
MinorUnits = Annotated[int, Field(ge=0, le=99_999_999)]
"""An amount in minor units (cents). The bound is the payment provider's for one charge."""
Currency = Annotated[str, Field(pattern=_CURRENCY_CODE)]
"""An ISO 4217 code, upper case."""

_NO_DECIMALS: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS: Final = "BHD IQD JOD KWD LYD OMR TND"
_DECIMALS: Final[Mapping[str, int]] = {
    **dict.fromkeys(_NO_DECIMALS.split(), 0),
    **dict.fromkeys(_THREE_DECIMALS.split(), 3),
}
"""Of a currency's minor unit, where they are not two (ISO 4217, table A.1)."""


def written(amount: int, currency: str) -> str:
    """An amount in minor units as people write it: 1990, EUR → `19.90 EUR`."""
    decimals = _DECIMALS.get(currency, 2)
    return f"{Decimal(amount).scaleb(-decimals):.{decimals}f} {currency}"


class Money(BaseModel):
    """An amount of money.

    Attributes:
        amount: in minor units of the currency (cents for EUR).
        currency: ISO 4217 code.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    amount: MinorUnits
    currency: Currency
