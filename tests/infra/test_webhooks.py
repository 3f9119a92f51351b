"""The way of the provider's events: a public function that may do little, a queue, a consumer."""

from typing import Any

from tests.infra.template import Template, as_list


def _allowed(template: Template, function: str) -> dict[str, list[Any]]:
    """What a function's role allows, by action, logs and traces left out."""
    role = template.functions()[function]["Role"]["Fn::GetAtt"][0]
    allowed: dict[str, list[Any]] = {}
    for owner, statement in template.statements():
        for action in as_list(statement["Action"]):
            if owner == role and not action.startswith(("logs:", "xray:")):
                allowed.setdefault(action, []).extend(as_list(statement["Resource"]))
    return allowed


def _queue(template: Template) -> str:
    (name,) = [
        name
        for name, queue in template.of_type("AWS::SQS::Queue").items()
        if queue["QueueName"].endswith("-PaymentEvents")
    ]
    return name


def test_who_can_be_called_by_anybody_may_queue_and_read_its_secrets(prod: Template) -> None:
    allowed = _allowed(prod, "PaymentWebhookApi")
    assert set(allowed) == {"secretsmanager:GetSecretValue", "sqs:SendMessage"}
    assert allowed["sqs:SendMessage"] == [{"Fn::GetAtt": [_queue(prod), "Arn"]}]
    secrets = [prod.get(secret)["Name"] for secret in allowed["secretsmanager:GetSecretValue"]]
    assert secrets == ["commerce/prod/webhooks", "commerce/prod/origin"]


def test_it_is_told_of_that_queue_and_secret(prod: Template) -> None:
    variables = prod.functions()["PaymentWebhookApi"]["Environment"]["Variables"]
    assert variables["PAYMENT_EVENTS_QUEUE"] == {"Ref": _queue(prod)}
    assert prod.get(variables["WEBHOOK_SECRET_ARN"])["Name"] == "commerce/prod/webhooks"


def test_it_has_its_own_share_of_concurrency(prod: Template) -> None:
    assert prod.functions()["PaymentWebhookApi"]["ReservedConcurrentExecutions"] > 0


def test_the_events_are_consumed_from_that_queue(prod: Template) -> None:
    (source,) = [
        source
        for source in prod.of_type("AWS::Lambda::EventSourceMapping").values()
        if source["EventSourceArn"] == {"Fn::GetAtt": [_queue(prod), "Arn"]}
    ]
    assert prod.function_of_alias(source["FunctionName"]) == "PaymentEvents"


def test_the_consumer_touches_orders_alone(prod: Template) -> None:
    allowed = _allowed(prod, "PaymentEvents")
    tables = {action for action in allowed if action.startswith("dynamodb:")}
    assert tables == {"dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}
    for action in tables:
        (table,) = allowed[action]
        assert prod.get(table)["TableName"] == "commerce-prod-orders"
