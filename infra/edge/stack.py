"""The stack of what stands in front of the shop, in CloudFront's own region."""

import aws_cdk as cdk
from constructs import Construct

from infra.edge.distribution import Distribution
from infra.edge.firewall import Firewall
from infra.edge.logs import AccessLog
from infra.edge.site import Site
from infra.secrets import origin_secret_name
from infra.stage_stack import StageStack
from infra.stages import Edge, Stage


class EdgeStack(StageStack):
    """The page, the API below `/api`, the firewall in front of both, the log of all requests.

    It stands in `EDGE_REGION`; the rest of a stage may be anywhere (ADR 0070).

    Args:
        api_host: where the API answers.
    """

    def __init__(
        self,
        scope: Construct,
        stage: Stage,
        edge: Edge,
        *,
        api_host: str,
        env: cdk.Environment | None,
    ) -> None:
        super().__init__(
            scope,
            stage.edge_stack_name,
            stage,
            description=f"The edge of the e-commerce platform, stage {stage.name}.",
            env=env,
        )
        site = Site(self, "Site")
        self.distribution = Distribution(
            self,
            "Edge",
            stage=stage,
            edge=edge,
            site=site,
            api_host=api_host,
            origin_secret=_origin_secret(stage, edge),
            acl=Firewall(self, "Firewall", stage).acl.attr_arn if edge.firewall else None,
        ).distribution
        AccessLog(self, "AccessLog", stage=stage, distribution=self.distribution)
        domain = edge.domain or self.distribution.distribution_domain_name
        cdk.CfnOutput(self, "ShopUrl", value=f"https://{domain}")
        cdk.CfnOutput(self, "DistributionId", value=self.distribution.distribution_id)
        cdk.CfnOutput(self, "DistributionDomain", value=self.distribution.distribution_domain_name)


def _origin_secret(stage: Stage, edge: Edge) -> str:
    """CloudFormation reads the secret when it makes the distribution, and again when this text is
    another: that is what the version is for (docs/runbook.md, rotating the origin secret)."""
    secret = cdk.SecretValue.secrets_manager(
        origin_secret_name(stage), version_id=edge.origin_secret_version
    )
    return secret.unsafe_unwrap()
