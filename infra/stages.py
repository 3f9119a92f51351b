"""The stages. Everything that differs between them is a field here, and nothing else differs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from contracts.capacity import API, RESERVED
from infra.packaging import Platform

LAMBDA_PYTHON: Final = "3.13"
"""The Python of every deployed function: the one place to change it."""

EDGE_REGION: Final = "us-east-1"
"""Where CloudFormation makes CloudFront's firewall and its log, and its certificates stand."""

_DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_CERTIFICATE: Final = re.compile(r"arn:aws:acm:us-east-1:[0-9]{12}:certificate/[0-9a-f-]{36}")

_RESERVED_FOR_OTHERS: Final = 100
"""What Lambda keeps unreserved in an account. Source: "Configuring reserved concurrency"."""


class StageError(Exception):
    """The stage's settings do not hold together, or there is no such stage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchNodes:
    """The nodes of a search domain."""

    machine: str
    """Instance type of the nodes that hold the index."""
    count: int
    """Each in a zone of its own, up to three; each has a whole copy of the index."""
    gigabytes: int
    """Disk of each."""
    managers: str | None = None
    """Instance type of three nodes that hold no index and keep the others together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warm:
    """Units a second that an on-demand table takes from the first second on.

    Source: "Understanding DynamoDB warm throughput" in the developer guide. It can be raised, never
    lowered, and is paid once.
    """

    reads: int
    writes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """How new code of the money path begins: with a share of the calls, for a while."""

    percent: int
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """CloudFront in front of a stage."""

    price_class: str
    """From which of its locations CloudFront serves, as the CDK names it."""
    firewall: bool
    """AWS WAF looks at every request. It costs about $10 a month before the first one."""
    domain: str | None = None
    """The shop's own name; None: CloudFront's."""
    certificate: str | None = None
    """ARN of the domain's certificate."""
    origin_secret_version: str | None = None
    """Version of the origin secret that the edge sends; None: the current one, when deployed."""

    def __post_init__(self) -> None:
        if (self.domain is None) != (self.certificate is None):
            given, missing = ("domain", "certificate") if self.domain else ("certificate", "domain")
            raise StageError(
                f"The context names a {given} and no {missing}: an own domain needs both."
            )
        if self.domain is not None and not _DOMAIN.fullmatch(self.domain):
            raise StageError(f"The domain {self.domain!r} is not a name such as shop.example.com.")
        if self.certificate is not None and not _CERTIFICATE.fullmatch(self.certificate):
            raise StageError(
                f"The certificate {self.certificate!r} is not the ARN of one in us-east-1, where"
                " CloudFront takes them from."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Settings of one stage."""

    name: str
    platform: Platform
    """Processor and Python of the functions."""
    log_retention_days: int
    archive_days: int
    """How far back events can be replayed."""
    retain_data: bool
    """Tables, user pool, secrets and events outlive the stack, which is protected from deletion."""
    backups: bool
    """Point-in-time recovery of the tables."""
    tracing: bool
    """X-Ray traces of API, functions and state machines, recorded by the services themselves."""
    watched: bool
    """The operators' topic, and the stack of alarms and the dashboard."""
    checked: bool
    """Synthesis runs CloudFormation's schemas and the rules of cdk-nag: three seconds more."""
    schedules: bool = True
    """What runs every minute does; tests call it instead."""
    sender_address: str
    """From whom customers get mail."""
    sends_mail: bool
    """The sender's domain is an SES identity of this stack."""
    sender_verified: bool = False
    """SES has verified it: codes of sign-ups and forgotten passwords come from the sender as well.
    Before that Cognito sends them itself, 50 a day and no more. Source: "Email settings for Amazon
    Cognito user pools".
    """
    requests_a_second: int
    request_burst: int
    payment_api_base: str | None = None
    """Another address than the payment provider's own."""
    edge: Edge | None = None
    """CloudFront and all that belongs to it; None: the API is called by its own address."""
    search_nodes: SearchNodes | None = None
    """The stage's own search domain; None: it has the engine below, or none."""
    search_endpoint: str | None = None
    """Where another search engine answers than a domain of this stack."""
    cart_redis: str | None = None
    """`host:port` of another Redis than a cache of this stack, in clear and without a password."""
    account_concurrency: int = 1000
    """The account's limit of functions running at once in the region."""
    reserved_concurrency: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """Functions that own a share of that limit; the others share the rest."""
    warm_tables: Mapping[str, Warm] = field(default_factory=lambda: MappingProxyType({}))
    """Tables that a peak meets before on-demand capacity has grown with it."""

    canary: Canary | None = None
    """How new code of the money path goes live (`infra.releases`); None: at once."""

    def __post_init__(self) -> None:
        if self.canary and not self.watched:
            raise StageError(f"Stage {self.name} has a canary, and no alarms that would end it.")
        reserved = sum(self.reserved_concurrency.values())
        if reserved and reserved > self.account_concurrency - _RESERVED_FOR_OTHERS:
            raise StageError(
                f"Stage {self.name} reserves {reserved} concurrent executions; the account's"
                f" {self.account_concurrency} leave {_RESERVED_FOR_OTHERS} unreserved."
            )

    @property
    def zones(self) -> int:
        """Over how many zones the private network goes: the cache wants two, a domain one for each
        node, up to three.
        """
        return min(max(2, self.search_nodes.count if self.search_nodes else 0), 3)

    @property
    def searches(self) -> bool:
        """There is a search engine. Without one search answers 503, and all else goes on."""
        return self.search_nodes is not None or self.search_endpoint is not None

    @property
    def stack_name(self) -> str:
        """The stack of everything that the platform is."""
        return f"Commerce-{self.name}"

    @property
    def edge_stack_name(self) -> str:
        """The stack of what stands in front of it."""
        return f"{self.stack_name}-edge"

    @property
    def purge_stack_name(self) -> str:
        """The stack of who purges the edge's caches."""
        return f"{self.stack_name}-purge"

    @property
    def bus_name(self) -> str:
        """The event bus."""
        return f"commerce-{self.name}"

    @property
    def watch_stack_name(self) -> str:
        """The stack of its alarms and its dashboard."""
        return f"{self.stack_name}-watch"

    def named(self, resource: str) -> str:
        """A resource's name, unique in an account that holds several stages."""
        return f"commerce-{self.name}-{resource}"


STAGES: Final[dict[str, Stage]] = {
    stage.name: stage
    for stage in (
        Stage(
            name="local",
            platform=Platform.of_this_machine(),
            log_retention_days=1,
            archive_days=14,
            retain_data=False,
            backups=False,
            tracing=False,
            watched=False,
            checked=False,
            sender_address="orders@shop.example",
            sends_mail=True,
            requests_a_second=10_000,
            request_burst=5_000,
            search_endpoint="http://127.0.0.1:4602",
            cart_redis="127.0.0.1:4603",
        ),
        Stage(
            name="dev",
            platform=Platform("arm64", LAMBDA_PYTHON),
            log_retention_days=14,
            archive_days=14,
            retain_data=False,
            backups=False,
            tracing=True,
            watched=True,
            checked=True,
            sender_address="orders@dev.shop.example",
            sends_mail=True,
            requests_a_second=100,
            request_burst=50,
            edge=Edge(price_class="PRICE_CLASS_100", firewall=False),
            search_nodes=SearchNodes(machine="t3.small.search", count=1, gigabytes=10),
            # Nobody is spared by it here: the way of prod's releases is walked before prod.
            canary=Canary(percent=50, minutes=1),
        ),
        Stage(
            name="prod",
            platform=Platform("arm64", LAMBDA_PYTHON),
            log_retention_days=90,
            archive_days=90,
            retain_data=True,
            backups=True,
            tracing=True,
            watched=True,
            checked=True,
            sender_address="orders@shop.example",
            sends_mail=True,
            requests_a_second=API.rate,
            request_burst=API.burst,
            edge=Edge(price_class="PRICE_CLASS_ALL", firewall=True),
            search_nodes=SearchNodes(
                machine="r7g.large.search", count=3, gigabytes=20, managers="m7g.medium.search"
            ),
            reserved_concurrency=MappingProxyType(
                {name: reserved.executions for name, reserved in RESERVED.items()}
            ),
            warm_tables=MappingProxyType(
                {
                    # A confirmed order is 39 write units (docs/performance.md), two tables share
                    # them; half again for rejected orders and retries. A new table has 4,000.
                    "orders": Warm(reads=12_000, writes=6_000),
                    # Lines of one order stand on shards of several SKUs: more items, less bytes.
                    "inventory": Warm(reads=12_000, writes=6_000),
                }
            ),
            canary=Canary(percent=10, minutes=10),
        ),
    )
}


def stage_named(name: str | None) -> Stage:
    """The stage of that name.

    Raises:
        StageError: there is none, or no name was given.
    """
    known = ", ".join(STAGES)
    if not name:
        raise StageError(
            f"Which stage? Give `--stage NAME` (or `-c stage=NAME` to the CDK): {known}."
        )
    if name not in STAGES:
        raise StageError(f"There is no stage {name!r}: {known}.")
    return STAGES[name]
