"""The snapshot of prod's security: what is committed is what is deployed, and nothing hides."""

from pathlib import Path
from typing import Any

import pytest

from infra.security.assembly import PIPELINE, PROD, rendered
from infra.security.snapshot import Document, StackTemplate, snapshot

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("assembly", "file"), [("prod_assembly", PROD), ("pipeline_assembly", PIPELINE)]
)
def test_what_is_committed_is_what_is_deployed(
    request: pytest.FixtureRequest, assembly: str, file: Path
) -> None:
    committed = (ROOT / file).read_text(encoding="utf-8")
    now = rendered(request.getfixturevalue(assembly))
    assert committed == now, "say `make generate`, look at the diff, commit it"


def _seen(*more: tuple[str, dict[str, Any]], **role: Any) -> Document:
    """The snapshot of a stack that holds one function, and what is added to it."""
    resources: dict[str, Any] = {
        "Orders": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "orders"}},
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Statement": [
                        {
                            "Action": "sts:AssumeRole",
                            "Effect": "Allow",
                            "Principal": {"Service": "lambda.amazonaws.com"},
                        }
                    ]
                },
                "Policies": [
                    {
                        "PolicyDocument": {
                            "Statement": [
                                {
                                    "Action": ["dynamodb:Query", "dynamodb:PutItem"],
                                    "Effect": "Allow",
                                    "Resource": {"Fn::GetAtt": ["Orders", "Arn"]},
                                }
                            ]
                        }
                    }
                ],
            }
            | role,
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"FunctionName": "one", "Role": {"Fn::GetAtt": ["Role", "Arn"]}},
        },
        **dict(more),
    }
    stack: Document = snapshot({"Stack": StackTemplate(True, resources)})["Stack"]
    return stack


def test_a_function_is_shown_with_its_role() -> None:
    stack = _seen()
    assert stack["terminationProtection"] is True
    assert stack["functions"]["one"] == {
        "assumedBy": ["Allow lambda.amazonaws.com sts:AssumeRole"],
        "may": {"Table orders": ["dynamodb:PutItem", "dynamodb:Query"]},
        "calledBy": [],
    }


def test_a_policy_beside_the_role_and_a_managed_one_are_the_roles() -> None:
    policy = {
        "Type": "AWS::IAM::Policy",
        "Properties": {
            "Roles": [{"Ref": "Role"}],
            "PolicyDocument": {
                "Statement": [
                    {"Action": "s3:GetObject", "Effect": "Allow", "Resource": "*"},
                    {
                        "Action": "kms:Decrypt",
                        "Effect": "Allow",
                        "Resource": "*",
                        "Condition": {"StringEquals": {"kms:ViaService": "s3"}},
                    },
                ]
            },
        },
    }
    shown = _seen(("Policy", policy), ManagedPolicyArns=["arn:aws:iam::aws:policy/Admin"])
    function = shown["functions"]["one"]
    assert function["may"]["*"] == ["s3:GetObject"]
    assert function["special"] == ["Allow kms:Decrypt on * if kms:ViaService StringEquals s3"]
    assert function["managedPolicies"] == ["arn:aws:iam::aws:policy/Admin"]


def test_who_may_call_a_function_is_shown() -> None:
    permission = {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "Action": "lambda:InvokeFunction",
            "FunctionName": {"Fn::GetAtt": ["Function", "Arn"]},
            "Principal": "*",
        },
    }
    assert _seen(("Permission", permission))["functions"]["one"]["calledBy"] == ["* for anything"]


def test_a_route_is_public_unless_it_is_authorised() -> None:
    properties = {"RouteKey": "GET /a", "AuthorizationType": "JWT", "AuthorizerId": "x"}
    stack = _seen(
        ("A", {"Type": "AWS::ApiGatewayV2::Route", "Properties": properties}),
        ("B", {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"RouteKey": "GET /b"}}),
    )
    assert stack["routes"] == {"GET /a": "JWT x", "GET /b": "public"}


def test_a_statement_at_a_resource_is_shown_whatever_holds_it() -> None:
    statement = {
        "Action": "es:*",
        "Effect": "Allow",
        "Principal": "*",
        "Resource": {"Fn::Join": ["", [{"Fn::GetAtt": ["Orders", "Arn"]}, "/*"]]},
    }
    domain = {
        "Type": "AWS::New::Thing",
        "Properties": {"Name": "n", "Open": True, "AccessPolicies": {"Statement": [statement]}},
    }
    stack = _seen(("Domain", domain))
    assert stack["resourcePolicies"] == {"Thing n": ["Allow * es:* on Table orders/*"]}
    assert stack["settings"]["Thing n"] == {"Name": "n", "Open": True}, "an unknown kind: all of it"


def test_two_of_one_name_are_both_shown() -> None:
    twins = {"Type": "AWS::New::Thing", "Properties": {"Name": "n"}}
    settings = _seen(("One", twins), ("Two", twins))["settings"]
    assert {"Thing One", "Thing Two"} <= set(settings)
