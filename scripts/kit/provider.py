"""What the payment provider has of an order: Stripe, or the sandbox that stands in for it."""

import time
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from functions.checkout.audit_order import ProviderCharges
from functions.checkout.invariants import Charge
from functions.payments.gateway import (
    GatewayError,
    GatewayUnavailable,
    PaymentGateway,
    RefundStatus,
)
from scripts.kit.clients import Clients
from scripts.kit.customer import ApiError, call
from scripts.kit.endpoints import Endpoints

ATTEMPTS: Final = 6

Answer = TypeVar("Answer")


class Provider(Protocol):
    """Asks for the payment of an order. Payments that no ledger names are found by `strays`."""

    def charges(self, order_id: str, intent_id: str | None) -> tuple[Charge, ...]:
        """The order's intent as it is now; nothing if the provider has none.

        Args:
            intent_id: the one that the ledger knows.

        Raises:
            ApiError: the provider does not answer.
        """


class Sandbox:
    """The local payment sandbox: one quick call, where the provider's own interface takes two."""

    def __init__(self, url: str) -> None:
        self._url = url

    def charges(self, order_id: str, intent_id: str | None) -> tuple[Charge, ...]:
        """See `Provider`."""
        return tuple(charge for charge in self.all_of(order_id) if charge.id == intent_id)

    def all_of(self, order_id: str) -> tuple[Charge, ...]:
        """Every intent of an order, also one that its ledger does not name."""
        answer = call(f"{self._url}/_sandbox/intents?order={order_id}")
        if answer.status != 200:
            raise ApiError(f"The payment sandbox answers {answer.status}.")
        return tuple(
            Charge(
                id=one["id"],
                status=one["status"],
                authorised=one["amount_capturable"],
                captured=one["amount_received"],
                refunded=sum(
                    r["amount"] for r in one["refunds"] if RefundStatus(r["status"]).living
                ),
            )
            for one in answer.body["data"]
        )


class Stripe:
    """The provider itself, asked for the ledger's intent by its id."""

    def __init__(self, gateway: PaymentGateway) -> None:
        self._ask = ProviderCharges(gateway)

    def charges(self, order_id: str, intent_id: str | None) -> tuple[Charge, ...]:  # noqa: ARG002 - the ledger's alone
        """See `Provider`."""
        return () if intent_id is None else patiently(lambda: self._ask(intent_id))


def patiently(ask: Callable[[], Answer], sleep: Callable[[float], None] = time.sleep) -> Answer:
    """The provider's answer to what only reads, asked for again while it gives none.

    Raises:
        ApiError: it does not answer, or refuses.
    """
    for attempt in range(ATTEMPTS):
        try:
            return ask()
        except GatewayUnavailable:
            sleep(min(0.2 * 2**attempt, 5.0))
        except GatewayError as error:
            raise ApiError(f"The payment provider says {error}.") from error
    raise ApiError("The payment provider does not answer.")


def gateway_of(endpoints: Endpoints, clients: Clients) -> PaymentGateway:
    """The provider of a stage as the functions see it, with the same key."""
    # Imported here: the SDK takes long to load, and few commands need it.
    from functions.payments.stripe_gateway import StripeGateway
    from functions.shared.secrets import Secret

    stage = endpoints.tables["orders"].split("-")[1]
    key = Secret(f"commerce/{stage}/payments", "apiKey", lambda: clients.secrets)
    return StripeGateway(key, api_base=endpoints.payments)


def provider_of(endpoints: Endpoints, clients: Clients) -> Provider:
    """The provider of a stage, asked about orders."""
    if endpoints.payments is not None:
        return Sandbox(endpoints.payments)
    return Stripe(gateway_of(endpoints, clients))
