"""Tables, user pool and secrets: what they hold is encrypted, and not lost."""

import json
import re
from pathlib import Path

from infra.security.assembly import rendered
from infra.stages import STAGES
from tests.infra.template import Template


def _tables(template: Template) -> dict[str, dict[str, object]]:
    found = template.of_type("AWS::DynamoDB::Table").values()
    return {table["TableName"].rpartition("-")[2]: table for table in found}


def test_tables_are_on_demand_and_streamed(prod: Template) -> None:
    tables = _tables(prod)
    assert set(tables) == {"orders", "inventory", "catalog"}
    for name, table in tables.items():
        view = "NEW_AND_OLD_IMAGES" if name == "inventory" else "NEW_IMAGE"
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["StreamSpecification"] == {"StreamViewType": view}


def test_prod_can_restore_its_tables(prod: Template) -> None:
    for table in _tables(prod).values():
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_what_prod_cannot_make_again_outlives_every_mistake(prod: Template) -> None:
    """A table that is deleted by hand, a resource that a change replaces, a stack that goes."""
    kept = {
        resource["Type"]
        for resource in prod.resources.values()
        if resource.get("DeletionPolicy") == resource.get("UpdateReplacePolicy") == "Retain"
    }
    assert kept >= {
        "AWS::Cognito::UserPool",
        "AWS::DynamoDB::Table",
        "AWS::Events::Archive",
        "AWS::Events::EventBus",
        "AWS::SecretsManager::Secret",
    }
    for kind in kept:
        policies = [r.get("DeletionPolicy") for r in prod.resources.values() if r["Type"] == kind]
        assert set(policies) == {"Retain"}, kind
    for table in _tables(prod).values():
        assert table["DeletionProtectionEnabled"] is True
    for pool in prod.of_type("AWS::Cognito::UserPool").values():
        assert pool["DeletionProtection"] == "ACTIVE"


def test_a_stack_that_holds_data_cannot_be_deleted(
    prod_assembly: Path, local_assembly: Path
) -> None:
    holding = [s for s in json.loads(rendered(prod_assembly)).values() if "Retain" in str(s)]
    assert holding
    assert all(stack["terminationProtection"] for stack in holding)
    assert '"terminationProtection": true' not in rendered(local_assembly)


def test_events_can_be_replayed_as_long_as_the_stage_says(prod: Template) -> None:
    (archive,) = prod.of_type("AWS::Events::Archive").values()
    assert archive["RetentionDays"] == STAGES["prod"].archive_days


def test_the_services_keys_encrypt_everything(prod: Template) -> None:
    """No key of our own, and none that is charged for and cannot be governed (ADR 0076)."""
    assert not [r for r in prod.resources.values() if r["Type"].startswith("AWS::KMS::")]
    for name, table in _tables(prod).items():
        assert "SSESpecification" not in table, name
    for queue in prod.of_type("AWS::SQS::Queue").values():
        assert queue["SqsManagedSseEnabled"] is True
    named = re.findall(r'"Kms\w*": *"[^"]+"', json.dumps(prod.document))
    assert named == [], "a key by name"


def test_indexes_of_orders_and_stock_project_keys_only(prod: Template) -> None:
    """So that a stamp on an order, or a taken unit, writes to the table alone."""
    tables = _tables(prod)
    for name in ("orders", "inventory"):
        indexes = tables[name]["GlobalSecondaryIndexes"]
        assert isinstance(indexes, list)
        assert {index["Projection"]["ProjectionType"] for index in indexes} == {"KEYS_ONLY"}


def test_only_hot_tables_are_warm_before_a_peak(prod: Template) -> None:
    warm = {name for name, table in _tables(prod).items() if "WarmThroughput" in table}
    assert warm == {"orders", "inventory"}


def test_nothing_that_proves_something_expires(prod: Template) -> None:
    for table in _tables(prod).values():
        assert "TimeToLiveSpecification" not in table


def test_customers_log_in_by_password_through_a_client_without_a_secret(prod: Template) -> None:
    (client,) = prod.of_type("AWS::Cognito::UserPoolClient").values()
    assert client["GenerateSecret"] is False
    assert "ALLOW_USER_PASSWORD_AUTH" in client["ExplicitAuthFlows"]
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    groups = prod.of_type("AWS::Cognito::UserPoolGroup").values()
    assert {group["GroupName"] for group in groups} == {"customer", "operator"}


def test_secrets_are_generated_and_not_in_the_template(prod: Template) -> None:
    for secret in prod.of_type("AWS::SecretsManager::Secret").values():
        assert "SecretString" not in secret
        assert secret["GenerateSecretString"].get("SecretStringTemplate", "{}") == "{}"
        assert secret["GenerateSecretString"].get("PasswordLength", 32) >= 32
