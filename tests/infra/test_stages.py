"""Stages differ by their settings and by nothing else."""

import dataclasses
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Final

import pytest

from infra.app import with_environment
from infra.stages import STAGES, Stage, StageError, stage_named
from scripts.dev import cdk
from scripts.dev.commands import ROOT
from scripts.kit import stacks
from tests.infra.template import Template, as_list

Difference = tuple[str, str]
"""A resource's type, and where in it two templates differ."""

MAY_DIFFER: Final[dict[str, list[Difference]]] = {
    "name": [],  # compared with the name replaced
    "platform": [
        ("AWS::Lambda::Function", r"Properties\.(Runtime|Architectures\.0)"),
    ],
    "log_retention_days": [("AWS::Logs::LogGroup", r"Properties\.RetentionInDays")],
    "archive_days": [("AWS::Events::Archive", r"Properties\.RetentionDays")],
    "retain_data": [
        (r"AWS::(DynamoDB::Table|Cognito::UserPool|SecretsManager::Secret)", r"\w+Policy"),
        (r"AWS::Events::(EventBus|Archive)", r"\w+Policy"),
        ("AWS::DynamoDB::Table", r"Properties\.DeletionProtectionEnabled"),
        ("AWS::Cognito::UserPool", r"Properties\.DeletionProtection"),
    ],
    "backups": [
        ("AWS::DynamoDB::Table", r"Properties\.PointInTimeRecoverySpecification\..*"),
    ],
    "tracing": [
        ("AWS::Lambda::Function", r"Properties\.TracingConfig(\..*)?"),
        ("AWS::StepFunctions::StateMachine", r"Properties\.TracingConfiguration(\..*)?"),
    ],
    "watched": [
        (r"AWS::(CloudWatch|SNS)::\w+", "whole"),  # where operators are told; saga failures
        ("AWS::SSM::Parameter", "whole"),  # ids that whoever watches cannot know by name
        ("AWS::Events::Rule", "whole"),  # what operators are told of
        ("AWS::SQS::QueuePolicy", r"Properties\.PolicyDocument\.Statement"),
    ],
    "checked": [],
    "schedules": [("AWS::Events::Rule", r"Properties\.State")],
    "sender_address": [
        ("AWS::Lambda::Function", r"Properties\.Environment\.Variables\.SENDER_ADDRESS"),
        ("AWS::SES::EmailIdentity", r"Properties\.EmailIdentity"),
        ("AWS::IAM::Role", r"Properties\.Policies\..*Resource.*"),
    ],
    "sends_mail": [("AWS::SES::EmailIdentity", "whole")],
    "sender_verified": [("AWS::Cognito::UserPool", r"Properties\.EmailConfiguration(\..*)?")],
    "requests_a_second": [
        ("AWS::ApiGatewayV2::Stage", r"Properties\.\w*RouteSettings\b.*\.ThrottlingRateLimit"),
    ],
    "request_burst": [
        ("AWS::ApiGatewayV2::Stage", r"Properties\.\w*RouteSettings\b.*\.ThrottlingBurstLimit"),
    ],
    "edge": [
        ("AWS::SecretsManager::Secret", "whole"),  # what edge and API share
        ("AWS::Lambda::Function", r"Properties\.Environment\.Variables\.ORIGIN_SECRET_ARN"),
        ("AWS::IAM::Role", r"Properties\.Policies\..*"),
        ("AWS::ApiGatewayV2::Stage", r"Properties\.StageName"),
    ],
    "payment_api_base": [
        ("AWS::Lambda::Function", r"Properties\.Environment\.Variables\.PAYMENT_API_BASE"),
    ],
    "search_nodes": [
        (r"AWS::(EC2|OpenSearchService)::\w+", "whole"),
        ("AWS::Lambda::Function", r"Properties\.VpcConfig(\..*)?"),
        ("AWS::IAM::Role", r"Properties\.Policies\..*"),
        ("AWS::Lambda::Function", r"Properties\.Environment\.Variables\.SEARCH_\w+"),
    ],
    "search_endpoint": [
        ("AWS::Lambda::Function", r"Properties\.Environment\.Variables\.SEARCH_ENDPOINT"),
    ],
    "cart_redis": [
        (r"AWS::(EC2|ElastiCache)::\w+", "whole"),
        ("AWS::Lambda::Function", r"Properties\.Environment\.Variables\.CART_REDIS\w*"),
        ("AWS::Lambda::Function", r"Properties\.VpcConfig(\..*)?"),
        ("AWS::IAM::Role", r"Properties\.Policies\..*"),
    ],
    "canary": [
        (r"AWS::CodeDeploy::\w+", "whole"),
        (r"AWS::(CloudWatch::Alarm|IAM::Role)", "whole"),
        ("AWS::Lambda::Alias", "UpdatePolicy"),
    ],
    "account_concurrency": [],
    "warm_tables": [("AWS::DynamoDB::Table", r"Properties\.WarmThroughput(\..*)?")],
    "reserved_concurrency": [
        ("AWS::Lambda::Function", r"Properties\.ReservedConcurrentExecutions"),
    ],
}
"""Per setting, what it may change in a template."""


