"""Prices of AWS, of one region and one day, in dollars. Free tiers and discounts are left out.

Sources: the pricing pages of each service (aws.amazon.com/<service>/pricing), US East
(N. Virginia), as of June 2026.
"""

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
