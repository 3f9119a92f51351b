"""The user pool."""

import dataclasses

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template as Synthesised

from infra.identity import Identity
from infra.stages import STAGES
from tests.infra.template import Template


def _pool(*, verified: bool) -> Synthesised:
    stack = cdk.Stack(cdk.App(), "Alone")
    Identity(stack, "Identity", dataclasses.replace(STAGES["dev"], sender_verified=verified))
    return Synthesised.from_stack(stack)


def test_codes_come_from_the_shops_sender_once_it_is_verified() -> None:
    (pool,) = _pool(verified=True).find_resources("AWS::Cognito::UserPool").values()
    mail = pool["Properties"]["EmailConfiguration"]
    assert mail["EmailSendingAccount"] == "DEVELOPER"
    assert mail["From"] == "orders@dev.shop.example"
    assert "identity/dev.shop.example" in str(mail["SourceArn"])


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_a_stage_is_made_before_its_sender_is_verified(stage: str) -> None:
    assert not STAGES[stage].sender_verified
    (pool,) = _pool(verified=False).find_resources("AWS::Cognito::UserPool").values()
    assert "EmailConfiguration" not in pool["Properties"]


def test_nothing_is_paid_for_that_is_not_used(prod: Template) -> None:
    (pool,) = prod.of_type("AWS::Cognito::UserPool").values()
    assert pool["UserPoolTier"] == "LITE"
