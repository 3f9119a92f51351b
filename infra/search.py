"""The search engine of a stage, and the way of a changed product into its index."""

from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_opensearchservice as opensearch
from constructs import Construct

from infra.functions import Functions
from infra.messaging import Consumer
from infra.nag import accept
from infra.resources import Resources
from infra.stages import SearchNodes, Stage
from infra.table.search import INDEX_PRODUCTS, SIGNED

ENGINE: Final = "OpenSearch_3.7"
"""The newest that the service offers; locally and in tests it is 3.8."""


class SearchEngine(Construct):
    """A managed domain, unless the stage has another engine.

    It answers only signed requests of this account, to each role what the role's own policy says:
    a function reaches the paths that it asks for. It holds nothing that the catalog does not have:
    it goes with its stack, and is rebuilt.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, resources: Resources
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
        endpoint = stage.search_endpoint
        if nodes is not None:
            endpoint = f"https://{self._managed(name, nodes).attr_domain_endpoint}"
        resources.environment["SEARCH_ENDPOINT"] = endpoint
        resources.environment["SEARCH_REPLICAS"] = str(nodes.count - 1 if nodes else 0)

    def _managed(self, name: str, nodes: SearchNodes) -> opensearch.CfnDomain:
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
            access_policies={
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": iam.AccountRootPrincipal().arn},
                        "Action": "es:ESHttp*",
                        "Resource": f"{self._arn}/*",
                    }
                ],
            },
        )
        domain.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        _accept_findings(domain, nodes)
        return domain


class Indexing(Construct):
    """ProductChanged → queue → index."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        bus: events.IEventBus,
        functions: Functions,
    ) -> None:
        super().__init__(scope, construct_id)
        consumer = Consumer(
            self,
            INDEX_PRODUCTS,
            stage=stage,
            bus=bus,
            functions=functions,
            pattern=events.EventPattern(
                source=["commerce.catalog"], detail_type=["ProductChanged"]
            ),
        )
        self.workers = {INDEX_PRODUCTS.name: consumer}


def _cluster(nodes: SearchNodes) -> opensearch.CfnDomain.ClusterConfigProperty:
    zones = min(nodes.count, 3)
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
    accept(
        domain,
        "AwsSolutions-OS1",
        "Reached over HTTPS, by signed requests of the account's roles, and by no others.",
    )
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
