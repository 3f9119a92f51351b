"""The private network: who stands in it, who reaches what, and that nothing leads out."""

from typing import Any

import pytest

from infra.table import FUNCTIONS
from tests.infra.template import Template, as_list

EGRESS_OF_NONE = "255.255.255.255/32"
"""What the CDK writes for a group that may not speak first."""


@pytest.fixture(scope="module")
def groups(prod: Template) -> dict[str, dict[str, Any]]:
    """Security groups by their last name."""
    found = prod.of_type("AWS::EC2::SecurityGroup")
    return {name.removeprefix("Network")[:-8]: group for name, group in found.items()}


def test_nothing_leads_out_and_nothing_in(prod: Template) -> None:
    kinds = {resource["Type"] for resource in prod.resources.values()}
    ways = ("InternetGateway", "NatGateway", "EIP", "Route", "TransitGatewayAttachment")
    assert not kinds & {f"AWS::EC2::{way}" for way in ways}


def test_only_functions_that_reach_what_stands_in_it_are_in_it(prod: Template) -> None:
    inside = {name for name, each in prod.functions().items() if "VpcConfig" in each}
    assert inside == {spec.name for spec in FUNCTIONS if spec.network is not None}
    assert inside == {
        "CartsApi",
        "TakeOrdered",
        "ReportAbandonedCarts",
        "SearchApi",
        "IndexProducts",
        "OperateSearchEngine",
    }


def test_nobody_in_it_calls_what_has_no_endpoint() -> None:
    reached = {
        "carts": {"dynamodb", "elasticache", "secretsmanager"},
        "search": {"es", "secretsmanager"},
    }
    for spec in FUNCTIONS:
        if spec.network is not None:
            called = {a.partition(":")[0] for grant in spec.grants for a in grant.actions}
            assert called <= reached[spec.network], spec.name


def test_functions_stand_in_every_zone_and_in_the_group_of_their_part(
    prod: Template, groups: dict[str, dict[str, Any]]
) -> None:
    parts = {spec.name: spec.network for spec in FUNCTIONS}
    for name, function in prod.functions().items():
        if "VpcConfig" in function:
            (group,) = function["VpcConfig"]["SecurityGroupIds"]
            assert prod.get(group) == groups[f"{str(parts[name]).capitalize()}Functions"]
            assert len(function["VpcConfig"]["SubnetIds"]) == 3


def test_each_server_is_reached_by_its_own_functions_alone(prod: Template) -> None:
    reached = {
        (
            prod.get(rule["GroupId"])["GroupDescription"],
            prod.get(rule["SourceSecurityGroupId"])["GroupDescription"],
            rule["FromPort"],
            rule["ToPort"],
        )
        for rule in prod.of_type("AWS::EC2::SecurityGroupIngress").values()
    }
    assert reached == {
        ("Carts, for functions of carts.", "Functions that reach carts.", 6379, 6380),
        ("Search, for functions of search.", "Functions that reach search.", 443, 443),
        ("Secrets, for functions inside.", "Functions that reach search.", 443, 443),
        ("Secrets, for functions inside.", "Functions that reach carts.", 443, 443),
    }


def test_no_group_is_open(groups: dict[str, dict[str, Any]]) -> None:
    for name, group in groups.items():
        assert "SecurityGroupIngress" not in group, name
        outside = [r for r in group["SecurityGroupEgress"] if r.get("CidrIp") == "0.0.0.0/0"]
        if name == "CartsFunctions":
            (tables,) = outside
            assert (tables["FromPort"], tables["ToPort"]) == (443, 443)
        else:
            assert outside == [], name
        if not name.endswith("Functions"):
            assert group["SecurityGroupEgress"][0]["CidrIp"] == EGRESS_OF_NONE


def test_endpoints_let_through_what_the_functions_need(prod: Template) -> None:
    found = {
        str(each["ServiceName"]): each for each in prod.of_type("AWS::EC2::VPCEndpoint").values()
    }
    assert len(found) == 2
    for service, endpoint in found.items():
        statements = endpoint["PolicyDocument"]["Statement"]
        if "dynamodb" in service:
            (statement,) = statements
            assert endpoint["VpcEndpointType"] == "Gateway"
            assert "table/commerce-prod-*" in str(statement["Resource"])
        else:
            names = {prod.get(statement["Resource"])["Name"] for statement in statements}
            assert names == {"commerce/prod/cursors", "commerce/prod/origin"}
            actions = {action for each in statements for action in as_list(each["Action"])}
            assert actions == {"secretsmanager:GetSecretValue"}
            assert len(endpoint["SubnetIds"]) == 3


def test_the_carts_cache_is_encrypted_and_knows_functions_by_their_roles(prod: Template) -> None:
    (cache,) = prod.of_type("AWS::ElastiCache::ServerlessCache").values()
    (user,) = prod.of_type("AWS::ElastiCache::User").values()
    (users,) = prod.of_type("AWS::ElastiCache::UserGroup").values()
    assert cache["Engine"] == user["Engine"] == users["Engine"] == "valkey"
    assert user["AuthenticationMode"] == {"Type": "iam"}
    assert user["UserId"] == user["UserName"]
    assert len(users["UserIds"]) == 1
    assert "UserGroupId" in cache


def test_a_local_stage_has_no_network(local: Template) -> None:
    kinds = {resource["Type"] for resource in local.resources.values()}
    assert not {kind for kind in kinds if kind.startswith("AWS::EC2::")}
