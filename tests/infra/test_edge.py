"""The edge: what it keeps, what it sends on, what it lets through, and who purges it."""

import dataclasses
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
import pytest
from aws_cdk import Validations
from aws_cdk import aws_apigatewayv2 as apigateway
from cdk_nag import AwsSolutionsChecks

from contracts.api import OPERATIONS
from contracts.api.rows import Operation
from contracts.edge import API_STAGE, ORIGIN_HEADER, product_pages
from infra.edge.caching import cached, covers
from infra.edge.site import WEB, build_site
from infra.edge.stacks import add_edge
from infra.packaging import Package
from infra.stages import STAGES, Edge, Stage, StageError
from infra.table import APIS
from tests.infra.template import Template, as_list

CERTIFICATE: Final = (
    "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
)
MANAGED: Final = {
    "658327ea-f89d-4fab-a63d-7e88639e58f6": "CachingOptimized",
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": "CachingDisabled",
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": "AllViewerExceptHostHeader",
}
"""Source: "Use managed cache policies" and "… origin request policies" of the CloudFront guide."""


@pytest.fixture(scope="module")
def distribution(edge: Template) -> dict[str, Any]:
    (found,) = edge.of_type("AWS::CloudFront::Distribution").values()
    config: dict[str, Any] = found["DistributionConfig"]
    return config


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


def test_answers_are_compressed_and_sent_by_the_newest_protocols(
    distribution: dict[str, Any],
) -> None:
    assert distribution["HttpVersion"] == "http2and3"
    for behaviour in (distribution["DefaultCacheBehavior"], *distribution["CacheBehaviors"]):
        assert behaviour["Compress"] is True
        assert behaviour["ViewerProtocolPolicy"] in ("https-only", "redirect-to-https")