def _neutral(template: Template, stage: str) -> dict[str, Any]:
    """Resources with the stage's name and hashes of packages replaced."""

    def name(text: str) -> str:
        text = re.sub(rf"\b(commerce[-/]){stage}\b", r"\1STAGE", text)
        text = re.sub(rf"^Commerce-{stage}/", "Commerce-STAGE/", text)
        text = re.sub(
            rf"((?:AllowEventRule|from)Commerce){stage}(\w+?)[0-9A-F]{{8,24}}$", r"\1\2", text
        )
        text = re.sub(r"(PermissionApiScoped)Commerce\w+$", r"\1", text)
        text = re.sub(r"^[0-9a-f]{64}\.zip$", "PACKAGE", text)
        return re.sub(r"(CurrentVersion)[0-9A-F]{8}[0-9a-f]{32}$", r"\1", text)

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            return {name(key): walk(value) for key, value in node.items() if key != "Metadata"}
        if isinstance(node, list):
            return [walk(value) for value in node]
        return name(node) if isinstance(node, str) else node

    resources: dict[str, Any] = walk(template.resources)
    for resource in resources.values():
        properties = resource.get("Properties", {})
        properties.get("Environment", {}).get("Variables", {}).pop("STAGE", None)
        tags = properties.get("Tags")
        if isinstance(tags, list):
            tags[:] = [tag for tag in tags if tag["Key"] != "stage"]
        elif isinstance(tags, dict):
            tags.pop("stage", None)
        properties.get("UserPoolTags", {}).pop("stage", None)
        resource.pop("DependsOn", None)
    return resources


def _without_traces(resources: dict[str, Any]) -> None:
    """Takes out what tracing adds to roles: statements, which would shift all others."""
    for resource in resources.values():
        if resource["Type"] != "AWS::IAM::Role":
            continue
        for policy in resource["Properties"]["Policies"]:
            statements = policy["PolicyDocument"]["Statement"]
            statements[:] = [
                statement
                for statement in statements
                if not all(a.startswith("xray:") for a in as_list(statement["Action"]))
            ]


def _differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            where = f"{path}.{key}".lstrip(".")
            if key in one and key in other:
                yield from _differences(one[key], other[key], where)
            else:
                yield where
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (first, second) in enumerate(zip(one, other, strict=True)):
            yield from _differences(first, second, f"{path}.{index}")
    elif one != other:
        yield path


def _compare(one: dict[str, Any], other: dict[str, Any]) -> Iterator[Difference]:
    for name in sorted({*one, *other}):
        if name not in one or name not in other:
            yield (one.get(name) or other[name])["Type"], "whole"
        else:
            kind = one[name]["Type"]
            yield from ((kind, path) for path in _differences(one[name], other[name]))


def _explained(difference: Difference, settings: set[str]) -> bool:
    return any(
        re.fullmatch(kind, difference[0]) and re.fullmatch(path, difference[1])
        for setting in settings
        for kind, path in MAY_DIFFER[setting]
    )


