"""The saga's business errors.

Lambda reports an exception by its class name, and the state machine's Retry and Catch match that
name: renaming a class here changes the saga. Their messages travel in the execution history, so
they hold ids and codes only, never personal data.

    BusinessError
    ├── PaymentDeclined      the card was refused when it was authorised
    ├── OutOfStock           fewer units are left than the order wants
    ├── CaptureDeclined      the provider definitely refused to capture the authorised amount
    ├── ReservationExpired   the stock was given back before the order could be confirmed
    └── OrderClosed          the order is neither PENDING nor CONFIRMING: another side has won
"""

from typing import Final


class BusinessError(Exception):
    """A refusal that no retry changes. The saga compensates and ends normally."""


class PaymentDeclined(BusinessError):
    """The provider refused to authorise the payment. The message is the provider's decline code."""


class OutOfStock(BusinessError):
    """Fewer units are left than ordered. The message names the SKUs, separated by a blank."""


class CaptureDeclined(BusinessError):
    """The provider definitely refused the capture: the authorisation is gone."""


class ReservationExpired(BusinessError):
    """The reservation had been released before the order was locked for confirmation."""


class OrderClosed(BusinessError):
    """The order was rejected or cancelled meanwhile; a late step of the saga is refused."""


BUSINESS_ERRORS: Final[dict[str, tuple[str, ...]]] = {
    "ChargePayment": (PaymentDeclined.__name__, OrderClosed.__name__),
    "ReserveInventory": (
        OutOfStock.__name__,
        ReservationExpired.__name__,
        OrderClosed.__name__,
    ),
    "ConfirmOrder": (CaptureDeclined.__name__, ReservationExpired.__name__, OrderClosed.__name__),
}
"""Which business errors each state may end with."""
