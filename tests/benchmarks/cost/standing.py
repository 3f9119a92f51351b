"""What a stage costs a month that nobody uses, read from its synthesised templates.

Every type of resource is priced here or named as free; one that is neither is an error.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from contracts import aws_prices as prices

Properties = Mapping[str, Any]

POLLS: Final = 5 * 3 * 60 * prices.HOURS
"""Requests a month to a queue that is empty: five pollers, each asks for 20 seconds.
Source: "Using Lambda with Amazon SQS", long polling.
"""
RUN_SECONDS: Final = 0.1
"""Assumed of a scheduled run that finds nothing."""

FREE: Final = (
    "AWS::ApiGatewayV2::",
    "AWS::CDK::",
    "AWS::CertificateManager::",
    "AWS::CloudFront::",
    "AWS::CodeDeploy::",
    "AWS::Cognito::",
    "AWS::DynamoDB::",
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::VPC",
    "AWS::ElastiCache::User",
    "AWS::Events::",
    "AWS::IAM::",
    "AWS::Lambda::",
    "AWS::Logs::",
    "AWS::S3::",
    "AWS::SES::",
    "AWS::SNS::",
    "AWS::SQS::",
    "AWS::SSM::",
    "AWS::StepFunctions::",
    "Custom::",
)
"""Beginnings of types that cost nothing while nobody uses them, where no other rule is."""


class Unpriced(Exception):
    """A type of resource of which nobody has said what it costs."""


@dataclass(frozen=True, slots=True)
class Charge:
    """Dollars a month for one part of a stage."""

    part: str
    dollars: float


def standing(templates: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Dollars a month by part, of all stacks of a stage.

    Raises:
        Unpriced: a resource is neither priced nor free.
    """
    found: dict[str, float] = defaultdict(float)
    for template in templates:
        for charge in _charges(template["Resources"]):
            found[charge.part] += charge.dollars
    return dict(found)


def _charges(resources: Mapping[str, Any]) -> Iterator[Charge]:
    for resource in resources.values():
        kind, properties = resource["Type"], resource.get("Properties", {})
        if kind in _PRICED:
            yield from _PRICED[kind](properties, resources)
        elif not kind.startswith(FREE):
            raise Unpriced(f"What does {kind} cost while nobody uses it?")


def _domain(properties: Properties, _: Mapping[str, Any]) -> Iterator[Charge]:
    cluster, hour = properties["ClusterConfig"], prices.SEARCH_NODE_HOUR
    nodes = cluster["InstanceCount"]
    yield Charge("search: nodes", nodes * hour[cluster["InstanceType"]] * prices.HOURS)
    disk = properties["EBSOptions"]["VolumeSize"]
    yield Charge("search: disks", nodes * disk * prices.SEARCH_DISK_GB)
    if cluster.get("DedicatedMasterEnabled"):
        managers = cluster["DedicatedMasterCount"] * hour[cluster["DedicatedMasterType"]]
        yield Charge("search: managers", managers * prices.HOURS)


def _cache(_: Properties, __: Mapping[str, Any]) -> Iterator[Charge]:
    yield Charge("carts: cache", prices.CACHE_LEAST_GB * prices.CACHE_GB_HOUR * prices.HOURS)


def _endpoint(properties: Properties, _: Mapping[str, Any]) -> Iterator[Charge]:
    if properties["VpcEndpointType"] == "Interface":
        zones = len(properties["SubnetIds"])
        yield Charge("secrets: endpoint", zones * prices.ENDPOINT_HOUR * prices.HOURS)


def _alarm(properties: Properties, _: Mapping[str, Any]) -> Iterator[Charge]:
    looked_at = [one for one in properties.get("Metrics", ()) if "MetricStat" in one]
    yield Charge("alarms", max(1, len(looked_at)) * prices.ALARM)


def _source(properties: Properties, resources: Mapping[str, Any]) -> Iterator[Charge]:
    source = resources[properties["EventSourceArn"]["Fn::GetAtt"][0]]
    if source["Type"] == "AWS::SQS::Queue":
        yield Charge("queues: asked in vain", POLLS * prices.SQS_REQUEST)


def _schedule(properties: Properties, resources: Mapping[str, Any]) -> Iterator[Charge]:
    said = properties.get("ScheduleExpression")
    if said is None or properties["State"] != "ENABLED":
        return
    number, unit = said.removeprefix("rate(").removesuffix(")").split()
    minutes = int(number) * {"minute": 1, "hour": 60, "day": 1440}[unit.removesuffix("s")]
    runs = prices.HOURS * 60 / minutes
    alias = resources[properties["Targets"][0]["Arn"]["Ref"]]
    function = resources[alias["Properties"]["FunctionName"]["Ref"]]["Properties"]
    gb_seconds = RUN_SECONDS * function["MemorySize"] / 1024
    each = prices.LAMBDA_REQUEST + gb_seconds * prices.LAMBDA_GB_SECOND
    yield Charge("scheduled runs", runs * each)


def _firewall(properties: Properties, _: Mapping[str, Any]) -> Iterator[Charge]:
    rules = len(properties["Rules"]) * prices.FIREWALL_RULE
    yield Charge("edge: firewall", prices.FIREWALL + rules)


def _flat(part: str, dollars: float) -> Callable[[Properties, Mapping[str, Any]], Iterator[Charge]]:
    return lambda _, __: iter((Charge(part, dollars),))


_PRICED: Final[Mapping[str, Callable[[Properties, Mapping[str, Any]], Iterator[Charge]]]] = {
    "AWS::OpenSearchService::Domain": _domain,
    "AWS::ElastiCache::ServerlessCache": _cache,
    "AWS::EC2::VPCEndpoint": _endpoint,
    "AWS::SecretsManager::Secret": _flat("secrets", prices.SECRET),
    "AWS::KMS::Key": _flat("keys", prices.KEY),
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::CompositeAlarm": _flat("alarms", prices.COMPOSITE_ALARM),
    "AWS::CloudWatch::Dashboard": _flat("dashboard", prices.DASHBOARD),
    "AWS::Lambda::EventSourceMapping": _source,
    "AWS::Events::Rule": _schedule,
    "AWS::WAFv2::WebACL": _firewall,
}
