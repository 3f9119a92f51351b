"""The way of the payment sandbox's events to the deployed API: one secret on both ends."""

from functions.payments.provider_events import HANDLED
from scripts.kit.clients import Clients
from scripts.kit.customer import ApiError, call
from scripts.local.people import store_secret

SIGNING_SECRET = "whsec_local_sandbox"  # noqa: S105 - of a machine's own sandbox, no secret


def connect_webhooks(clients: Clients, secret: str, payments: str, api: str) -> None:
    """Have the sandbox send what the platform handles, signed so that the API believes it.

    Args:
        secret: ARN of the secret that the API reads.
        payments, api: base URLs of the sandbox and of the API.
    """
    store_secret(clients, secret, {"signingSecrets": SIGNING_SECRET})
    endpoint = {
        "url": f"{api}/webhooks/payments",
        "secret": SIGNING_SECRET,
        "enabled_events": sorted(HANDLED),
    }
    answer = call(f"{payments}/_sandbox/webhook", "PUT", endpoint)
    if answer.status != 200:
        raise ApiError(f"The payment sandbox does not take the webhook: {answer.body}.")
