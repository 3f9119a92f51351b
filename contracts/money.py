"""Money: an integer number of minor units and an ISO 4217 currency."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

_CURRENCY_CODE = r"^[A-Z]{3}$"
MinorUnits = Annotated[int, Field(ge=0, le=99_999_999)]
"""An amount in minor units (cents). The bound is the payment provider's for one charge."""
Currency = Annotated[str, Field(pattern=_CURRENCY_CODE)]
"""An ISO 4217 code, upper case."""

_NO_DECIMALS: Final = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "UGX", "XAF", "XOF", "XPF"})
"""Currencies without minor unit (ISO 4217, table A.1), of those the payment provider takes."""


def written(amount: int, currency: str) -> str:
    """An amount in minor units as people write it: 1990, EUR → `19.90 EUR`."""
    if currency in _NO_DECIMALS:
        return f"{amount} {currency}"
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02d} {currency}"


class Money(BaseModel):
    """An amount of money.

    Attributes:
        amount: in minor units of the currency (cents for EUR).
        currency: ISO 4217 code.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    amount: MinorUnits
    currency: Currency
