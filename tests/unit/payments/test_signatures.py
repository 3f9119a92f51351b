"""The signature of webhooks: what the provider's own SDK accepts is accepted, and nothing else."""

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from functions.payments.signatures import TOLERANCE_SECONDS, NotSigned, verify
from scripts.local.payment_sandbox.webhooks import signature

NEW, OLD = "whsec_new", "whsec_old"
NOW = 1_750_000_000
BODY = '{"id": "evt_1", "name": "Größe ✓"}'


def accepts(body: bytes, header: str | None, secrets: tuple[str, ...] = (NEW,)) -> bool:
    try:
        verify(body, header, secrets, NOW)
    except NotSigned:
        return False
    return True


def sdk_accepts(body: bytes, header: str) -> bool:
    """Whether the SDK finds the signature right, however old."""
    try:
        stripe.WebhookSignature.verify_header(body, header, NEW, tolerance=None)
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
    return True


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_what_the_sdk_signs_is_accepted(body: str) -> None:
    header = stripe.WebhookSignature.generate_signature_header(body, NEW, timestamp=NOW)
    assert accepts(body.encode(), header)
    assert not accepts(body.encode() + b" ", header)


@given(st.text(alphabet="t=v1,.0 ab٣é", max_size=40))
def test_no_header_but_a_signature_is_accepted(header: str) -> None:
    assert not accepts(BODY.encode(), header)


VALID = signature(BODY, NEW, NOW)
DIGEST = VALID.partition("v1=")[2]


@pytest.mark.parametrize(
    "header",
    [
        VALID,
        f"{VALID},v0={'0' * 64}",
        f"t={NOW},v1={'0' * 64},v1={DIGEST}",
        f"v1={DIGEST},t={NOW}",
        f"t={NOW},v0={DIGEST}",
        f"t={NOW + 1},v1={DIGEST}",
        f"t={NOW},v1={DIGEST.upper()}",
        f"t={NOW},v1={DIGEST[:-1]}",
        f"t={NOW},v1=",
        f"t={NOW}",
        f"t=x,v1={DIGEST}",
        f"v1={DIGEST}",
        DIGEST,
        "nonsense",
    ],
)
def test_headers_are_judged_as_the_sdk_judges_them(header: str) -> None:
    assert accepts(BODY.encode(), header) is sdk_accepts(BODY.encode(), header)


@pytest.mark.parametrize(
    "header", [None, "", f"t={'9' * 5000},v1={DIGEST}", f"t=-1,v1={DIGEST}", f"t={NOW},v1=é"]
)
def test_headers_on_which_the_sdk_fails(header: str | None) -> None:
    assert not accepts(BODY.encode(), header)


@pytest.mark.parametrize(
    ("age", "accepted"),
    [
        (0, True),
        (TOLERANCE_SECONDS, True),
        (TOLERANCE_SECONDS + 1, False),
        (-TOLERANCE_SECONDS - 1, False),
    ],
)
def test_a_signature_ages(age: int, accepted: bool) -> None:
    assert accepts(BODY.encode(), signature(BODY, NEW, NOW - age)) is accepted


@pytest.mark.parametrize("signed_with", [(NEW,), (OLD,), (OLD, NEW)])
def test_while_a_secret_is_rolled_both_are_accepted(signed_with: tuple[str, ...]) -> None:
    digests = [signature(BODY, secret, NOW).partition(",")[2] for secret in signed_with]
    header = ",".join([f"t={NOW}", *digests])
    assert accepts(BODY.encode(), header, (NEW, OLD))
    assert accepts(BODY.encode(), header, (NEW,)) is (NEW in signed_with)


def test_without_a_secret_nothing_is_accepted() -> None:
    assert not accepts(BODY.encode(), signature(BODY, "", NOW), ())


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_the_bytes_are_signed_not_the_text(encoding: str) -> None:
    body = BODY.replace("✓", "")
    assert not accepts(body.encode(encoding), signature(body, NEW, NOW))
