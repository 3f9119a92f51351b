"""AWS WAF in front of the edge: rules that AWS keeps up to date, and a rate for each address."""

from collections.abc import Callable
from typing import Final

from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from contracts.edge import API_STAGE
from infra.stages import Stage

REQUESTS: Final = 3_000
"""Of one address in five minutes: ten a second, for as many customers as share it."""

LARGE_BODIES: Final = ("orders", "webhooks")
"""Below these paths a body above 8 KB is only counted: an order has up to 200 lines, and how large
the provider's events are it decides alone. The functions have limits of their own."""

_CORE: Final = "AWSManagedRulesCommonRuleSet"
_TOO_LARGE: Final = "awswaf:managed:aws:core-rule-set:SizeRestrictions_Body"
"""The label of the core rule set's size rule. Source: "Core rule set (CRS) managed rule group"."""

_Rule = Callable[[int], waf.CfnWebACL.RuleProperty]
"""A rule, once its priority is known: its place in the list."""


class Firewall(Construct):
    """A web ACL for CloudFront, which CloudFormation makes in us-east-1 alone."""

    def __init__(self, scope: Construct, construct_id: str, stage: Stage) -> None:
        super().__init__(scope, construct_id)
        size_counts = waf.CfnWebACL.RuleActionOverrideProperty(
            name="SizeRestrictions_BODY",
            action_to_use=waf.CfnWebACL.RuleActionProperty(count={}),
        )
        rules = (
            _block("Rate", waf.CfnWebACL.StatementProperty(rate_based_statement=_rate())),
            _managed("AWSManagedRulesAmazonIpReputationList"),
            _managed("AWSManagedRulesKnownBadInputsRuleSet"),
            _managed(_CORE, size_counts),
            _block("LargeBody", _large_body()),
        )
        self.acl = waf.CfnWebACL(
            self,
            "Acl",
            name=stage.named("edge"),
            scope="CLOUDFRONT",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            rules=[rule(priority) for priority, rule in enumerate(rules)],
            visibility_config=_visible("Edge"),
        )


def _managed(name: str, *overrides: waf.CfnWebACL.RuleActionOverrideProperty) -> _Rule:
    statement = waf.CfnWebACL.StatementProperty(
        managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
            vendor_name="AWS", name=name, rule_action_overrides=list(overrides) or None
        )
    )
    return lambda priority: waf.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        statement=statement,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        visibility_config=_visible(name),
    )


def _block(name: str, statement: waf.CfnWebACL.StatementProperty) -> _Rule:
    return lambda priority: waf.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        statement=statement,
        action=waf.CfnWebACL.RuleActionProperty(block={}),
        visibility_config=_visible(name),
    )


def _rate() -> waf.CfnWebACL.RateBasedStatementProperty:
    return waf.CfnWebACL.RateBasedStatementProperty(
        limit=REQUESTS, aggregate_key_type="IP", evaluation_window_sec=300
    )


def _large_body() -> waf.CfnWebACL.StatementProperty:
    """What the core rule set has labelled, but where it only counts."""
    statement = waf.CfnWebACL.StatementProperty
    labelled = statement(
        label_match_statement=waf.CfnWebACL.LabelMatchStatementProperty(
            scope="LABEL", key=_TOO_LARGE
        )
    )
    counted = [statement(byte_match_statement=_below(path)) for path in LARGE_BODIES]
    anywhere_else = statement(
        not_statement=waf.CfnWebACL.NotStatementProperty(
            statement=statement(or_statement=waf.CfnWebACL.OrStatementProperty(statements=counted))
        )
    )
    return statement(
        and_statement=waf.CfnWebACL.AndStatementProperty(statements=[labelled, anywhere_else])
    )


def _below(path: str) -> waf.CfnWebACL.ByteMatchStatementProperty:
    return waf.CfnWebACL.ByteMatchStatementProperty(
        field_to_match=waf.CfnWebACL.FieldToMatchProperty(uri_path={}),
        positional_constraint="STARTS_WITH",
        search_string=f"/{API_STAGE}/{path}",
        text_transformations=[waf.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")],
    )


def _visible(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True
    )
