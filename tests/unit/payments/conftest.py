"""A fresh sandbox for every test, and the production adapter over it."""

import pytest

from functions.payments.stripe_gateway import StripeGateway
from scripts.local.payment_sandbox.core import Sandbox
from scripts.local.payment_sandbox.store import Store
from tests.support.stripe_in_process import InProcessHttpClient, StaticKey


@pytest.fixture
def sandbox() -> Sandbox:
    """A provider in memory whose clock stands still and whose latencies do not wait."""
    return Sandbox(Store(), now=lambda: 1_750_000_000.0, sleep=lambda _seconds: None)


@pytest.fixture
def gateway(sandbox: Sandbox) -> StripeGateway:
    """The adapter, through the real SDK."""
    return StripeGateway(StaticKey(), http_client=InProcessHttpClient(sandbox))
