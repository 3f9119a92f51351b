"""The payment gateway of a deployed function."""

import os

from functions.payments.gateway import PaymentGateway
from functions.payments.stripe_gateway import StripeGateway
from functions.shared.secrets import Secret
from functions.shared.settings import setting


def payment_gateway() -> PaymentGateway:
    """Stripe, or what stands at PAYMENT_API_BASE where the stage sets it."""
    secret = Secret(setting("PAYMENT_SECRET_ARN"), "apiKey")
    return StripeGateway(secret, api_base=os.environ.get("PAYMENT_API_BASE"))
