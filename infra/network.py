"""The private network of what is reached in no other way: the carts' cache, the search domain.

Isolated subnets, no gateway to the internet and none to pay for. What functions in here call
besides is reached by endpoints: DynamoDB's costs nothing, every other is paid by the hour and zone,
so a function that needs neither cache nor engine stays outside (ADR 0073).
"""

from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.nag import accept
from infra.stages import Stage

_HTTPS: Final = ec2.Port.HTTPS


class Network(Construct):
    """Subnets, one a zone; and for each thing that stands in them a group of its own and one of the
    functions that reach it."""

    def __init__(self, scope: Construct, construct_id: str, stage: Stage) -> None:
        super().__init__(scope, construct_id)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            # Named by the region at deployment: two are all that the CDK takes of an unknown one.
            availability_zones=[
                cdk.Fn.select(zone, cdk.Fn.get_azs()) for zone in range(stage.zones)
            ],
            nat_gateways=0,
            restrict_default_security_group=False,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=22
                )
            ],
        )
        accept(
            self.vpc,
            "AwsSolutions-VPC7",
            "Nothing in it has a way out, so a flow log could only show what functions do anyway.",
        )
        tables = self.vpc.add_gateway_endpoint(
            "DynamoDb", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB
        )
        tables.add_to_policy(
            _anybody("dynamodb:*", _arn(self, "dynamodb", "table", f"{stage.named('')}*"))
        )
        self._functions: dict[str, ec2.SecurityGroup] = {}
        self._secrets: tuple[ec2.InterfaceVpcEndpoint, ec2.SecurityGroup] | None = None

    def serve(self, name: str, port: ec2.Port, *, tables: bool = False) -> ec2.SecurityGroup:
        """The group of what functions of this part reach at a port, and nobody else.

        Args:
            name: of the part, as `FunctionSpec.network` names it.
            tables: its functions reach DynamoDB as well, whose addresses are none of the network's.
        """
        functions = self._group(f"{name.capitalize()}Functions", f"Functions that reach {name}.")
        self._functions[name] = functions
        inside = ec2.Peer.ipv4(self.vpc.vpc_cidr_block)
        functions.add_egress_rule(inside, port, f"To {name}")
        if tables:
            functions.add_egress_rule(ec2.Peer.any_ipv4(), _HTTPS, "To the endpoint of DynamoDB")
        served = self._group(name.capitalize(), f"{name.capitalize()}, for functions of {name}.")
        served.add_ingress_rule(functions, port, f"Functions of {name}")
        return served

    def reach_secret(self, secret_arn: str, *, of: str, zones: int) -> None:
        """Lets functions of one part read one secret, by the one endpoint of Secrets Manager.

        Args:
            of: the part; its functions reach port 443 in the network.
            zones: in so many of the subnets' zones, each paid for, if it is the first secret.
        """
        if self._secrets is None:
            group = self._group("Secrets", "Secrets, for functions inside.")
            endpoint = self.vpc.add_interface_endpoint(
                "Secrets",
                service=ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
                subnets=ec2.SubnetSelection(subnets=self.vpc.isolated_subnets[:zones]),
                security_groups=[group],
                open=False,
            )
            self._secrets = endpoint, group
        endpoint, group = self._secrets
        group.add_ingress_rule(self._functions[of], _HTTPS, f"Functions of {of}")
        endpoint.add_to_policy(_anybody("secretsmanager:GetSecretValue", secret_arn))

    def _group(self, construct_id: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self, construct_id, vpc=self.vpc, description=description, allow_all_outbound=False
        )

    @property
    def parts(self) -> tuple[str, ...]:
        """Of which functions stand in here."""
        return tuple(self._functions)

    def subnets(self, zones: int | None = None) -> list[str]:
        """Ids of the subnets, in the first zones or in all."""
        return [subnet.subnet_id for subnet in self.vpc.isolated_subnets[:zones]]

    def place(self, part: str | None) -> Any:
        """The properties of a function of this part; none where it stands outside."""
        if part not in self._functions:
            return {}
        return {
            "vpc": self.vpc,
            "vpc_subnets": ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            "security_groups": [self._functions[part]],
        }


def joins_network() -> iam.PolicyStatement:
    """Source: "Giving Lambda functions access to resources in an Amazon VPC", required permissions;
    they have no resource level.
    """
    return iam.PolicyStatement(
        actions=[
            "ec2:CreateNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:DeleteNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
        ],
        resources=["*"],
    )


def _anybody(action: str, resource: str) -> iam.PolicyStatement:
    """What an endpoint lets through. Who may do it says the caller's own policy."""
    return iam.PolicyStatement(
        principals=[iam.AnyPrincipal()], actions=[action], resources=[resource]
    )


def _arn(scope: Construct, service: str, resource: str, name: str) -> str:
    return cdk.Stack.of(scope).format_arn(service=service, resource=resource, resource_name=name)
