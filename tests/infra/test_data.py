"""Tables, user pool and secrets."""

from tests.infra.template import Template


def _tables(template: Template) -> dict[str, dict[str, object]]:
    found = template.of_type("AWS::DynamoDB::Table").values()
    return {table["TableName"].rpartition("-")[2]: table for table in found}


def test_tables_are_on_demand_streamed_and_encrypted(prod: Template) -> None:
    tables = _tables(prod)
    assert set(tables) == {"orders", "inventory", "catalog"}
    for name, table in tables.items():
        view = "NEW_AND_OLD_IMAGES" if name == "inventory" else "NEW_IMAGE"
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["StreamSpecification"] == {"StreamViewType": view}
        assert table["SSESpecification"] == {"SSEEnabled": True}


def test_prod_can_restore_its_tables_and_does_not_lose_them(prod: Template) -> None:
    for table in _tables(prod).values():
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["DeletionProtectionEnabled"] is True
    for resource in prod.resources.values():
        if resource["Type"] in {"AWS::DynamoDB::Table", "AWS::Cognito::UserPool"}:
            assert resource["DeletionPolicy"] == "Retain"
            assert resource["UpdateReplacePolicy"] == "Retain"


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
    assert {group["GroupName"] for group in groups} == {"customers", "operators"}


def test_secrets_are_generated_and_not_in_the_template(prod: Template) -> None:
    for secret in prod.of_type("AWS::SecretsManager::Secret").values():
        assert "SecretString" not in secret
        assert secret["GenerateSecretString"]["SecretStringTemplate"] == "{}"