def test_every_answer_has_the_headers_that_browsers_heed(
    edge: Template, distribution: dict[str, Any]
) -> None:
    for behaviour in (distribution["DefaultCacheBehavior"], *distribution["CacheBehaviors"]):
        policy = edge.get(behaviour["ResponseHeadersPolicyId"])["ResponseHeadersPolicyConfig"]
        headers = policy["SecurityHeadersConfig"]
        assert headers["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31_536_000
        assert headers["ContentTypeOptions"] == {"Override": True}
        assert headers["FrameOptions"]["FrameOption"] == "SAMEORIGIN"
        assert headers["ReferrerPolicy"]["ReferrerPolicy"] == "no-referrer"
        said = headers["ContentSecurityPolicy"]["ContentSecurityPolicy"]
        assert said.startswith("default-src 'none'")
        assert "unsafe" not in said


def test_the_page_is_read_by_the_edge_alone(edge: Template, distribution: dict[str, Any]) -> None:
    (page,) = [one for one in distribution["Origins"] if "S3OriginConfig" in one]
    (access,) = edge.of_type("AWS::CloudFront::OriginAccessControl")
    assert page["OriginAccessControlId"] == {"Fn::GetAtt": [access, "Id"]}
    assert page["Id"] == distribution["DefaultCacheBehavior"]["TargetOriginId"]
    for bucket in edge.of_type("AWS::S3::Bucket").values():
        assert all(bucket["PublicAccessBlockConfiguration"].values())


def test_the_api_is_told_the_secret_that_its_functions_know(
    prod: Template, distribution: dict[str, Any]
) -> None:
    (api,) = [one for one in distribution["Origins"] if "CustomOriginConfig" in one]
    assert api["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert api["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"]
    (header,) = api["OriginCustomHeaders"]
    assert header["HeaderName"] == ORIGIN_HEADER
    assert "resolve:secretsmanager:commerce/prod/origin:SecretString" in header["HeaderValue"]
    (secret,) = [
        name
        for name, each in prod.of_type("AWS::SecretsManager::Secret").items()
        if each["Name"] == "commerce/prod/origin"
    ]
    knowing = {
        name
        for name, function in prod.functions().items()
        if function["Environment"]["Variables"].get("ORIGIN_SECRET_ARN") == {"Ref": secret}
    }
    assert knowing == {spec.name for spec in APIS}
    reading = {
        owner
        for owner, statement in prod.statements()
        if {"Ref": secret} in as_list(statement["Resource"])
    }
    assert len(reading) == len(APIS), "each by the policy of its own role, nobody else"
    (stage,) = prod.of_type("AWS::ApiGatewayV2::Stage").values()
    assert stage["StageName"] == API_STAGE


def test_a_stage_without_an_edge_checks_nothing(local: Template) -> None:
    for function in local.functions().values():
        assert "ORIGIN_SECRET_ARN" not in function["Environment"]["Variables"]
    names = {each["Name"] for each in local.of_type("AWS::SecretsManager::Secret").values()}
    assert "commerce/local/origin" not in names
    (stage,) = local.of_type("AWS::ApiGatewayV2::Stage").values()
    assert stage["StageName"] == "$default"


def _rules(edge: Template) -> dict[str, dict[str, Any]]:
    (acl,) = edge.of_type("AWS::WAFv2::WebACL").values()
    assert acl["Scope"] == "CLOUDFRONT"
    return {rule["Name"]: rule for rule in acl["Rules"]}


def test_the_firewall_stands_before_every_request(
    edge: Template, distribution: dict[str, Any]
) -> None:
    (acl,) = edge.of_type("AWS::WAFv2::WebACL")
    assert distribution["WebACLId"] == {"Fn::GetAtt": [acl, "Arn"]}
    rules = _rules(edge)
    assert rules["Rate"]["Action"] == {"Block": {}}
    assert rules["Rate"]["Statement"]["RateBasedStatement"]["AggregateKeyType"] == "IP"
    for name, rule in rules.items():
        if name.startswith("AWSManaged"):
            assert rule["OverrideAction"] == {"None": {}}


def test_a_large_body_is_only_counted_on_orders_and_webhooks(edge: Template) -> None:
    rules = _rules(edge)
    core = rules["AWSManagedRulesCommonRuleSet"]
    assert core["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"] == [
        {"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}
    ]
    blocked = rules["LargeBody"]
    assert blocked["Action"] == {"Block": {}}
    assert blocked["Priority"] > core["Priority"]
    labelled, elsewhere = blocked["Statement"]["AndStatement"]["Statements"]
    assert labelled["LabelMatchStatement"]["Key"].endswith(":SizeRestrictions_Body")
    counted = elsewhere["NotStatement"]["Statement"]["OrStatement"]["Statements"]
    assert {one["ByteMatchStatement"]["SearchString"] for one in counted} == {
        "/api/orders",
        "/api/webhooks",
    }


def test_the_access_log_names_nobody(edge: Template) -> None:
    (delivery,) = edge.of_type("AWS::Logs::Delivery").values()
    fields = set(delivery["RecordFields"])
    assert {"cs-uri-stem", "sc-status", "x-edge-result-type"} <= fields
    assert not fields & {
        *("c-ip", "c-port", "x-forwarded-for", "cs-uri-query", "cs(Cookie)", "cs(Referer)"),
        *("cs(User-Agent)", "c-country", "asn"),
    }


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


def test_assets_are_named_by_their_content(tmp_path: Path) -> None:
    source, built = tmp_path / "web", tmp_path / "built"
    (source / "assets").mkdir(parents=True)
    (source / "index.html").write_text('<link href="assets/style.css"> assets/style.css')
    (source / "assets" / "style.css").write_text("one")
    build_site(source, built)
    (first,) = (built / "assets").iterdir()
    text = (built / "index.html").read_text()
    assert text == f'<link href="assets/{first.name}"> assets/style.css'
    assert re.fullmatch(r"style\.[0-9a-f]{16}\.css", first.name)
    (source / "assets" / "style.css").write_text("two")
    build_site(source, built)
    (second,) = (built / "assets").iterdir()
    assert second.name != first.name


def test_the_page_loads_nothing_but_what_its_policy_allows() -> None:
    page = (WEB / "index.html").read_text(encoding="utf-8")
    referred = set(re.findall(r'(?:href|src)="([^"]+)"', page))
    assert referred == {
        "assets/icon.svg",
        "assets/style.css",
        f"/{API_STAGE}/docs",
        f"/{API_STAGE}/openapi.json",
    }
    assert "<script" not in page
    assert "style=" not in page


def test_assets_are_immutable_and_the_page_is_asked_for_each_time(edge: Template) -> None:
    said = {
        each.get("DestinationBucketKeyPrefix", ""): each["SystemMetadata"]["cache-control"]
        for each in edge.of_type("Custom::CDKBucketDeployment").values()
    }
    assert said == {"assets/": "public, max-age=31536000, immutable", "": "no-cache"}


@pytest.fixture(scope="module")
def abroad(
    tmp_path_factory: pytest.TempPathFactory, deployed_packages: dict[str, Package]
) -> tuple[Path, Stage]:
    """The stacks of an edge, under a name of the shop's own, before an API in another region."""
    edge = Edge(
        price_class="PRICE_CLASS_100",
        firewall=True,
        domain="shop.example.com",
        certificate=CERTIFICATE,
        origin_secret_version="0123",
    )
    stage = dataclasses.replace(STAGES["prod"], edge=edge)
    out = tmp_path_factory.mktemp("abroad")
    app = cdk.App(outdir=str(out))
    env = cdk.Environment(region="eu-central-1")
    main = cdk.Stack(app, "Main", env=env, cross_region_references=True)
    api = apigateway.CfnApi(main, "Api", name="api", protocol_type="HTTP")
    add_edge(app, stage, edge, deployed_packages, main, api.ref, env)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    return out, stage


def test_the_edge_of_a_stage_elsewhere_stands_in_its_own_region(abroad: tuple[Path, Stage]) -> None:
    """What is made in one region and needed in the other goes over by the CDK's own means."""
    assembly, stage = abroad
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    regions = {
        name: artifact["environment"].rpartition("/")[2]
        for name, artifact in artifacts.items()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    assert regions == {
        "Main": "eu-central-1",
        stage.edge_stack_name: "us-east-1",
        stage.purge_stack_name: "eu-central-1",
    }
    purge = Template.read(assembly, stage.purge_stack_name)
    (reader,) = purge.of_type("Custom::CrossRegionExportReader")
    told = purge.functions()["PurgePages"]["Environment"]["Variables"]["DISTRIBUTION_ID"]
    assert told["Fn::GetAtt"][0] == reader


def test_a_domain_of_the_shops_own(abroad: tuple[Path, Stage]) -> None:
    assembly, stage = abroad
    edge = Template.read(assembly, stage.edge_stack_name)
    (found,) = edge.of_type("AWS::CloudFront::Distribution").values()
    config = found["DistributionConfig"]
    assert config["Aliases"] == ["shop.example.com"]
    assert config["ViewerCertificate"] == {
        "AcmCertificateArn": CERTIFICATE,
        "MinimumProtocolVersion": "TLSv1.2_2021",
        "SslSupportMethod": "sni-only",
    }
    assert edge.document["Outputs"]["ShopUrl"]["Value"] == "https://shop.example.com"


def test_a_rotated_secret_is_read_anew(abroad: tuple[Path, Stage]) -> None:
    """CloudFormation reads it again where the text that names it has changed."""
    assembly, stage = abroad
    edge = Template.read(assembly, stage.edge_stack_name)
    assert "origin:SecretString:::0123}}" in json.dumps(edge.document)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"domain": "shop.example.com"}, "names a domain and no certificate"),
        ({"certificate": CERTIFICATE}, "names a certificate and no domain"),
        ({"domain": "https://shop", "certificate": CERTIFICATE}, "not a name such as"),
        (
            {
                "domain": "shop.example.com",
                "certificate": CERTIFICATE.replace("us-east-1", "eu-west-1"),
            },
            "not the ARN of one in us-east-1",
        ),
    ],
)
def test_a_domain_and_its_certificate_belong_together(told: dict[str, str], said: str) -> None:
    edge = STAGES["prod"].edge
    assert edge is not None
    with pytest.raises(StageError, match=said):
        dataclasses.replace(edge, domain=told.get("domain"), certificate=told.get("certificate"))


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        (["--stage", "prod", "-c", "domian=a.example"], {}, "There is no context 'domian'"),
        (["--stage", "prod", "-c", "domain="], {}, "The context 'domain' has no value"),
        (["--stage", "prod", "-c", "domain=a.example"], {}, "The context names a domain and no"),
        (["--stage", "local", "-c", "domain=a.example"], {}, "Stage local has no edge"),
        ([], {"CDK_CONTEXT_JSON": '{"stage": "prod", "tier": "1"}'}, "There is no context 'tier'"),
        (["--stage", "prod"], {"AWS_REGION": "eu-middle-1"}, "There is no region 'eu-middle-1'"),
    ],
)
def test_context_that_cannot_be_is_refused_in_one_sentence(
    arguments: list[str], given: dict[str, str], said: str
) -> None:
    kept = {n: v for n, v in os.environ.items() if n not in ("STAGE", "CDK_DEFAULT_REGION")}
    done = subprocess.run(
        [sys.executable, "-m", "infra.app", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=kept | given,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(said)
    assert len(done.stderr.splitlines()) == 1
