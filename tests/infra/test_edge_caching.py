"""What the edge keeps, by what, how long, and who purges it."""

import json
import re
from typing import Any, Final

import pytest

from contracts.api import OPERATIONS
from contracts.api.rows import Operation
from contracts.edge import API_STAGE, product_pages
from infra.edge.caching import cached, covers
from tests.infra.template import Template, as_list

MANAGED: Final = {
    "658327ea-f89d-4fab-a63d-7e88639e58f6": "CachingOptimized",
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": "CachingDisabled",
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": "AllViewerExceptHostHeader",
}
"""Source: "Use managed cache policies" and "… origin request policies" of the CloudFront guide."""


def _behaviour(distribution: dict[str, Any], path: str) -> dict[str, Any]:
    """The first that covers a path, as CloudFront chooses."""
    for behaviour in distribution["CacheBehaviors"]:
        if covers(behaviour["PathPattern"], path):
            found: dict[str, Any] = behaviour
            return found
    pytest.fail(f"{path} would be looked for among the pages")


def _of_operation(distribution: dict[str, Any], operation: Operation) -> dict[str, Any]:
    path = re.sub(r"\{\w+\}", "some-id", operation.path)
    return _behaviour(distribution, f"/{API_STAGE}{path}")


def _key(edge: Template, behaviour: dict[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = edge.get(behaviour["CachePolicyId"])["CachePolicyConfig"]
    return config


PUBLIC: Final = [each for each in OPERATIONS if cached(each)]


@pytest.mark.parametrize("operation", PUBLIC, ids=lambda each: each.route)
def test_a_public_page_is_kept_by_what_it_reads(
    edge: Template, distribution: dict[str, Any], operation: Operation
) -> None:
    behaviour = _of_operation(distribution, operation)
    key = _key(edge, behaviour)["ParametersInCacheKeyAndForwardedToOrigin"]
    strings = key["QueryStringsConfig"]
    read = {one.name for one in operation.parameters if one.place == "query"}
    same = {
        parameter.name
        for other in PUBLIC
        if _of_operation(distribution, other) is behaviour
        for parameter in other.parameters
        if parameter.place == "query"
    }
    assert read <= same == set(strings.get("QueryStrings", []))
    assert strings["QueryStringBehavior"] == ("whitelist" if same else "none")
    assert key["HeadersConfig"] == {"HeaderBehavior": "none"}
    assert key["CookiesConfig"] == {"CookieBehavior": "none"}
    assert key["EnableAcceptEncodingGzip"] is key["EnableAcceptEncodingBrotli"] is True


@pytest.mark.parametrize("operation", PUBLIC, ids=lambda each: each.route)
def test_nothing_reaches_a_public_page_that_is_not_in_its_key(
    edge: Template, distribution: dict[str, Any], operation: Operation
) -> None:
    """But headers, which other methods of the same paths need and no public page reads."""
    policy = edge.get(_of_operation(distribution, operation)["OriginRequestPolicyId"])
    config = policy["OriginRequestPolicyConfig"]
    assert config["QueryStringsConfig"] == {"QueryStringBehavior": "none"}
    assert config["CookiesConfig"] == {"CookieBehavior": "none"}
    assert config["HeadersConfig"] == {"HeaderBehavior": "allExcept", "Headers": ["Host"]}


def test_how_long_a_page_is_kept_it_says_itself(edge: Template) -> None:
    policies = [
        each["CachePolicyConfig"] for each in edge.of_type("AWS::CloudFront::CachePolicy").values()
    ]
    assert policies
    for policy in policies:
        assert (policy["MinTTL"], policy["DefaultTTL"]) == (0, 0)
        assert policy["MaxTTL"] > 300


@pytest.mark.parametrize(
    "operation",
    [each for each in OPERATIONS if not cached(each)],
    ids=lambda each: each.route,
)
def test_nothing_else_is_kept_and_its_token_is_sent_on(
    distribution: dict[str, Any], operation: Operation
) -> None:
    behaviour = _of_operation(distribution, operation)
    if operation.method == "GET":
        assert MANAGED[behaviour["CachePolicyId"]] == "CachingDisabled"
        assert MANAGED[behaviour["OriginRequestPolicyId"]] == "AllViewerExceptHostHeader"
    assert operation.method in behaviour["AllowedMethods"]
    assert behaviour["CachedMethods"] == ["GET", "HEAD"]


def test_no_error_is_kept(distribution: dict[str, Any]) -> None:
    """An order that is not there yet for one customer must not be missing for the next."""
    kept = {e["ErrorCode"]: e["ErrorCachingMinTTL"] for e in distribution["CustomErrorResponses"]}
    assert {404, 405, 414, 500, 501, 502, 503, 504} <= set(kept)
    assert set(kept.values()) == {0}


def test_changed_products_are_purged_and_nothing_else(purge: Template) -> None:
    (rule,) = purge.of_type("AWS::Events::Rule").values()
    assert rule["EventPattern"] == {
        "source": ["commerce.catalog"],
        "detail-type": ["ProductChanged"],
    }
    (source,) = purge.of_type("AWS::Lambda::EventSourceMapping").values()
    assert source["BatchSize"] == 100
    assert source["ScalingConfig"]["MaximumConcurrency"] == 2
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    (allowed,) = [
        statement
        for _, statement in purge.statements()
        if "cloudfront:CreateInvalidation" in as_list(statement["Action"])
    ]
    assert "*" not in json.dumps(allowed)


def test_what_is_purged_is_what_is_kept(distribution: dict[str, Any]) -> None:
    for path in ("/api/products/mug", "/api/products/mug/reviews"):
        assert covers(product_pages("mug"), path)
        assert covers(product_pages(), path)
        assert _behaviour(distribution, path)["PathPattern"] == "/api/products/*"
