"""Whatever is asked of the sandbox, in any order: refunded <= captured <= amount."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from scripts.local.payment_sandbox.core import Sandbox
from scripts.local.payment_sandbox.store import Store
from tests.unit.payments.raw import admin, new_intent, send

AMOUNT = 1_000
amounts = st.integers(min_value=-1, max_value=AMOUNT + 1)
keys = st.sampled_from(["a", "b", "c", None])
faults = st.sampled_from(["error-before", "error-after", "expire", "decline", "status"])


class Payments(RuleBasedStateMachine):
    """One intent, harassed."""

    def __init__(self) -> None:
        super().__init__()
        self.sandbox = Sandbox(Store(), sleep=lambda _seconds: None)
        self.intent_id = new_intent(self.sandbox, amount=AMOUNT)
        self.captured = 0

    def _post(self, deed: str, params: dict[str, object], key: str | None) -> None:
        send(self.sandbox, "POST", f"/v1/payment_intents/{self.intent_id}/{deed}", params, key=key)

    @rule(card=st.sampled_from(["pm_card_visa", "pm_card_chargeDeclined"]), key=keys)
    def confirm(self, card: str, key: str | None) -> None:
        self._post("confirm", {"payment_method": card}, key)

    @rule(amount=amounts, key=keys)
    def capture(self, amount: int, key: str | None) -> None:
        self._post("capture", {"amount_to_capture": amount}, key)

    @rule(key=keys)
    def cancel(self, key: str | None) -> None:
        self._post("cancel", {}, key)

    @rule(amount=amounts, key=keys)
    def refund(self, amount: int, key: str | None) -> None:
        params = {"payment_intent": self.intent_id, "amount": amount}
        send(self.sandbox, "POST", "/v1/refunds", params, key=key)

    @rule(which=st.integers(min_value=0, max_value=3))
    def refund_fails(self, which: int) -> None:
        [payment] = admin(self.sandbox, "GET", "intents")["data"]
        living = [r["id"] for r in payment["refunds"] if r["status"] == "succeeded"]
        if which < len(living):
            admin(self.sandbox, "POST", f"refunds/{living[which]}/fail")

    @rule(kind=faults)
    def fault(self, kind: str) -> None:
        admin(self.sandbox, "POST", "faults", {"kind": kind, "method": "POST"})

    @invariant()
    def amounts_hold(self) -> None:
        totals = admin(self.sandbox, "GET", "totals")
        assert 0 <= totals["refunded"] <= totals["captured"] <= AMOUNT
        assert totals["authorised"] in (0, AMOUNT)
        assert not (totals["authorised"] and totals["captured"])
        assert self.captured in (0, totals["captured"])  # what is captured stays captured
        self.captured = totals["captured"]


TestPayments = Payments.TestCase
TestPayments.settings = settings(max_examples=60, stateful_step_count=25)
