"""The edge: what it lets through, what it tells the API and browsers, what it logs."""

from typing import Any

from contracts.edge import API_STAGE, ORIGIN_HEADER
from infra.table import APIS
from tests.infra.template import Template, as_list


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
