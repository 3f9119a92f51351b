"""The carts' Redis: serverless Valkey, reached with the functions' own roles."""

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticache as elasticache
from constructs import Construct

from infra.network import Network
from infra.resources import Resources
from infra.stages import Stage

PORTS: Final = ec2.Port.tcp_range(6379, 6380)
"""A serverless cache answers at both, the second by replicas; a cluster's client finds both.
Source: "Troubleshooting" of the ElastiCache guide, security groups.
"""

ABANDONED_EVERY: Final = cdk.Duration.minutes(5)
"""How often carts are looked at that nobody changes."""

IDLE_SECONDS: Final = 24 * 60 * 60
"""Since its last change, until a cart counts as abandoned."""

_ACCESS: Final = (
    "on ~* +@all -@admin -@dangerous +cluster|slots +cluster|shards +cluster|nodes +info"
)
"""Everything but what looks at, or does away with, all of it. A cluster's client asks for slots."""


class CartCache(Construct):
    """A cache in the private network: encrypted, in cluster mode, grown and shrunk by itself."""

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, network: Network
    ) -> None:
        super().__init__(scope, construct_id)
        group = network.serve("carts", PORTS, tables=True)
        self._user = elasticache.CfnUser(
            self,
            "User",
            user_id=stage.named("carts").lower(),
            user_name=stage.named("carts").lower(),
            engine="valkey",
            access_string=_ACCESS,
            authentication_mode={"Type": "iam"},
        )
        users = elasticache.CfnUserGroup(
            self,
            "Users",
            engine="valkey",
            user_group_id=stage.named("carts-users").lower(),
            user_ids=[self._user.ref],
        )
        self._cache = elasticache.CfnServerlessCache(
            self,
            "Cache",
            engine="valkey",
            major_engine_version="8",
            serverless_cache_name=stage.named("carts").lower(),
            security_group_ids=[group.security_group_id],
            subnet_ids=network.subnets(),
            user_group_id=users.ref,
        )

    def offer(self, resources: Resources) -> None:
        """What functions are told of the cache, and may be granted."""
        resources.environment |= {
            "CART_REDIS": cdk.Fn.join(
                ":", [self._cache.attr_endpoint_address, self._cache.attr_endpoint_port]
            ),
            "CART_REDIS_USER": self._user.user_id,
            "CART_REDIS_CACHE": str(self._cache.serverless_cache_name),
        }
        resources.arns |= {"cart_cache": self._cache.attr_arn, "cart_user": self._user.attr_arn}
