"""What AWS and the payment provider let an account do, before anybody asks for more.

Looked up in November 2026: API Gateway, EventBridge (but for the least PutEvents rate), SES and the
payment provider. The others are the published defaults as we know them, not looked up again. The
Service Quotas console shows what an account really has: a new one starts with less (Lambda
concurrency, state transitions, and SES until it has left its sandbox).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LARGE_REGIONS: Final = frozenset({"us-east-1", "us-west-2", "eu-west-1"})
"""Where Step Functions and EventBridge take most."""


class Owner(StrEnum):
    """Who is asked for more."""

    AWS = "Service Quotas"
    PROVIDER = "the payment provider"
    OURS = "contracts/capacity.py"
    OPERATOR = "scripts/shop shards"


@dataclass(frozen=True, slots=True)
class Quota:
    """A limit, a second where it is a rate.

    Attributes:
        large: in the regions above.
        elsewhere: the least of all other regions.
        source: the page that says so.
    """

    name: str
    large: int
    elsewhere: int
    source: str
    owner: Owner = Owner.AWS

    def limit(self, region: str) -> int:
        """What holds in a region."""
        return self.large if region in LARGE_REGIONS else self.elsewhere


_STATES: Final = "docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"
_BUS: Final = "docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html"
_POOL: Final = "docs.aws.amazon.com/cognito/latest/developerguide/quotas.html"
_TABLES: Final = "docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html"

LAMBDA: Final = Quota(
    "Lambda, executions at once",
    1_000,
    1_000,
    "docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
)
API_REQUESTS: Final = Quota(
    "API Gateway, requests",
    10_000,
    2_500,
    "docs.aws.amazon.com/apigateway/latest/developerguide/limits.html",
)
STARTS: Final = Quota("Step Functions, StartExecution", 300, 150, _STATES)
TRANSITIONS: Final = Quota("Step Functions, state transitions", 5_000, 800, _STATES)
PUT_EVENTS: Final = Quota("EventBridge, PutEvents", 10_000, 400, _BUS)
DELIVERIES: Final = Quota("EventBridge, deliveries to targets", 18_750, 750, _BUS)
SIGN_INS: Final = Quota("Cognito, UserAuthentication", 120, 120, _POOL)
USER_READS: Final = Quota("Cognito, UserRead", 120, 120, _POOL)
MAILS: Final = Quota(
    "SES, mails", 14, 14, "docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html"
)
TABLE_WRITES: Final = Quota("DynamoDB, write units of a table", 40_000, 40_000, _TABLES)
TABLE_READS: Final = Quota("DynamoDB, read units of a table", 40_000, 40_000, _TABLES)
PAYMENTS: Final = Quota(
    "Payment provider, requests",
    100,
    100,
    "support.stripe.com/questions/rate-limit-error-when-creating-bulk-api-requests",
    Owner.PROVIDER,
)
HOT_SKU: Final = Quota(
    "DynamoDB, reservations of a stock shard",
    50,
    50,
    "docs/adr/0023-stock-on-shards.md",
    Owner.OPERATOR,
)
"""The lower end of what one shard carries: contention for one item, not its write units."""
