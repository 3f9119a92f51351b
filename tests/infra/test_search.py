"""The search engine of prod, who may ask it what, and the way of a change into its index."""

from typing import Any

import pytest

from functions.search.roles import ROLES
from infra.table.search import SIGNED
from tests.infra.template import Template, as_list


@pytest.fixture(scope="module")
def domain(prod: Template) -> dict[str, Any]:
    properties: dict[str, Any]
    (properties,) = prod.of_type("AWS::OpenSearchService::Domain").values()
    return properties


def test_the_engine_outlives_a_zone(domain: dict[str, Any]) -> None:
    cluster = domain["ClusterConfig"]
    assert (cluster["InstanceCount"], cluster["DedicatedMasterCount"]) == (3, 3)
    assert cluster["ZoneAwarenessConfig"] == {"AvailabilityZoneCount": 3}


def test_everything_is_encrypted(domain: dict[str, Any]) -> None:
    assert domain["EncryptionAtRestOptions"] == {"Enabled": True}
    assert domain["NodeToNodeEncryptionOptions"] == {"Enabled": True}
    assert domain["DomainEndpointOptions"]["EnforceHTTPS"] is True
    assert "TLS-1-2" in domain["DomainEndpointOptions"]["TLSSecurityPolicy"]


def test_the_domain_stands_in_the_network_a_node_in_each_zone(
    prod: Template, domain: dict[str, Any]
) -> None:
    subnets = [prod.get(one) for one in domain["VPCOptions"]["SubnetIds"]]
    assert len({str(subnet["AvailabilityZone"]) for subnet in subnets}) == 3


def test_one_role_rules_the_domain_and_nobody_in_the_stack_may_be_it(
    prod: Template, domain: dict[str, Any]
) -> None:
    master = prod.functions()["OperateSearchEngine"]["Role"]
    security = domain["AdvancedSecurityOptions"]
    assert (security["Enabled"], security["InternalUserDatabaseEnabled"]) == (True, False)
    assert security["MasterUserOptions"] == {"MasterUserARN": master}
    (statement,) = domain["AccessPolicies"]["Statement"]
    assert statement["Principal"] == {"AWS": master}
    operator = prod.functions()["OperateSearchEngine"]["FunctionName"]
    for name, allowed in prod.statements():
        assert operator not in str(allowed["Resource"]), name
        assert "OperateSearchEngine" not in str(allowed["Resource"]) or "logs:" in str(
            allowed["Action"]
        )


def test_every_function_may_ask_only_what_it_asks(prod: Template) -> None:
    allowed: dict[str, set[str]] = {}
    for owner, statement in prod.statements():
        for action in as_list(statement["Action"]):
            if action.startswith("es:"):
                path = str(statement["Resource"]).partition("commerce-prod-search")[2]
                allowed.setdefault(owner, set()).add(f"{action} {path.strip(chr(39) + ']}')}")
    assert sorted(map(sorted, allowed.values())) == [
        [
            "es:ESHttpGet /_alias",
            "es:ESHttpPost /_bulk",
            "es:ESHttpPut /products-first",
        ],
        ["es:ESHttpPost /products/_search"],
    ]


def test_every_function_that_the_domain_answers_has_a_role_in_it() -> None:
    assert {spec.name for spec in SIGNED} == set(ROLES)


def test_a_local_stage_has_no_domain(local: Template) -> None:
    assert local.of_type("AWS::OpenSearchService::Domain") == {}
    endpoints = {
        function["Environment"]["Variables"].get("SEARCH_ENDPOINT")
        for function in local.functions().values()
    }
    assert endpoints - {None} == {"http://127.0.0.1:4602"}
