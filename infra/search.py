"""The search engine of a stage, and the way of a changed product into its index."""

from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_opensearchservice as opensearch
from constructs import Construct

from infra.functions import Functions
from infra.messaging import Consumer
from infra.nag import accept
from infra.network import Network
from infra.resources import Resources
from infra.stages import SearchNodes, Stage
from infra.table.search import INDEX_PRODUCTS, OPERATE_ENGINE, SIGNED

ENGINE: Final = "OpenSearch_3.7"
"""The newest that the service offers; locally and in tests it is 3.8."""
NOWHERE: Final = "http://127.0.0.1:9"
"""Where nobody answers in a function: search is away at once."""


class SearchEngine(Construct):
    """A managed domain in the private network, unless the stage has another engine or none.

    Three things stand before it: its group lets in functions of search alone; a request must be
    signed by a role whose own policy names its path; and the engine gives a role what it is mapped
    to (`functions/search/roles.py`), which `scripts/shop access` has it told by the one role that
    may do everything. It holds nothing that the catalog does not have: it goes with its stack, and
    is rebuilt.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        resources: Resources,
        network: Network | None,
    ) -> None:
        super().__init__(scope, construct_id)
        name, nodes = stage.named("search"), stage.search_nodes
        self._arn = cdk.Stack.of(self).format_arn(
            service="es", resource="domain", resource_name=name
        )
        for grant in (grant for spec in SIGNED for grant in spec.grants):
            service, _, path = grant.resource.partition("/")
            if service == "search":
                resources.arns[grant.resource] = f"{self._arn}/{path}"
        endpoint = stage.search_endpoint or NOWHERE
        self._domain: opensearch.CfnDomain | None = None
        if nodes is not None and network is not None:
            self._domain = self._managed(name, nodes, network)
            endpoint = f"https://{self._domain.attr_domain_endpoint}"
            secret = resources.arns["cursor_secret"]
            network.reach_secret(secret, of="search", zones=_zones(nodes))
        resources.environment["SEARCH_ENDPOINT"] = endpoint
        resources.environment["SEARCH_REPLICAS"] = str(nodes.count - 1 if nodes else 0)

    def obey(self, master: iam.IRole) -> None:
        """Lets one role do everything. The others' own policies let them through to what they ask
        for, and the engine's roles decide.

        Source: "Fine-grained access control" of the OpenSearch Service guide, IAM master user.
        """
        if self._domain is None:
            return
        security = opensearch.CfnDomain.AdvancedSecurityOptionsInputProperty(
            enabled=True,
            internal_user_database_enabled=False,
            master_user_options=opensearch.CfnDomain.MasterUserOptionsProperty(
                master_user_arn=master.role_arn
            ),
        )
        self._domain.advanced_security_options = security
        self._domain.access_policies = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": master.role_arn},
                    "Action": "es:ESHttp*",
                    "Resource": f"{self._arn}/*",
                }
            ],
        }

    def _managed(self, name: str, nodes: SearchNodes, network: Network) -> opensearch.CfnDomain:
        domain = opensearch.CfnDomain(
            self,
            "Domain",
            domain_name=name,
            engine_version=ENGINE,
            cluster_config=_cluster(nodes),
            ebs_options=opensearch.CfnDomain.EBSOptionsProperty(
                ebs_enabled=True, volume_type="gp3", volume_size=nodes.gigabytes
            ),
            encryption_at_rest_options=opensearch.CfnDomain.EncryptionAtRestOptionsProperty(
                enabled=True
            ),
            node_to_node_encryption_options=(
                opensearch.CfnDomain.NodeToNodeEncryptionOptionsProperty(enabled=True)
            ),
            domain_endpoint_options=opensearch.CfnDomain.DomainEndpointOptionsProperty(
                enforce_https=True, tls_security_policy="Policy-Min-TLS-1-2-PFS-2023-10"
            ),
            vpc_options=opensearch.CfnDomain.VPCOptionsProperty(
                subnet_ids=network.subnets(_zones(nodes)),
                security_group_ids=[network.serve("search", ec2.Port.HTTPS).security_group_id],
            ),
        )
        domain.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        _accept_findings(domain, nodes)
        return domain


class Indexing(Construct):
    """ProductChanged → queue → index, and the operators' way to it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        bus: events.IEventBus,
        functions: Functions,
        engine: SearchEngine,
    ) -> None:
        super().__init__(scope, construct_id)
        engine.obey(_role_of(functions.add_one(OPERATE_ENGINE)))
        consumer = Consumer(
            self,
            INDEX_PRODUCTS,
            stage=stage,
            bus=bus,
            functions=functions,
            pattern=events.EventPattern(
                source=["commerce.catalog"], detail_type=["ProductChanged"]
            ),
            enabled=stage.searches,
        )
        self.workers = {INDEX_PRODUCTS.name: consumer}


def _role_of(alias: lambda_.Alias) -> iam.IRole:
    if alias.role is None:
        raise ValueError(f"{alias.node.path} has no role that the engine could know it by.")
    return alias.role


def _zones(nodes: SearchNodes) -> int:
    return min(nodes.count, 3)


def _cluster(nodes: SearchNodes) -> opensearch.CfnDomain.ClusterConfigProperty:
    zones = _zones(nodes)
    zoned: dict[str, Any] = {}
    if zones > 1:
        zoned = {
            "zone_awareness_enabled": True,
            "zone_awareness_config": opensearch.CfnDomain.ZoneAwarenessConfigProperty(
                availability_zone_count=zones
            ),
        }
    if nodes.managers is not None:
        zoned |= {
            "dedicated_master_enabled": True,
            "dedicated_master_type": nodes.managers,
            "dedicated_master_count": 3,
        }
    return opensearch.CfnDomain.ClusterConfigProperty(
        instance_type=nodes.machine, instance_count=nodes.count, **zoned
    )


def _accept_findings(domain: opensearch.CfnDomain, nodes: SearchNodes) -> None:
    accept(domain, "AwsSolutions-OS3", "Functions have no fixed addresses: their roles are named.")
    for log in ("SEARCH_SLOW_LOGS", "INDEX_SLOW_LOGS"):
        accept(
            domain,
            f"AwsSolutions-OS9[LogExport::{log}]",
            "Slow logs hold what customers typed; how long searches take is a metric.",
        )
    if nodes.managers is None:
        accept(domain, "AwsSolutions-OS4", "One small node: an index that is lost is rebuilt.")
        accept(domain, "AwsSolutions-OS7", "One small node: an index that is lost is rebuilt.")
