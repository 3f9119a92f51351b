"""The private network of what cannot be reached otherwise: the carts' cache.

Isolated subnets, no gateway to the internet and none to pay for: what a function in here calls
besides the cache is DynamoDB, by an endpoint that costs nothing.
"""

from typing import Any

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.nag import accept


class Network(Construct):
    """Subnets over two zones, and the security group of the functions in them."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            max_azs=2,
            nat_gateways=0,
            restrict_default_security_group=False,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=22
                )
            ],
            gateway_endpoints={
                "DynamoDb": ec2.GatewayVpcEndpointOptions(
                    service=ec2.GatewayVpcEndpointAwsService.DYNAMODB
                )
            },
        )
        accept(
            self.vpc,
            "AwsSolutions-VPC7",
            "Nothing in it has a way out, so a flow log could only show what functions do anyway.",
        )
        self.functions = ec2.SecurityGroup(
            self, "Functions", vpc=self.vpc, description="Functions of the private network."
        )

    def place(self) -> Any:
        """The properties of a function that runs in here."""
        return {
            "vpc": self.vpc,
            "vpc_subnets": ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            "security_groups": [self.functions],
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
