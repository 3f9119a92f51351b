"""Every function: its own role, log, alias; policies that name what they allow."""

from infra.stages import STAGES
from infra.table import BEHIND_AN_EDGE, FUNCTIONS
from tests.infra.template import Template, as_list

WITHOUT_RESOURCE_LEVEL = {
    "cloudwatch:DescribeAlarms",  # has one, which CodeDeploy's own policy does not use either
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
"""Actions that AWS cannot restrict to a resource (its Service Authorization Reference)."""

NAMED_BY_OTHERS = "Order:*"
"""Executions of PlaceOrder and CancelOrder: named like orders, so not known before."""


def test_the_stacks_hold_exactly_the_functions_of_the_table(
    prod: Template, purge: Template
) -> None:
    behind = {spec.name for spec in BEHIND_AN_EDGE}
    assert set(purge.functions()) == behind
    assert set(prod.functions()) == {spec.name for spec in FUNCTIONS} - behind


def test_every_function_has_a_role_of_its_own(prod: Template) -> None:
    roles = [str(each["Role"]) for each in prod.functions().values()]
    assert len(set(roles)) == len(roles)


def test_every_function_has_an_alias_live(prod: Template) -> None:
    aliases = prod.of_type("AWS::Lambda::Alias")
    assert {prod.function_of_alias({"Ref": name}) for name in aliases} == set(prod.functions())


def test_every_log_group_forgets(prod: Template, local: Template) -> None:
    for template, stage in ((prod, STAGES["prod"]), (local, STAGES["local"])):
        for group in template.of_type("AWS::Logs::LogGroup").values():
            assert group["RetentionInDays"] == stage.log_retention_days


def test_every_function_writes_to_a_log_group_of_the_stack(prod: Template) -> None:
    for name, function in prod.functions().items():
        group = prod.get(function["LoggingConfig"]["LogGroup"])
        assert group["LogGroupName"] == f"/aws/lambda/commerce-prod-{name}"


def test_functions_run_on_the_one_runtime(prod: Template) -> None:
    for function in prod.functions().values():
        assert function["Runtime"] == "python3.13"
        assert function["Architectures"] == ["arm64"]


def test_no_variable_holds_a_secret(prod: Template) -> None:
    variables = {
        name
        for function in prod.functions().values()
        for name in function["Environment"]["Variables"]
    }
    assert {name for name in variables if "SECRET" in name} == {
        "PAYMENT_SECRET_ARN",
        "CURSOR_SECRET_ARN",
        "WEBHOOK_SECRET_ARN",
        "ORIGIN_SECRET_ARN",
    }
    assert not {name for name in variables if name.endswith(("KEY", "TOKEN", "PASSWORD"))}


def test_only_a_stage_that_says_so_moves_the_payment_provider(
    prod: Template, local: Template
) -> None:
    def moved(template: Template) -> set[str]:
        return {
            name
            for name, function in template.functions().items()
            if "PAYMENT_API_BASE" in function["Environment"]["Variables"]
        }

    assert moved(prod) == set()
    paying = {"ChargePayment", "ConfirmOrder", "RefundPayment", "IssueRefund"}
    assert moved(local) == {*paying, "PaymentEvents", "AuditOrder"}


def test_policies_name_their_actions(prod: Template) -> None:
    for owner, statement in prod.statements():
        for action in as_list(statement["Action"]):
            assert "*" not in action, owner


def test_policies_name_their_resources(prod: Template) -> None:
    for owner, statement in prod.statements():
        if set(as_list(statement["Action"])) <= WITHOUT_RESOURCE_LEVEL:
            continue
        for resource in as_list(statement["Resource"]):
            assert "*" not in str(resource).replace(NAMED_BY_OTHERS, ""), owner


def test_no_managed_policy_widens_a_role(prod: Template) -> None:
    for role in prod.of_type("AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in role


def test_nobody_may_scan(prod: Template) -> None:
    actions = {a for _, statement in prod.statements() for a in as_list(statement["Action"])}
    assert not {"dynamodb:Scan", "dynamodb:PartiQLSelect"} & actions
