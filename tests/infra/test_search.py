"""The search engine of prod, who may ask it what, and the way of a change into its index."""

from typing import Any

import pytest

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


def test_nobody_outside_of_the_account_is_answered(domain: dict[str, Any]) -> None:
    (statement,) = domain["AccessPolicies"]["Statement"]
    assert "root" in str(statement["Principal"])
    assert "AWS::AccountId" in str(statement["Principal"])


def test_every_function_may_ask_only_what_it_asks(prod: Template) -> None:
    allowed: dict[str, set[str]] = {}
    for owner, statement in prod.statements():
        for action in as_list(statement["Action"]):
            if action.startswith("es:"):
                path = str(statement["Resource"]).partition("commerce-prod-search")[2]
                allowed.setdefault(owner, set()).add(f"{action} {path.strip(chr(39) + ']}')}")
    assert sorted(map(sorted, allowed.values())) == [
        ["es:ESHttpGet /_alias", "es:ESHttpPost /_bulk", "es:ESHttpPut /products-first"],
        ["es:ESHttpGet /_cluster/health"],
        ["es:ESHttpPost /products/_search"],
    ]


def test_a_local_stage_has_no_domain(local: Template) -> None:
    assert local.of_type("AWS::OpenSearchService::Domain") == {}
    endpoints = {
        function["Environment"]["Variables"].get("SEARCH_ENDPOINT")
        for function in local.functions().values()
    }
    assert endpoints - {None} == {"http://127.0.0.1:4602"}
