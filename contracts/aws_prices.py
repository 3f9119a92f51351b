"""Prices of AWS, of one region and one day, in dollars. Free tiers and discounts are left out.

Sources: the pricing pages of each service (aws.amazon.com/<service>/pricing), US East
(N. Virginia), as of June 2026. What stands idle was looked up in November 2026: nodes of OpenSearch
and DynamoDB, Lambda, SQS, CloudFront and Cognito in copies of AWS's price list of September 2026,
the rest in copies of the pages.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

REGION: Final = "us-east-1"
AS_OF: Final = "June 2026"

_MILLION: Final = 1_000_000

STATE_TRANSITION: Final = 0.025 / 1_000
"""Step Functions, Standard. The pricing page's own examples count the start as a transition."""
WRITE_UNIT: Final = 0.625 / _MILLION
"""DynamoDB on demand, Standard table class."""
READ_UNIT: Final = 0.125 / _MILLION
LAMBDA_REQUEST: Final = 0.20 / _MILLION
LAMBDA_GB_SECOND: Final = 0.0000133334
"""On arm64."""
HTTP_API_REQUEST: Final = 1.00 / _MILLION
"""The first 300 million of a month, each up to 512 KB."""
EVENT: Final = 1.00 / _MILLION
"""EventBridge, custom event, every 64 KB of it."""
EVENT_CHUNK: Final = 64 * 1024
ARCHIVE_GB: Final = 0.10
"""EventBridge archive, a GB processed."""
SQS_REQUEST: Final = 0.40 / _MILLION
"""Standard queue, every 64 KB."""
SECRET_CALL: Final = 0.05 / 10_000
EMAIL: Final = 0.10 / 1_000
"""SES."""
LOG_GB: Final = 0.50
"""CloudWatch Logs, a GB ingested."""

# What stands there, used or not, and what its use costs besides.
HOURS: Final = 730
"""Of a month."""
SEARCH_NODE_HOUR: Final[Mapping[str, float]] = MappingProxyType(
    {"t3.small.search": 0.036, "m7g.medium.search": 0.068, "r7g.large.search": 0.178}
)
SEARCH_DISK_GB: Final = 0.122
"""gp3 of OpenSearch, a GB and month."""
CACHE_GB_HOUR: Final = 0.084
"""ElastiCache Serverless for Valkey."""
CACHE_LEAST_GB: Final = 0.1
CACHE_UNIT: Final = 0.0023 / _MILLION
"""ECPU: a command, a KB of it."""
ENDPOINT_HOUR: Final = 0.01
"""Of an interface endpoint, in each zone."""
SECRET: Final = 0.40
ALARM: Final = 0.10
"""For each metric that it looks at."""
COMPOSITE_ALARM: Final = 0.50
DASHBOARD: Final = 3.00
METRIC: Final = 0.30
FIREWALL: Final = 5.00
FIREWALL_RULE: Final = 1.00
FIREWALL_REQUEST: Final = 0.60 / _MILLION
EDGE_REQUEST: Final = 1.00 / _MILLION
"""CloudFront, HTTPS, North America and Europe at most 1.20."""
EDGE_GB: Final = 0.085
INTERNET_GB: Final = 0.09
KEY: Final = 1.00
"""KMS, a key of one's own."""
TABLE_GB: Final = 0.25
BACKUP_GB: Final = 0.20
"""Point-in-time recovery."""
TRACE: Final = 5.00 / _MILLION
SIGNED_IN: Final = ((100_000, 0.0055), (1_000_000, 0.0046))
"""Cognito, Lite plan: up to so many users a month, each so much. (Essentials: 0.015.)"""