def test_every_setting_says_what_it_may_change() -> None:
    assert set(MAY_DIFFER) == {field.name for field in dataclasses.fields(Stage)}


def test_stages_differ_only_by_their_settings(
    local: Template, prod: Template, local_stage: Stage
) -> None:
    differing = {
        field.name
        for field in dataclasses.fields(Stage)
        if getattr(local_stage, field.name) != getattr(STAGES["prod"], field.name)
    }
    one, other = _neutral(local, "local"), _neutral(prod, "prod")
    _without_traces(one)
    _without_traces(other)
    unexplained = [d for d in _compare(one, other) if not _explained(d, differing)]
    assert unexplained == []


def test_a_stage_is_nothing_but_its_settings(
    prod: Template, watch: Template, renamed_prod: tuple[Template, Template]
) -> None:
    """prod's settings under another stage's name give prod: no code asks for the name."""
    for of_prod, renamed in zip((prod, watch), renamed_prod, strict=True):
        one, other = _neutral(of_prod, "prod"), _neutral(renamed, "local")
        assert list(_compare(one, other)) == []


def test_outputs_are_the_same_everywhere(local: Template, prod: Template) -> None:
    told = {name for name, out in prod.document["Outputs"].items() if "Export" not in out}
    assert set(local.document["Outputs"]) == told
    assert set(prod.document["Outputs"]) >= {
        "ApiId",
        "ApiUrl",
        "ArchiveName",
        "BusName",
        "CatalogTable",
        "InventoryTable",
        "OrdersTable",
        "PaymentSecretArn",
        "PlaceOrderArn",
        "UserPoolClientId",
        "UserPoolId",
    }


@pytest.mark.parametrize("name", ["production", "", None])
def test_an_unknown_stage_is_named_in_one_sentence(name: str | None) -> None:
    with pytest.raises(StageError, match="local, dev, prod"):
        stage_named(name)


def test_a_stage_cannot_reserve_more_than_the_account_has() -> None:
    with pytest.raises(StageError, match="reserves 950"):
        dataclasses.replace(STAGES["prod"], reserved_concurrency={"PlaceOrderApi": 950})


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        ([], {}, "Which stage?"),
        (["--stage", "prod"], {"ACCOUNT_CONCURRENCY": "500"}, "Stage prod reserves "),
        (["--stage", "prod"], {"RELEASE": "fast"}, "RELEASE is canary or at-once, not 'fast'."),
        (["--stage", "prod"], {"ACCOUNT_CONCURRENCY": "many"}, "ACCOUNT_CONCURRENCY is a whole"),
        (["--stage", "prod"], {"CDK_DEFAULT_REGION": "eu-centrall-1"}, "There is no region 'eu-c"),
    ],
)
def test_synthesis_that_cannot_be_says_why_in_one_sentence(
    arguments: list[str], given: dict[str, str], said: str
) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "STAGE"} | given
    done = subprocess.run(
        [sys.executable, "-m", "infra.app", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(said)
    assert len(done.stderr.splitlines()) == 1


def test_make_hands_on_the_stage_and_a_wrong_one_is_said_in_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = subprocess.run(
        [
            str(shutil.which("make")),
            "--dry-run",
            "--no-print-directory",
            "synth",
            "STAGE=production",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    *_, command, arguments = told.stdout.strip().partition(" -m scripts.dev.cdk ")
    assert command
    monkeypatch.setattr(sys, "argv", ["cdk", *arguments.split()])
    assert cdk.main() == 1
    assert capsys.readouterr().err == "There is no stage 'production': local, dev, prod.\n"


def test_the_names_that_make_and_the_shop_take_are_those_of_the_stages() -> None:
    assert tuple(STAGES) == stacks.STAGES


def test_search_is_switched_off_by_a_word_and_by_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SEARCH", "off")
    dev = with_environment(STAGES["dev"])
    assert (dev.search_nodes, dev.searches, dev.zones) == (None, False, 2)
    monkeypatch.setenv("SEARCH", "no")
    with pytest.raises(StageError, match="SEARCH is on or off, not 'no'"):
        with_environment(STAGES["dev"])
